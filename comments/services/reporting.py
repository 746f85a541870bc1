"""Papers: asked for as a row, rendered by a worker, kept as a file with its SHA-256."""

import datetime as dt
import logging
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from comments import tasks
from comments.models import CommentStatus, EventKind, Report, ReportFormat, ReportKind
from comments.reports.feedback_xlsx import XlsxError
from comments.reports.parameters import clean_parameters
from comments.reports.writing import write_report
from comments.services.errors import Conflict
from comments.services.events import record_consultation
from hongya_portal import clock
from hongya_portal.jobs import Heartbeat, LeaseLost
from hongya_portal.pdf import PdfError
from plan.models import Consultation

logger = logging.getLogger(__name__)

# A digest that could not be made on its day (everything was switched off) is made up for these many days.
DIGEST_DAYS_BACK = 3


def _kick(report_id: int) -> None:
    """Tell a worker. The row is what counts: where the broker is away, the sweep sends the message again."""
    try:
        tasks.render_report.delay(report_id)
    except Exception as error:
        # No message: a broker's errors may hold its address and password.
        logger.warning("report %s could not be sent to a worker: %s", report_id, type(error).__name__)


def _kick_after_commit(report: Report) -> None:
    # A lambda: on_commit needs a __qualname__, which a partial lacks.
    transaction.on_commit(lambda: _kick(report.pk))


@transaction.atomic
def request_report(
    *,
    consultation: Consultation,
    kind: str,
    format: str,  # noqa: A002  (the word of the model's field)
    parameters: Mapping[str, Any],
    actor: User | None,
) -> Report:
    """Ask for a paper. In order: check the parameters; write the row; event; after the commit, tell a worker.

    A digest takes ``first_day`` and ``last_day``; a feedback report any of ``measure``, ``chapter``, ``unit``,
    ``status``. Raises ValidationError. A broker that is away changes nothing: the paper is made later.
    """
    cleaned = clean_parameters(consultation, kind, format, parameters)
    report = Report(
        consultation=consultation,
        kind=kind,
        format=format,
        parameters=cleaned,
        created_at=clock.now(),
        requested_by=actor,
    )
    report.full_clean()
    report.save()
    _record_request(report, actor)
    _kick_after_commit(report)
    return report


def _record_request(report: Report, actor: User | None, reason: str = "") -> None:
    after = {
        "report": report.pk,
        "kind": report.kind,
        "format": report.format,
        "parameters": report.parameters,
    }
    record_consultation(
        report.consultation, EventKind.REPORT_REQUESTED, actor=actor, after=after, reason=reason
    )


def due_digest_days(consultation: Consultation) -> list[dt.date]:
    """The days of the window that are over, at most ``DIGEST_DAYS_BACK`` back."""
    today = clock.today()
    days = [today - dt.timedelta(days=back) for back in range(DIGEST_DAYS_BACK, 0, -1)]
    return [day for day in days if consultation.first_day <= day <= consultation.last_day]


@transaction.atomic
def ensure_daily_digest(consultation: Consultation, day: dt.date) -> Report | None:
    """The one digest of that day, asked for now where it was not yet; None while the day is not due.

    However many ask at once, the slot is unique and there is one row, one event and one message.
    """
    if day not in due_digest_days(consultation):
        return None
    report, created = Report.objects.get_or_create(
        slot=f"digest:{consultation.pk}:{day}",
        defaults={
            "consultation": consultation,
            "kind": ReportKind.DIGEST,
            "format": ReportFormat.PDF,
            "parameters": {"first_day": day.isoformat(), "last_day": day.isoformat()},
            "created_at": clock.now(),
        },
    )
    if created:
        _record_request(report, None, reason="每日简报")
        _kick_after_commit(report)
    return report


def make_due_digests() -> int:
    """Ask for every daily digest that is due and not there yet; how many were asked for now."""
    before = Report.objects.count()
    now = clock.now()
    recent = now - dt.timedelta(days=DIGEST_DAYS_BACK + 1)
    for consultation in Consultation.objects.filter(opens_at__lte=now, closes_at__gt=recent):
        for day in due_digest_days(consultation):
            ensure_daily_digest(consultation, day)
    return Report.objects.count() - before


