"""Finds the notice and the plan inside a page, by their shape."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from hongya_portal.text import clean_text, typeset
from plan.importer.faults import Fault, FaultList, PlanTextError

# The ways a draft's title ends, and the edition each stands for.
EDITIONS = {"draft": "（征求意见稿）"}
_NOTICE_TITLE = re.compile(r"^关于(?=.*征求)(?=.*意见).*《(?P<title>.+)》.*(?:公告|通告|通知|启事)$")


@dataclass(frozen=True)
class Paragraph:
    """A line that is not blank, without the spaces at its ends. ``line`` counts from 1."""

    line: int
    source: str

    @cached_property
    def text(self) -> str:
        return typeset(self.source)


@dataclass(frozen=True)
class PageParts:
    """``plan`` starts with the plan's title and runs to the end of the page."""

    notice: list[Paragraph]
    plan: list[Paragraph]


def nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def paragraphs_of(text: str) -> list[Paragraph]:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [Paragraph(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]


def split_page(paragraphs: list[Paragraph]) -> PageParts:
    """The notice and the plan that it announces: the last fitting notice title before the plan's own title.

    Raises PlanTextError where either is missing.
    """
    announced = _announced_titles(paragraphs)
    if not announced:
        raise PlanTextError([Fault(0, "没有找到征求意见的公告（标题应为“关于征求《……》意见的公告”一类）。")])
    starts = {
        index: start for index, title in announced.items() if (start := _plan_start(paragraphs, index, title))
    }
    if not starts:
        line = paragraphs[next(iter(announced))].line
        raise PlanTextError([Fault(line, "公告之后没有找到方案：应有一行与公告书名号内的名称相同。")])
    start = next(iter(starts.values()))
    notice = max(index for index in starts if index < start)
    return PageParts(paragraphs[notice:start], paragraphs[start:])


def check_paragraphs(paragraphs: list[Paragraph], faults: FaultList) -> None:
    """Signs of a broken copy, whatever the paragraph is for."""
    for paragraph in paragraphs:
        if clean_text(paragraph.source) != paragraph.source or "\ufffd" in paragraph.source:
            faults.add(paragraph.line, "含有控制字符或乱码。")
    for previous, paragraph in pairwise(paragraphs):
        if paragraph.source == previous.source:
            faults.add(paragraph.line, f"与第 {previous.line} 行重复。")


def without_edition(title: str) -> str:
    for mark in EDITIONS.values():
        title = title.removesuffix(mark)
    return title


def _announced_titles(paragraphs: list[Paragraph]) -> dict[int, str]:
    """The plan title that each notice title quotes, by the index of its paragraph."""
    matches = {index: _NOTICE_TITLE.match(paragraph.text) for index, paragraph in enumerate(paragraphs)}
    return {index: without_edition(match["title"]) for index, match in matches.items() if match}


def _plan_start(paragraphs: list[Paragraph], after: int, title: str) -> int | None:
    for index in range(after + 1, len(paragraphs)):
        if nfkc(without_edition(paragraphs[index].text)) == nfkc(title):
            return index
    return None
