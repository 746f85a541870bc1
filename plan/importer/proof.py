"""Proves that nothing was lost or changed: the source, put together again from what is stored."""

from plan.importer.faults import FaultList
from plan.importer.page import EDITIONS, Paragraph, nfkc
from plan.importer.parsed import ParsedMeasure, ParsedNotice, ParsedPlan
from plan.numerals import chinese_numeral


def rebuild_plan(plan: ParsedPlan) -> list[str]:
    """The plan's paragraphs as printed, the title on one line and the edition on the next."""
    paragraphs = [plan.title, EDITIONS[plan.edition], *_lines(plan.preamble)]
    for chapter in plan.chapters:
        paragraphs.append(f"{chinese_numeral(chapter.number)}、{chapter.title}")
        paragraphs.extend(_lines(chapter.introduction))
        for measure in chapter.measures:
            paragraphs.extend(_rebuild_measure(measure))
    return paragraphs


def rebuild_notice(notice: ParsedNotice) -> list[str]:
    """The notice's paragraphs as printed, without the date."""
    return [notice.title, *_lines(notice.body), *_lines(notice.attachment), notice.issuer]


def compare(rebuilt: list[str], source: list[Paragraph], faults: FaultList) -> None:
    """Adds a fault for every paragraph whose NFKC form differs."""
    if len(rebuilt) != len(source):
        faults.add(source[0].line, f"原文 {len(source)} 段，存入 {len(rebuilt)} 段，段数不符。")
    for stored, printed in zip(rebuilt, source, strict=False):
        if nfkc(stored) != nfkc(printed.source):
            faults.add(printed.line, "存入的文字与原文不符。")
            return


def title_apart(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """``paragraphs`` with a title that carries its edition taken apart, as ``rebuild_plan`` prints it."""
    head, *rest = paragraphs
    for mark in EDITIONS.values():
        if head.text.endswith(mark) and head.text != mark:
            cut = len(head.source) - len(mark)
            return [Paragraph(head.line, head.source[:cut]), Paragraph(head.line, head.source[cut:]), *rest]
    return paragraphs


def _rebuild_measure(measure: ParsedMeasure) -> list[str]:
    lines = f"{measure.printed_number}{measure.title}。{measure.body}".split("\n")
    if measure.responsibility_apart:
        return [*lines, measure.responsibility_text]
    return [*lines[:-1], lines[-1] + measure.responsibility_text]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
