"""The feedback report as a PDF: each opinion a block of labelled paragraphs, which any length of text fits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from comments.reports.digest_pdf import LABEL, day_words
from comments.reports.feedback import FeedbackReport, FeedbackRow
from comments.reports.papertext import PaperText
from comments.reports.totals import figures
from hongya_portal.fonts import paper_fonts
from hongya_portal.pdf import PdfError, RenderedPdf, render_pdf

MOST_ROWS = 20_000
# A part is cut by the length of its texts, so that a few very long letters are bounded like many short ones.
PART_ROWS = 400
PART_CHARACTERS = 200_000


@dataclass(frozen=True)
class _Entry:
    head: str
    target: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]


class FeedbackPdf:
    """Reads the rows first (``read``, within the snapshot) and renders afterwards (``write``, outside it)."""

    def __init__(self, report: FeedbackReport) -> None:
        self.report = report
        self.text = PaperText()
        self.parts: list[list[_Entry]] = []

    def read(self) -> None:
        """Raises PdfError where there are more rows than a PDF should have, TotalsMismatch."""
        if self.report.totals.comments > MOST_ROWS:
            raise PdfError(f"意见超过 {MOST_ROWS} 条，不宜做成 PDF。请缩小范围，或改用 Excel、CSV 格式。")
        self.parts = list(self._parted())

    def write(self, destination: Path, progress: Callable[[int], None] | None = None) -> RenderedPdf:
        """``progress`` is called with the percentage done. Raises PdfError, OSError."""

        def report_done(done: int) -> None:
            if progress:
                progress(done * 100 // len(self.parts))

        return render_pdf(self._documents(), destination, progress=report_done)

    def _parted(self) -> Iterator[list[_Entry]]:
        part: list[_Entry] = []
        characters = 0
        for row in self.report.rows():
            size = len(row.body) + len(row.suggested_text) + len(row.reason)
            if part and (len(part) == PART_ROWS or characters + size > PART_CHARACTERS):
                yield part
                part, characters = [], 0
            part.append(self._entry(row))
            characters += size
        yield part

    def _entry(self, row: FeedbackRow) -> _Entry:
        line, paragraphs = self.text.line, self.text.paragraphs
        fields = (
            ("责任单位", (line(row.units),) if row.units else ()),
            ("意见内容", paragraphs(row.body)),
            ("修改建议", paragraphs(row.suggested_text)),
            ("采纳情况", (line(row.outcome),)),
            ("理由", paragraphs(row.reason)),
        )
        return _Entry(
            head=line(
                f"{row.signature}（{row.channel}，{row.received}，{row.status}），受理编号 {row.receipt}"
            ),
            target=line(f"{row.number}．{row.target}"),
            fields=tuple((label, texts) for label, texts in fields if texts),
        )

    def _documents(self) -> Iterator[str]:
        title = self.text.line(self.report.title)
        last = len(self.parts) - 1
        for index, entries in enumerate(self.parts):
            context: dict[str, Any] = {"title": title, "label": LABEL, "entries": entries}
            context["fonts"], context["demonstration"] = paper_fonts(), settings.DEMONSTRATION
            context["head"] = self._head(title) if index == 0 else None
            context["notes"] = self._notes() if index == last else ()
            yield render_to_string("papers/feedback.html", context)

    def _head(self, title: str) -> dict[str, Any]:
        totals, moment = self.report.totals, self.report.moment
        return {
            "title": title,
            "paragraphs": [
                f"范围为{self.report.scope}。统计时间：{day_words(moment.date())}{moment:%H:%M}。",
                *figures(totals),
            ],
            "totals": totals,
            "channels": [line for line in totals.by_channel if line.comments],
        }

    def _notes(self) -> tuple[str, ...]:
        substituted = () if paper_fonts().fangsong else ("本机未安装仿宋字体，正文以宋体代替。",)
        tail = self.report.tail
        return (
            f"以上共列意见{tail.rows}条，内容 SHA-256：{tail.sha256}。",
            "意见内容中的电话、证件号码、卡号和邮箱由系统按规则隐去，可能有遗漏，使用前请核对。",
            *substituted,
            *self.text.notes(),
        )
