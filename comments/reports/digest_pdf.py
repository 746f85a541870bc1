"""A digest as a PDF in the layout of GB/T 9704. It carries no document number: the portal invents none."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from comments.reports.answers import NO_ANSWER_DUE
from comments.reports.digest import ChapterGroup, Digest, DigestItem
from comments.reports.papertext import PaperText
from comments.reports.parameters import Period
from comments.reports.totals import tally_words
from hongya_portal.fonts import paper_fonts
from hongya_portal.pdf import RenderedPdf, render_pdf

LABEL = "内部工作材料"
PART_ITEMS = 400
# A digest shows an opinion's drift; what is left out is said in its place.
LONGEST_TEXT = 3000


@dataclass(frozen=True)
class _SetItem:
    about: str
    body: tuple[str, ...]
    suggested_text: tuple[str, ...]
    handling: tuple[str, ...]


@dataclass(frozen=True)
class _Block:
    """A heading of ``level`` 2 or 3, or an item."""

    heading: str = ""
    level: int = 0
    item: _SetItem | None = None


def write_digest_pdf(
    digest: Digest, destination: Path, progress: Callable[[int], None] | None = None
) -> RenderedPdf:
    """``progress`` is called with the percentage done. Raises PdfError, OSError."""
    text = PaperText()
    parts = list(_parts(_blocks(digest, text)))

    def report(done: int) -> None:
        if progress:
            progress(done * 100 // len(parts))

    return render_pdf(_documents(digest, parts, text), destination, progress=report)


def _documents(digest: Digest, parts: list[list[_Block]], text: PaperText) -> Iterator[str]:
    title = text.line(digest.title)
    for index, blocks in enumerate(parts):
        context: dict[str, Any] = {"title": title, "label": LABEL, "blocks": blocks, "fonts": paper_fonts()}
        context["demonstration"] = settings.DEMONSTRATION
        context["head"] = {**_head(digest), "title": title} if index == 0 else None
        context["notes"] = _notes(digest, text) if index == len(parts) - 1 else ()
        yield render_to_string("papers/digest.html", context)


def _notes(digest: Digest, text: PaperText) -> tuple[str, ...]:
    substituted = () if paper_fonts().fangsong else ("本机未安装仿宋字体，正文以宋体代替。",)
    quotes = digest.itemised and (digest.totals.comments or digest.earlier_count)
    masked = "意见内容中的电话、证件号码、卡号和邮箱由系统按规则隐去，可能有遗漏，使用前请核对。"
    return (*((masked,) if quotes else ()), *substituted, *text.notes())


def _head(digest: Digest) -> dict[str, Any]:
    return {
        "period": period_words(digest.period),
        "issuer": digest.issuer,
        "date": day_words(digest.moment.date()),
        "paragraphs": list(_paragraphs(digest)),
        "totals": digest.totals,
        "channels": [line for line in digest.totals.by_channel if line.comments],
    }


def day_words(day: dt.date) -> str:
    """GB/T 9704: Arabic figures without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def period_words(period: Period) -> str:
    first, last = period.first_day, period.last_day
    return day_words(first) if period.is_one_day else f"{day_words(first)}至{day_words(last)}"


def _opening(digest: Digest) -> str:
    period = period_words(digest.period)
    if digest.period.first_day > digest.closed_on:
        return f"{digest.plan_title}公开征求意见已于{day_words(digest.closed_on)}结束。{period}"
    return f"{period}，{digest.plan_title}公开征求意见"


def _paragraphs(digest: Digest) -> Iterator[str]:
    totals, moment = digest.totals, f"{day_words(digest.moment.date())}{digest.moment:%H:%M}"
    opening = _opening(digest)
    if not totals.comments:
        yield f"{opening}，本期未收到意见（截至{moment}）。"
    else:
        late = (
            f"，其中逾期来件{totals.late_submissions}件、意见{totals.late_comments}条"
            if totals.late_comments
            else ""
        )
        yield f"{opening}，本期收到来件{totals.submissions}件、意见{totals.comments}条{late}（截至{moment}）。"
        yield f"审核情况：{tally_words(totals.by_status)}。"
        yield f"采纳情况：{tally_words(totals.by_outcome)}。"
    if digest.earlier_count:
        yield f"另有前期收到、本期补录的意见{digest.earlier_count}条，不计入以上数字，列于文后。"
    if not digest.itemised:
        yield "本期意见较多，本简报只列各举措的条数；逐条内容见意见采纳情况汇总表。"


def _blocks(digest: Digest, text: PaperText) -> Iterator[_Block]:
    yield from _chapter_blocks(digest.chapters, text, itemised=digest.itemised)
    if digest.earlier:
        yield _Block(f"前期收到、本期补录的意见（{digest.earlier_count}条）", 2)
        yield from _chapter_blocks(digest.earlier, text, itemised=digest.itemised)


def _chapter_blocks(
    chapters: tuple[ChapterGroup, ...], text: PaperText, *, itemised: bool
) -> Iterator[_Block]:
    for chapter in chapters:
        yield _Block(text.line(chapter.heading), 2)
        for group in chapter.groups:
            number = "" if itemised else f"（{group.count}条）"
            if group.heading or number:
                yield _Block(text.line(group.heading or "本章整体") + number, 3)
            for index, item in enumerate(group.items, start=1):
                yield _Block(item=_set(index, item, text))


def _set(index: int, item: DigestItem, text: PaperText) -> _SetItem:
    received = f"{item.received_at.month}月{item.received_at.day}日{item.received_at:%H:%M}"
    if item.entered_at.date() != item.received_at.date():
        received += f"收到，{item.entered_at.month}月{item.entered_at.day}日录入"
    late = "，逾期" if item.late else ""
    about = (
        f"{index}．{item.signature}（{item.channel}，{received}{late}，{item.kind}），受理编号{item.receipt}"
    )
    words = [item.answer.words] if item.answer.outcome == NO_ANSWER_DUE else [item.status, item.answer.words]
    handling = f"{'；'.join(words)}。{item.answer.reason}"
    return _SetItem(
        about=text.line(about),
        body=text.paragraphs(item.body, LONGEST_TEXT),
        suggested_text=text.paragraphs(item.suggested_text, LONGEST_TEXT),
        handling=text.paragraphs(handling, LONGEST_TEXT),
    )


def _parts(blocks: Iterator[_Block]) -> Iterator[list[_Block]]:
    """At most ``PART_ITEMS`` items each, never parted between a heading and what it heads; at least one part."""
    part: list[_Block] = []
    headings: list[_Block] = []
    items = 0
    for block in blocks:
        if not block.item:
            headings.append(block)
            continue
        if items == PART_ITEMS:
            yield part
            part, items = [], 0
        part += [*headings, block]
        headings, items = [], items + 1
    yield [*part, *headings]
