import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from comments.models import Report, ReportFormat, ReportKind
from hongya_portal import jobs
from hongya_portal.jobs import MAX_ATTEMPTS, JobStatus, LeaseLost
from plan.models import Consultation

pytestmark = pytest.mark.django_db
DONE = {"file": "reports/2022/x.pdf", "sha256": "0" * 64}


@pytest.fixture
def job(consultation) -> Report:
    return make(consultation)


def make(consultation: Consultation) -> Report:
    return Report.objects.create(
        consultation=consultation,
        kind=ReportKind.DIGEST,
        format=ReportFormat.PDF,
        created_at=timezone.now(),
    )


def expire(job: Report) -> None:
    Report.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - dt.timedelta(seconds=1))


def test_a_job_is_claimed_once(job):
    claimed = Report.objects.claim(job.pk)
    assert (claimed.status, claimed.attempts, claimed.fence) == (JobStatus.RENDERING, 1, 1)
    assert claimed.lease_expires_at > timezone.now()
    assert Report.objects.claim(job.pk) is None
    assert Report.objects.claim(job.pk + 1) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_job(job):
    workers = 8
    barrier = threading.Barrier(workers)

    def claim(_: int) -> bool:
        barrier.wait()
        try:
            return Report.objects.claim(job.pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        assert sorted(pool.map(claim, range(workers))) == [False] * (workers - 1) + [True]
    job.refresh_from_db()
    assert (job.attempts, job.fence) == (1, 1)


def test_an_old_fence_can_neither_report_nor_finish_nor_fail(job):
    first = Report.objects.claim(job.pk)
    expire(job)
    assert Report.objects.requeue_lost() == 1
    for write in (
        lambda: first.report_progress(50),
        lambda: first.finish(**DONE),
        lambda: first.fail("迟了"),
    ):
        with pytest.raises(LeaseLost):
            write()
    second = Report.objects.claim(job.pk)
    for write in (
        lambda: first.report_progress(50),
        lambda: first.finish(**DONE),
        lambda: first.fail("迟了"),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert not first.renew()
    second.finish(**DONE)
    job.refresh_from_db()
    assert (job.status, job.fence, job.progress) == (JobStatus.READY, 2, 100)


def test_a_held_lease_is_not_taken_away(job):
    Report.objects.claim(job.pk)
    assert Report.objects.requeue_lost() == 0


def test_a_job_that_is_lost_three_times_fails_for_good(job):
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert Report.objects.claim(job.pk).attempts == attempt
        expire(job)
        assert Report.objects.requeue_lost() == 1
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error.startswith("多次尝试均未完成")
    assert Report.objects.claim(job.pk) is None
    assert Report.objects.requeue_lost() == 0


def test_a_failed_job_can_be_queued_again_with_all_its_tries(job):
    assert not job.queue_again()
    Report.objects.claim(job.pk).fail("原因" * 400)
    job.refresh_from_db()
    assert (job.status, len(job.error)) == (JobStatus.FAILED, 500)
    assert job.queue_again()
    assert (job.status, job.attempts, job.error, job.finished_at) == (JobStatus.QUEUED, 0, "", None)
    assert Report.objects.claim(job.pk).fence == 2


def test_unsent_jobs_are_given_out_once_a_minute(job, consultation):
    recent = make(consultation)
    Report.objects.filter(pk=job.pk).update(queued_at=timezone.now() - jobs.RESEND_AFTER)
    assert Report.objects.take_unsent() == [job.pk]
    assert Report.objects.take_unsent() == []
    assert recent.pk != job.pk


def test_a_requeued_job_is_sent_at_once(job):
    Report.objects.claim(job.pk)
    expire(job)
    Report.objects.requeue_lost()
    assert Report.objects.take_unsent() == [job.pk]


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_renews_the_lease_and_stops_with_the_block(job, monkeypatch):
    monkeypatch.setattr(jobs, "BEAT", dt.timedelta(milliseconds=20))
    claimed = Report.objects.claim(job.pk)
    expire(job)
    renewed = threading.Event()
    original = Report.renew
    monkeypatch.setattr(Report, "renew", lambda self: (original(self), renewed.set())[0])
    with claimed.heartbeat() as heartbeat:
        assert renewed.wait(10)
        heartbeat.report(40)
    job.refresh_from_db()
    assert job.lease_expires_at > timezone.now()
    assert job.progress == 40
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_that_finds_the_lease_lost_tells_the_worker(job, monkeypatch):
    monkeypatch.setattr(jobs, "BEAT", dt.timedelta(milliseconds=10))
    claimed = Report.objects.claim(job.pk)
    expire(job)
    Report.objects.requeue_lost()
    with claimed.heartbeat() as heartbeat:
        heartbeat._thread.join(10)
        with pytest.raises(LeaseLost), transaction.atomic():
            heartbeat.report(50)


@pytest.mark.django_db(transaction=True)
def test_progress_is_not_written_within_a_transaction(job):
    claimed = Report.objects.claim(job.pk)
    with claimed.heartbeat() as heartbeat, transaction.atomic():
        heartbeat.report(50)
    job.refresh_from_db()
    assert job.progress == 0


@pytest.mark.parametrize(
    "values",
    [
        {"status": JobStatus.RENDERING},
        {"lease_expires_at": timezone.now()},
        {"status": JobStatus.FAILED},
        {"finished_at": timezone.now()},
        {"progress": 101},
        {"status": JobStatus.READY, "finished_at": timezone.now()},
        {"file": "reports/2022/x.pdf", "sha256": "0" * 64},
    ],
)
def test_the_database_refuses_a_state_that_contradicts_itself(job, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=job.pk).update(**values)
