"""The feedback report as XLSX: one sheet of rows, one of totals. Every cell of text is a string, never a formula.

A cell holds 32,767 UTF-16 units; a longer text goes on in following rows that are marked 续.
"""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from django.conf import settings
from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from comments.reports.characters import REPLACEMENT, Characters
from comments.reports.feedback import HEADINGS, FeedbackReport
from hongya_portal.files import atomic_file

CELL_UNITS = 32_000
MOST_ROWS = 1_048_576
SHEET_ROWS, SHEET_TOTALS = "汇总表", "统计"
_WIDTHS = (7, 28, 28, 16, 60, 60, 12, 18, 45, 22, 11, 17)
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_DEMONSTRATION = "演示材料，内容均为虚构"


class XlsxError(Exception):
    """The workbook cannot hold the report; the message is a reason for people, in Chinese."""


def write_feedback_xlsx(report: FeedbackReport, destination: Path) -> None:
    """Raises XlsxError, OSError, TotalsMismatch."""
    with (
        atomic_file(destination) as temporary,
        TemporaryDirectory(prefix="xlsx-") as folder,
        xlsxwriter.Workbook(temporary, {**_OPTIONS, "tmpdir": folder}) as workbook,
    ):
        # A fixed moment of creation keeps the same report the same file.
        workbook.set_properties({"title": report.title, "created": report.moment.replace(tzinfo=None)})
        rows, totals = workbook.add_worksheet(SHEET_ROWS), workbook.add_worksheet(SHEET_TOTALS)
        characters = Characters()
        _write_rows(workbook, rows, report, characters)
        _write_totals(workbook, totals, report, characters)


def _put(sheet: Worksheet, row: int, column: int, value: str | int, style: Format | None = None) -> None:
    write = sheet.write_number if isinstance(value, int) else sheet.write_string
    code = write(row, column, value, style)
    if code:
        raise XlsxError(
            f"第 {row + 1} 行第 {column + 1} 列不能写入工作表（{code}）。请缩小范围，或改用 CSV 格式。"
        )


def _write_rows(workbook: Workbook, sheet: Worksheet, report: FeedbackReport, characters: Characters) -> None:
    head = workbook.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"})
    text = workbook.add_format({"text_wrap": True, "valign": "top", "border": 1, "num_format": "@"})
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    first = 0
    if settings.DEMONSTRATION:
        _put(sheet, 0, 0, _DEMONSTRATION)
        first = 1
    for column, heading in enumerate(HEADINGS):
        _put(sheet, first, column, heading, head)
    sheet.freeze_panes(first + 1, 2)
    sheet.repeat_rows(first)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    line = first + 1
    for row in report.rows():
        cells = [characters.hold(str(value)) for value in astuple(row)]
        for cells_of_line in _lines(cells):
            if line >= MOST_ROWS:
                raise XlsxError("意见超过工作表的行数上限。请缩小范围，或改用 CSV 格式。")
            for column, value in enumerate(cells_of_line):
                _put(sheet, line, column, value, text)
            line += 1
    sheet.autofilter(first, 0, max(line - 1, first), len(HEADINGS) - 1)


def _lines(cells: list[str]) -> Iterator[list[str]]:
    """One line, and more where a cell is too long: those repeat the short cells and number as ``7（续）``."""
    pieces = [list(_pieces(cell)) for cell in cells]
    for index in range(max(map(len, pieces))):
        line = [
            parts[index] if index < len(parts) else (parts[0] if len(parts) == 1 else "") for parts in pieces
        ]
        if index:
            line[0] = f"{cells[0]}（续）"
        yield line


def _pieces(text: str) -> Iterator[str]:
    """``text`` in pieces of at most ``CELL_UNITS`` UTF-16 units; at least one piece."""
    start = units = 0
    for index, char in enumerate(text):
        size = 2 if ord(char) > 0xFFFF else 1
        if units + size > CELL_UNITS:
            yield text[start:index]
            start, units = index, 0
        units += size
    yield text[start:]


def _write_totals(
    workbook: Workbook, sheet: Worksheet, report: FeedbackReport, characters: Characters
) -> None:
    """Written last: the number of rows and their SHA-256 are known only then."""
    bold = workbook.add_format({"bold": True})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2, 20)
    for line, cells in enumerate(_total_lines(report, characters)):
        is_heading = len(cells) == 1
        for column, value in enumerate(cells):
            _put(sheet, line, column, value, bold if is_heading else None)


def _total_lines(report: FeedbackReport, characters: Characters) -> Iterator[tuple[str | int, ...]]:
    totals = report.totals
    yield (report.title,)
    if settings.DEMONSTRATION:
        yield (_DEMONSTRATION,)
    yield "范围", report.scope
    yield "统计时间", f"{report.moment:%Y-%m-%d %H:%M}"
    yield "来件（件）", totals.submissions
    yield "其中逾期", totals.late_submissions
    yield "意见（条）", totals.comments
    yield "其中逾期", totals.late_comments
    yield ("按渠道",)
    yield "渠道", "来件（件）", "意见（条）"
    for line in totals.by_channel:
        yield line.label, line.submissions, line.comments
    for heading, tallies in (
        ("按审核状态（条）", totals.by_status),
        ("按采纳情况（条）", totals.by_outcome),
        ("按办理阶段（条）", totals.by_stage),
    ):
        yield (heading,)
        for tally in tallies:
            yield tally.label, tally.comments
    yield ("核对",)
    yield "汇总表所列意见（条）", report.tail.rows
    yield "内容 SHA-256", report.tail.sha256
    if characters.replaced:
        yield f"以“{REPLACEMENT}”代替的控制字符（个）", characters.replaced
