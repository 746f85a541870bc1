import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from comments import tasks
from comments.models import ConsultationEvent, EventKind, Report, ReportFormat, ReportKind
from comments.services import reporting
from comments.services.errors import Conflict
from comments.services.reporting import (
    due_digest_days,
    ensure_daily_digest,
    make_due_digests,
    request_report,
    retry,
    run_report,
    sweep,
)
from hongya_portal.files import sha256_of
from hongya_portal.jobs import JobStatus
from hongya_portal.pdf import PdfError
from tests.comments.papers import at, enter, pdf_text

pytestmark = pytest.mark.django_db
FIFTH = {"first_day": "2022-08-05", "last_day": "2022-08-05"}


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """What would have gone to a worker."""
    messages: list[int] = []
    monkeypatch.setattr(tasks.render_report, "delay", messages.append)
    return messages


def ask(consultation, actor, **changes) -> Report:
    wanted = {"kind": ReportKind.FEEDBACK_REPORT, "format": ReportFormat.CSV, "parameters": {}, **changes}
    return request_report(consultation=consultation, actor=actor, **wanted)


def ask_digest(consultation, actor) -> Report:
    return ask(consultation, actor, kind=ReportKind.DIGEST, format=ReportFormat.PDF, parameters=FIFTH)


def media_files() -> list[Path]:
    return [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_request_is_a_row_an_event_and_then_a_message(
    consultation, drafter, during, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        report = ask(consultation, drafter, parameters={"measure": 13, "unit": None})
        assert sent == []
    assert sent == [report.pk]
    assert (report.status, report.requested_by, report.parameters) == (
        JobStatus.QUEUED,
        drafter,
        {"measure": 13},
    )
    event = ConsultationEvent.objects.get()
    assert (event.kind, event.actor) == (EventKind.REPORT_REQUESTED, drafter)
    assert event.after == {
        "report": report.pk,
        "kind": "feedback_report",
        "format": "csv",
        "parameters": {"measure": 13},
    }


def test_bad_parameters_leave_nothing(consultation, drafter, during, sent):
    with pytest.raises(ValidationError, match="没有这个序号的举措"):
        ask(consultation, drafter, parameters={"measure": 66})
    assert not Report.objects.exists()
    assert not ConsultationEvent.objects.exists()


def test_a_broker_that_is_away_does_not_hurt_the_request(
    consultation, drafter, during, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def refuse(report_id: int) -> None:
        raise OperationalError("redis://:secret@127.0.0.1")

    monkeypatch.setattr(tasks.render_report, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        report = ask(consultation, drafter)
    assert report.status == JobStatus.QUEUED
    assert "OperationalError" in caplog.text
    assert "secret" not in caplog.text


def test_a_digest_is_made_with_its_file_and_hash(consultation, moderator, drafter, during):
    enter(consultation, moderator)
    report = ask_digest(consultation, drafter)
    run_report(report.pk)
    report.refresh_from_db()
    path = Path(report.file.path)
    assert (report.status, report.progress, report.attempts) == (JobStatus.READY, 100, 1)
    assert report.file_name == "征求意见简报_2022-08-05.pdf"
    assert report.sha256 == sha256_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent == Path(django_settings.MEDIA_ROOT) / "reports" / "2022"
    assert len(path.stem) >= 32
    assert "本期收到来件1件、意见1条" in pdf_text(path)


@pytest.mark.parametrize(
    ("report_format", "name"),
    [
        ("csv", "意见采纳情况汇总表_演示_2022-08-08_{}.csv"),
        ("xlsx", "意见采纳情况汇总表_2022-08-08_{}.xlsx"),
        ("pdf", "意见采纳情况汇总表_2022-08-08_{}.pdf"),
    ],
)
def test_a_feedback_report_is_made_in_each_format(consultation, drafter, during, report_format, name):
    report = ask(consultation, drafter, format=report_format)
    run_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.file_name) == (JobStatus.READY, name.format(report.pk))
    assert report.sha256 == sha256_of(Path(report.file.path))


def test_the_same_message_twice_makes_one_file(consultation, drafter, during):
    report = ask(consultation, drafter)
    run_report(report.pk)
    run_report(report.pk)
    run_report(report.pk + 1)
    report.refresh_from_db()
    assert (report.attempts, media_files()) == (1, [Path(report.file.path)])


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_for_a_report_make_one_file(consultation, drafter, during, sent):
    report = ask(consultation, drafter)
    barrier = threading.Barrier(4)

    def run(_: int) -> None:
        barrier.wait()
        try:
            run_report(report.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    report.refresh_from_db()
    assert (report.status, report.attempts) == (JobStatus.READY, 1)
    assert media_files() == [Path(report.file.path)]


@pytest.mark.django_db(transaction=True)
def test_progress_is_told_while_it_is_made(consultation, moderator, drafter, during, sent, monkeypatch):
    enter(consultation, moderator)
    report = ask_digest(consultation, drafter)
    told: list[int] = []
    original = Report.report_progress
    monkeypatch.setattr(
        Report, "report_progress", lambda self, percent: (told.append(percent), original(self, percent))
    )
    run_report(report.pk)
    report.refresh_from_db()
    assert (told, report.status, report.progress) == ([1, 20, 99], JobStatus.READY, 100)


def test_a_worker_that_lost_its_lease_leaves_no_file(consultation, drafter, during, monkeypatch):
    report = ask(consultation, drafter)
    original = reporting.write_report

    def lose_then_write(*args, **kwargs):
        Report.objects.filter(pk=report.pk).update(lease_expires_at=timezone.now() - dt.timedelta(seconds=1))
        Report.objects.requeue_lost()
        return original(*args, **kwargs)

    monkeypatch.setattr(reporting, "write_report", lose_then_write)
    run_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.attempts, media_files()) == (JobStatus.QUEUED, 1, [])
    monkeypatch.setattr(reporting, "write_report", original)
    run_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.attempts, len(media_files())) == (JobStatus.READY, 2, 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PdfError("生成 PDF 超过内存上限。"), "生成 PDF 超过内存上限。"),
        (ValidationError("方案中没有这个序号的举措。"), "方案中没有这个序号的举措。"),
        (SoftTimeLimitExceeded(), "生成时间超过上限。请缩小范围，或改用 Excel、CSV 格式。"),
    ],
)
def test_a_reason_for_people_fails_the_report(consultation, drafter, during, monkeypatch, error, reason):
    report = ask(consultation, drafter)

    def break_off(*args, **kwargs):
        raise error

    monkeypatch.setattr(reporting, "write_report", break_off)
    run_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.error, media_files()) == (JobStatus.FAILED, reason, [])