def file_name(report: Report) -> str:
    """``征求意见简报_2022-08-05.pdf``, ``意见采纳情况汇总表_举措13_2022-08-08_9.xlsx``.

    CSV has no room inside to say 演示, so its name does.
    """
    period = report.period
    if period:
        first, last = period
        return f"征求意见简报_{first}{'' if first == last else f'至{last}'}.{report.format}"
    demonstration = ["演示"] if settings.DEMONSTRATION and report.format == ReportFormat.CSV else []
    parts = ["意见采纳情况汇总表", *demonstration, *_scope_parts(report), str(clock.today()), str(report.pk)]
    return f"{'_'.join(parts)}.{report.format}"


def _scope_parts(report: Report) -> list[str]:
    """What the feedback report is restricted to, in letters and digits alone."""
    labels = {
        "measure": lambda number: f"举措{number}",
        "chapter": lambda number: f"第{number}章",
        "unit": lambda label: label,
        "status": lambda status: CommentStatus(status).label,
    }
    given = [words(report.parameters[name]) for name, words in labels.items() if name in report.parameters]
    return [re.sub(r"\W", "", words) for words in given]


def _new_path(report: Report) -> tuple[str, Path]:
    """A name under MEDIA_ROOT that nobody can guess, and where that is."""
    name = f"reports/{clock.today().year}/{secrets.token_urlsafe(24)}.{report.format}"
    path = Path(settings.MEDIA_ROOT) / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return name, path


def run_report(report_id: int) -> None:
    """Make the paper, if this worker gets it. READY and its file come together; a file without a row is removed.

    A reason for people fails the report; anything unforeseen is logged and left to its lease and the sweep.
    """
    report = Report.objects.claim(report_id)
    if report is None:
        return
    name, path = _new_path(report)
    try:
        with report.heartbeat() as heartbeat:
            sha256 = _make(report, path, heartbeat)
    except BaseException as error:
        path.unlink(missing_ok=True)
        _explain(report, error)
        return
    try:
        report.finish(file=name, file_name=file_name(report), sha256=sha256)
    except LeaseLost as error:
        path.unlink()
        _explain(report, error)


def _make(report: Report, path: Path, heartbeat: Heartbeat) -> str:
    written = write_report(
        report.consultation,
        kind=report.kind,
        report_format=report.format,
        parameters=report.parameters,
        destination=path,
        progress=heartbeat.report,
    )
    return written.sha256


def _explain(report: Report, error: BaseException) -> None:
    """FAILED with a reason where there is one for people; raises what is no matter of this report."""
    if isinstance(error, LeaseLost):
        logger.warning("report %s: another worker has it now", report.pk)
    elif isinstance(error, PdfError | XlsxError):
        _fail(report, str(error))
    elif isinstance(error, ValidationError):
        _fail(report, "；".join(error.messages))
    elif isinstance(error, SoftTimeLimitExceeded):
        _fail(report, "生成时间超过上限。请缩小范围，或改用 Excel、CSV 格式。")
    elif isinstance(error, Exception):
        logger.error("report %s broke off", report.pk, exc_info=error)
    else:
        raise error


def _fail(report: Report, reason: str) -> None:
    try:
        report.fail(reason)
    except LeaseLost:
        logger.warning("report %s: another worker has it now", report.pk)


def sweep() -> int:
    """Give back or fail what lost its worker, send again what no worker took; how many rows that were."""
    changed = Report.objects.requeue_lost()
    keys = Report.objects.take_unsent()
    for key in keys:
        _kick(key)
    return changed + len(keys)


@transaction.atomic
def retry(report: Report, actor: User) -> None:
    """Queue a FAILED report again, with all its tries. Then: event; after the commit, tell a worker.

    Raises Conflict where it is not failed (any more).
    """
    if not report.queue_again():
        raise Conflict(f"该材料现为“{report.get_status_display()}”，不能重试。")
    _record_request(report, actor, reason="重试")
    _kick_after_commit(report)
