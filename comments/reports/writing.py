"""The one way from what was asked for to a file: read within one snapshot, render outside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comments.models import ReportFormat, ReportKind
from comments.reports.digest import build_digest
from comments.reports.digest_pdf import write_digest_pdf
from comments.reports.feedback import build_feedback_report
from comments.reports.feedback_csv import write_feedback_csv
from comments.reports.feedback_pdf import FeedbackPdf
from comments.reports.feedback_xlsx import write_feedback_xlsx
from comments.reports.parameters import digest_period, feedback_filter
from hongya_portal.files import sha256_of
from hongya_portal.snapshot import snapshot
from plan.models import Consultation

# Reading takes a small part of the time; the rest of the percentage is rendering.
READ_PERCENT = 20


@dataclass(frozen=True)
class Written:
    """``pages`` is None for what has none."""

    sha256: str
    pages: int | None


def write_report(
    consultation: Consultation,
    *,
    kind: str,
    report_format: str,
    parameters: Mapping[str, Any],
    destination: Path,
    progress: Callable[[int], None] = lambda percent: None,
) -> Written:
    """Write the paper to ``destination``, whole or not at all. ``progress`` is called with a percentage.

    Raises ValidationError (parameters), PdfError and XlsxError with reasons for people, OSError, TotalsMismatch.
    """

    def rendered(percent: int) -> None:
        progress(READ_PERCENT + percent * (99 - READ_PERCENT) // 100)

    progress(1)
    if kind == ReportKind.DIGEST:
        period = digest_period(consultation, parameters)
        with snapshot():
            digest = build_digest(consultation, period)
        progress(READ_PERCENT)
        pdf = write_digest_pdf(digest, destination, rendered)
        return Written(pdf.sha256, pdf.pages)
    return _write_feedback(consultation, report_format, parameters, destination, progress, rendered)


def _write_feedback(
    consultation: Consultation,
    report_format: str,
    parameters: Mapping[str, Any],
    destination: Path,
    progress: Callable[[int], None],
    rendered: Callable[[int], None],
) -> Written:
    wanted = feedback_filter(consultation, parameters)
    if report_format == ReportFormat.PDF:
        with snapshot():
            paper = FeedbackPdf(build_feedback_report(consultation, wanted))
            paper.read()
        progress(READ_PERCENT)
        pdf = paper.write(destination, rendered)
        return Written(pdf.sha256, pdf.pages)
    write = write_feedback_xlsx if report_format == ReportFormat.XLSX else write_feedback_csv
    with snapshot():
        write(build_feedback_report(consultation, wanted), destination)
    return Written(sha256_of(destination), None)