def test_what_nobody_foresaw_is_tried_again_and_fails_in_the_end(
    consultation, drafter, during, sent, monkeypatch, caplog
):
    report = ask(consultation, drafter)

    def break_off(*args, **kwargs):
        raise RuntimeError("演示故障")

    monkeypatch.setattr(reporting, "write_report", break_off)
    for attempt in (1, 2, 3):
        run_report(report.pk)
        report.refresh_from_db()
        assert (report.status, report.attempts) == (JobStatus.RENDERING, attempt)
        during.shift(100)
        sweep()
    report.refresh_from_db()
    assert report.status == JobStatus.FAILED
    assert report.error.startswith("多次尝试均未完成")
    assert sent == [report.pk, report.pk]
    assert [record.levelname for record in caplog.records].count("ERROR") == 3


def test_what_ends_the_process_is_not_swallowed(consultation, drafter, during, monkeypatch):
    report = ask(consultation, drafter)

    def stop(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(reporting, "write_report", stop)
    with pytest.raises(SystemExit):
        run_report(report.pk)
    assert media_files() == []


def test_the_sweep_sends_again_what_no_worker_took(consultation, drafter, during, sent):
    report = ask(consultation, drafter)
    assert (sweep(), sent) == (0, [])
    during.shift(61)
    assert (sweep(), sent) == (1, [report.pk])
    assert (sweep(), sent) == (0, [report.pk])


def test_a_failed_report_can_be_tried_again(
    consultation, drafter, during, sent, django_capture_on_commit_callbacks
):
    report = ask(consultation, drafter)
    with pytest.raises(Conflict, match="排队中"):
        retry(report, drafter)
    Report.objects.claim(report.pk).fail("演示原因")
    report.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        retry(report, drafter)
    assert (report.status, report.attempts, sent) == (JobStatus.QUEUED, 0, [report.pk])
    assert ConsultationEvent.objects.filter(reason="重试", actor=drafter).count() == 1
    run_report(report.pk)
    report.refresh_from_db()
    assert report.status == JobStatus.READY


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2022-08-01T12:00+08:00", []),
        ("2022-08-02T23:59+08:00", []),
        ("2022-08-03T00:00+08:00", [2]),
        ("2022-08-08T09:00+08:00", [5, 6, 7]),
        ("2022-08-11T00:00+08:00", [8, 9, 10]),
        ("2022-08-13T09:00+08:00", [10]),
        ("2022-08-14T00:00+08:00", []),
    ],
)
def test_due_days_are_those_of_the_window_that_are_over(consultation, during, now, days):
    during.move_to(dt.datetime.fromisoformat(now))
    assert [day.day for day in due_digest_days(consultation)] == days
    assert make_due_digests() == len(days)
    assert make_due_digests() == 0


def test_a_day_has_one_digest(consultation, during, sent, django_capture_on_commit_callbacks):
    day = dt.date(2022, 8, 7)
    with django_capture_on_commit_callbacks(execute=True):
        first = ensure_daily_digest(consultation, day)
        assert ensure_daily_digest(consultation, day) == first
    assert (sent, ConsultationEvent.objects.count()) == ([first.pk], 1)
    assert first.slot == f"digest:{consultation.pk}:2022-08-07"
    assert first.period == (day, day)
    assert ensure_daily_digest(consultation, dt.date(2022, 8, 8)) is None
    assert ensure_daily_digest(consultation, dt.date(2022, 7, 31)) is None


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_make_one_digest_a_day(consultation, during, sent):
    barrier = threading.Barrier(4)

    def tick(_: int) -> int:
        barrier.wait()
        try:
            return make_due_digests()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(4)))
    slots = sorted(Report.objects.values_list("slot", flat=True))
    assert slots == [f"digest:{consultation.pk}:2022-08-0{day}" for day in (5, 6, 7)]
    assert len(sent) == ConsultationEvent.objects.count() == 3


def test_each_opinion_stands_in_exactly_one_daily_digest(consultation, moderator, during):
    entered_on = {3: [3], 4: [4], 5: [5, 3], 6: [5], 7: []}
    seen: list[str] = []
    for today, received in entered_on.items():
        during.move_to(at(today, hour=11))
        for day in received:
            enter(consultation, moderator, day=day)
        during.move_to(at(today + 1, hour=1))
        report = ensure_daily_digest(consultation, at(today).date())
        run_report(report.pk)
        report.refresh_from_db()
        text = pdf_text(Path(report.file.path))
        seen += [f"{receipt}@{today}" for receipt in _receipts(consultation) if receipt in text]
    assert [entry.rpartition("@")[2] for entry in seen] == ["3", "4", "5", "5", "6"]
    assert len({entry.partition("@")[0] for entry in seen}) == 5


def _receipts(consultation) -> list[str]:
    return [submission.receipt_number for submission in consultation.submissions.order_by("serial")]
