"""Reads a plan: title, edition, preamble, chapters （一、…） and measures （（一）…） numbered through."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from plan.importer.defects import Defect, note_for
from plan.importer.faults import FaultList
from plan.importer.page import EDITIONS, Paragraph, without_edition
from plan.importer.parsed import ParsedChapter, ParsedMeasure, ParsedPlan
from plan.importer.responsibility import Responsibility, count_openings, read_responsibility, unbalanced
from plan.numerals import chinese_numeral, parse_chinese_numeral

_NUMERAL = r"(?P<numeral>[一二三四五六七八九十百零〇]+)"
_CHAPTER = re.compile(rf"^{_NUMERAL}、(?P<rest>.*)$")
_MEASURE = re.compile(rf"^（{_NUMERAL}）(?P<rest>.*)$")


@dataclass
class _Block:
    """A chapter heading or a measure, with the paragraphs that follow it. ``number`` 0: not readable."""

    kind: str
    number: int
    line: int
    rest: str
    following: list[Paragraph] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"举措（{chinese_numeral(self.number)}）" if self.number else "举措"

    @property
    def texts(self) -> list[tuple[int, str]]:
        """Line and text of every paragraph, the number left out."""
        return [(self.line, self.rest), *((paragraph.line, paragraph.text) for paragraph in self.following)]


def read_plan(
    paragraphs: list[Paragraph], faults: FaultList, defects: Sequence[Defect] = ()
) -> tuple[ParsedPlan, int]:
    """The plan at the head of ``paragraphs`` and how many of them it takes; what follows is not the plan's.

    Where ``faults`` has grown the plan is incomplete and must not be used.
    """
    title, edition, taken = _read_heading(paragraphs, faults)
    preamble, blocks = _read_blocks(paragraphs[taken:], faults)
    tail = _cut_tail(blocks, faults)
    _check_numbers(blocks, faults)
    plan = ParsedPlan(
        title=title,
        edition=edition,
        preamble=_read_text(preamble, faults),
        chapters=_read_chapters(blocks, faults, defects),
    )
    return plan, len(paragraphs) - len(tail)


def _read_heading(paragraphs: list[Paragraph], faults: FaultList) -> tuple[str, str, int]:
    """Title, edition, and the number of paragraphs that hold them: one line or two."""
    printed = paragraphs[0].text
    title = without_edition(printed)
    mark, taken = printed.removeprefix(title), 1
    if not mark and len(paragraphs) > 1:
        mark, taken = paragraphs[1].text, 2
    for edition, known_mark in EDITIONS.items():
        if mark == known_mark:
            return title, edition, taken
    faults.add(paragraphs[0].line, f"方案名称之后没有写明版本（{'、'.join(EDITIONS.values())}）。")
    return title, "", 1


def _read_blocks(paragraphs: list[Paragraph], faults: FaultList) -> tuple[list[Paragraph], list[_Block]]:
    preamble: list[Paragraph] = []
    blocks: list[_Block] = []
    for paragraph in paragraphs:
        if block := _read_head(paragraph, faults):
            blocks.append(block)
        elif blocks:
            blocks[-1].following.append(paragraph)
        else:
            preamble.append(paragraph)
    if not blocks:
        faults.add(0, "方案中没有找到章和举措。")
    return preamble, blocks


def _read_head(paragraph: Paragraph, faults: FaultList) -> _Block | None:
    for kind, pattern in (("chapter", _CHAPTER), ("measure", _MEASURE)):
        if match := pattern.match(paragraph.text):
            try:
                number = parse_chinese_numeral(match["numeral"])
            except ValueError:
                number = 0
                faults.add(paragraph.line, f"序号“{match['numeral']}”无法识别（限一至九十九）。")
            return _Block(kind, number, paragraph.line, match["rest"])
    return None


def _cut_tail(blocks: list[_Block], faults: FaultList) -> list[Paragraph]:
    """Takes what follows the last measure's responsible units off the last block."""
    if not blocks:
        return []
    last = blocks[-1]
    if last.kind == "chapter":
        faults.add(last.line, "最后一章没有举措，无法判断方案在何处结束。")
        return []
    openings = [count_openings(text) for _, text in last.texts]
    end = next((index for index, count in enumerate(openings) if count), 0)
    tail = last.following[end:]
    last.following = last.following[:end]
    for paragraph in tail:
        if count_openings(paragraph.text):
            faults.add(paragraph.line, "写有责任单位，但没有举措序号。")
    return tail


