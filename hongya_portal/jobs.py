"""Job rows: work is a row first, a Celery message is only a kick.

A worker claims the row by compare-and-set and holds a lease (real time), which its ``heartbeat`` renews.
``fence`` counts the claims; a worker that lost its lease can no longer write, because its fence is old.
``requeue_lost`` gives lost jobs back to the queue and fails those that were tried ``MAX_ATTEMPTS`` times.
"""

import datetime as dt
import logging
import threading
from typing import Any, Self

from django.db import Error as DatabaseFault
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=90)
BEAT = dt.timedelta(seconds=20)
MAX_ATTEMPTS = 3
RESEND_AFTER = dt.timedelta(seconds=60)


class LeaseLost(Exception):
    """Another worker holds the job now; the one that raised this must stop and write nothing."""


class JobStatus(models.TextChoices):
    QUEUED = "queued", "排队中"
    RENDERING = "rendering", "生成中"
    READY = "ready", "已完成"
    FAILED = "failed", "失败"


class JobQuerySet(models.QuerySet):
    def claimable(self) -> Self:
        return self.filter(status=JobStatus.QUEUED)

    def lost(self) -> Self:
        return self.filter(status=JobStatus.RENDERING, lease_expires_at__lt=timezone.now())

    def claim(self, pk: int) -> Any:
        """Take the queued job ``pk`` (a row of this model), or None where it is not queued (taken, ready, failed, unknown)."""
        now = timezone.now()
        taken = (
            self.claimable()
            .filter(pk=pk)
            .update(
                status=JobStatus.RENDERING,
                progress=0,
                attempts=F("attempts") + 1,
                fence=F("fence") + 1,
                lease_expires_at=now + LEASE,
                started_at=now,
            )
        )
        return self.get(pk=pk) if taken else None

    def requeue_lost(self) -> int:
        """Give back what lost its lease, fail what was tried too often; how many rows changed."""
        failed = (
            self.lost()
            .filter(attempts__gte=MAX_ATTEMPTS)
            .update(
                status=JobStatus.FAILED,
                error="多次尝试均未完成，已停止。请缩小范围后重试，或联系管理员。",
                lease_expires_at=None,
                finished_at=timezone.now(),
            )
        )
        requeued = (
            self.lost()
            .filter(attempts__lt=MAX_ATTEMPTS)
            .update(status=JobStatus.QUEUED, lease_expires_at=None, queued_at=timezone.now() - RESEND_AFTER)
        )
        return failed + requeued

    def take_unsent(self) -> list[int]:
        """Keys of the jobs queued so long that their message must be presumed lost, or queued again without one.

        Each is given to one caller, and again only after ``RESEND_AFTER``.
        """
        now = timezone.now()
        unsent = self.claimable().filter(queued_at__lte=now - RESEND_AFTER)
        keys = list(unsent.values_list("pk", flat=True))
        return [key for key in keys if unsent.filter(pk=key).update(queued_at=now)]


class Job(models.Model):
    """The state of one piece of background work. Times are real time, not the consultation's clock."""

    status = models.CharField("状态", max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField("进度（%）", default=0)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    fence = models.PositiveIntegerField("轮次", default=0, editable=False)
    lease_expires_at = models.DateTimeField("占用到期", null=True, blank=True, editable=False)
    queued_at = models.DateTimeField("排队时间", default=timezone.now, editable=False)
    started_at = models.DateTimeField("开始时间", null=True, blank=True, editable=False)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True, editable=False)
    error = models.CharField("失败原因", max_length=500, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status=JobStatus.RENDERING, lease_expires_at__isnull=False)
                | (~Q(status=JobStatus.RENDERING) & Q(lease_expires_at__isnull=True)),
                name="%(app_label)s_%(class)s_lease_while_rendering",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[JobStatus.READY, JobStatus.FAILED], finished_at__isnull=False)
                | (~Q(status__in=[JobStatus.READY, JobStatus.FAILED]) & Q(finished_at__isnull=True)),
                name="%(app_label)s_%(class)s_finished_when_done",
            ),
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="%(app_label)s_%(class)s_progress_percent"
            ),
        ]

    def _held(self) -> models.QuerySet:
        return type(self)._default_manager.filter(pk=self.pk, status=JobStatus.RENDERING, fence=self.fence)

    def _change(self, **values: object) -> None:
        if self._held().update(**values) != 1:
            raise LeaseLost(f"{self._meta.label} {self.pk}")
        self.refresh_from_db()

    def heartbeat(self) -> "Heartbeat":
        return Heartbeat(self)

    def renew(self) -> bool:
        """Renew the lease; False where it is lost."""
        return self._held().update(lease_expires_at=timezone.now() + LEASE) == 1

    def report_progress(self, percent: int) -> None:
        """Record progress (0–100) and renew the lease. Raises LeaseLost."""
        self._change(progress=percent, lease_expires_at=timezone.now() + LEASE)

    def finish(self, **values: object) -> None:
        """Set READY together with ``values``. Raises LeaseLost."""
        self._change(
            status=JobStatus.READY,
            progress=100,
            lease_expires_at=None,
            finished_at=timezone.now(),
            error="",
            **values,
        )

    def queue_again(self) -> bool:
        """Give a FAILED job its full number of tries once more; False where it is not failed."""
        failed = type(self)._default_manager.filter(pk=self.pk, status=JobStatus.FAILED)
        changed = failed.update(
            status=JobStatus.QUEUED,
            progress=0,
            attempts=0,
            queued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            error="",
        )
        self.refresh_from_db()
        return changed == 1

    def fail(self, error: str) -> None:
        """Set FAILED with a reason for people, in Chinese. Raises LeaseLost."""
        self._change(
            status=JobStatus.FAILED, lease_expires_at=None, finished_at=timezone.now(), error=error[:500]
        )


class Heartbeat:
    """While the block runs, a thread with a database connection of its own renews the job's lease."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stop = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def report(self, percent: int) -> None:
        """Record progress (0-100), except within a transaction, where nobody would see it. Raises LeaseLost."""
        if self._lost:
            raise LeaseLost(f"{self._job._meta.label} {self._job.pk}")
        if not connection.in_atomic_block:
            self._job.report_progress(percent)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(BEAT.total_seconds()):
                self._lost = not self._renew()
                if self._lost:
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        """A database that is away for one beat is not a lost lease: the next beat tells, on a new connection."""
        try:
            return self._job.renew()
        except DatabaseFault as error:
            connection.close()
            logger.warning(
                "lease of %s %s not renewed: %s", self._job._meta.label, self._job.pk, type(error).__name__
            )
            return True
