"""The feedback report as CSV: RFC 4180 with CRLF, UTF-8 with a byte order mark, so that office programs open it.

A cell that a spreadsheet would take for a formula (it begins, after white space, with = + - @ or their full-width
forms, or it begins with a tab or a carriage return) gets a leading apostrophe. The last row holds the totals.
"""

import csv
from dataclasses import astuple
from pathlib import Path

from comments.reports.characters import Characters
from comments.reports.feedback import HEADINGS, FeedbackReport
from comments.reports.totals import figures
from hongya_portal.files import atomic_file

_FORMULA_STARTS = tuple("=+-@＝＋－＠")


def write_feedback_csv(report: FeedbackReport, destination: Path) -> None:
    """Raises OSError, TotalsMismatch."""
    characters = Characters()
    with (
        atomic_file(destination) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(HEADINGS)
        for row in report.rows():
            writer.writerow([guard(characters.hold(str(value))) for value in astuple(row)])
        writer.writerow(["合计", "".join(figures(report.totals)), *[""] * (len(HEADINGS) - 2)])


def guard(cell: str) -> str:
    risky = cell.startswith(("\t", "\r")) or cell.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cell}" if risky else cell