def _check_numbers(blocks: list[_Block], faults: FaultList) -> None:
    chapters = [block for block in blocks if block.kind == "chapter"]
    measures = [block for block in blocks if block.kind == "measure"]
    _check_sequence(chapters, "章“{}、”", "“{}、”", faults)
    _check_sequence(measures, "举措（{}）", "（{}）", faults)


def _check_sequence(blocks: list[_Block], name: str, short: str, faults: FaultList) -> None:
    """Numbers run 1, 2, 3…; after a fault the count goes on from the number found."""
    seen: dict[int, int] = {}
    expected = 1
    for block in blocks:
        if not block.number:
            expected += 1
            continue
        found = name.format(chinese_numeral(block.number))
        if block.number in seen:
            faults.add(block.line, f"{found}重复，已见于第 {seen[block.number]} 行。")
        elif block.number != expected:
            wanted = short.format(chinese_numeral(expected)) if expected < 100 else "空"
            faults.add(block.line, f"{found}应为{wanted}，序号不连续。")
        seen.setdefault(block.number, block.line)
        expected = block.number + 1


def _read_chapters(
    blocks: list[_Block], faults: FaultList, defects: Sequence[Defect]
) -> tuple[ParsedChapter, ...]:
    chapters: list[tuple[_Block, list[ParsedMeasure | None]]] = []
    for block in blocks:
        if block.kind == "chapter":
            chapters.append((block, []))
            continue
        if not chapters:
            faults.add(block.line, f"{block.name}不在任何一章之内。")
            chapters.append((_Block("chapter", 0, block.line, "—"), []))
        chapters[-1][1].append(_read_measure(block, faults, defects))
    return tuple(_read_chapter(block, measures, faults) for block, measures in chapters)


def _read_chapter(block: _Block, measures: list[ParsedMeasure | None], faults: FaultList) -> ParsedChapter:
    if not block.rest.strip():
        faults.add(block.line, "章没有标题。")
    if not block.following and not measures:
        faults.add(block.line, "章下没有正文，也没有举措。")
    _check_balance(block.line, block.rest, faults)
    return ParsedChapter(
        block.number, block.rest, _read_text(block.following, faults), tuple(filter(None, measures))
    )


def _read_text(paragraphs: list[Paragraph], faults: FaultList) -> str:
    """Paragraphs without a number of their own: a preamble or an introduction."""
    for paragraph in paragraphs:
        _check_balance(paragraph.line, paragraph.text, faults)
        if count_openings(paragraph.text):
            faults.add(paragraph.line, "写有责任单位，但没有举措序号。")
    return "\n".join(paragraph.text for paragraph in paragraphs)


def _read_measure(block: _Block, faults: FaultList, defects: Sequence[Defect]) -> ParsedMeasure | None:
    balanced = [_check_balance(line, text, faults) for line, text in block.texts]
    responsibility = _read_units(block, faults) if all(balanced) else None
    if not responsibility:
        return None
    texts = [text for _, text in block.texts[:-1]] + (
        [responsibility.before] if responsibility.before else []
    )
    title, stop, body = "\n".join(texts).partition("。")
    if not stop or not title.strip() or "\n" in title:
        faults.add(block.line, f"{block.name}没有标题（首段第一个句号之前的文字）。")
    elif not body.strip():
        faults.add(block.line, f"{block.name}没有正文。")
    return ParsedMeasure(
        number=block.number,
        title=title,
        body=body,
        responsibility_text=responsibility.text,
        responsibility_apart=not responsibility.before,
        open_ended=responsibility.open_ended,
        units=responsibility.units,
        source_note=note_for(f"{title}。{body}", defects),
    )


def _read_units(block: _Block, faults: FaultList) -> Responsibility | None:
    """The responsible units, which must stand once, at the end of the block's last paragraph."""
    holders = [(line, text) for line, text in block.texts if count_openings(text)]
    if not holders:
        faults.add(block.line, f"{block.name}没有责任单位。")
        return None
    if sum(count_openings(text) for _, text in holders) > 1:
        faults.add(holders[-1][0], f"{block.name}的责任单位多于一处。")
        return None
    line, text = holders[0]
    stray = [after for after, _ in block.texts if after > line]
    if stray:
        faults.add(stray[0], f"{block.name}的责任单位之后有不能识别的段落。")
        return None
    try:
        return read_responsibility(text)
    except ValueError as error:
        faults.add(line, f"{block.name}：{error}")
        return None


def _check_balance(line: int, text: str, faults: FaultList) -> bool:
    if char := unbalanced(text):
        faults.add(line, f"括号或引号“{char}”不成对。")
        return False
    return True
