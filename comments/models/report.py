import datetime as dt

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from hongya_portal.jobs import Job, JobQuerySet, JobStatus
from plan.models import Consultation


class ReportKind(models.TextChoices):
    DIGEST = "digest", "简报"
    FEEDBACK_REPORT = "feedback_report", "意见采纳情况汇总表"


class ReportFormat(models.TextChoices):
    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel（XLSX）"
    CSV = "csv", "CSV"


CONTENT_TYPES: dict[str, str] = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.CSV: "text/csv; charset=utf-8",
}


class Report(Job):
    """A paper: what was asked for, by whom, and the file with its SHA-256 once it is READY."""

    consultation = models.ForeignKey(
        Consultation, models.PROTECT, related_name="reports", verbose_name="征求意见"
    )
    kind = models.CharField("种类", max_length=20, choices=ReportKind)
    format = models.CharField("格式", max_length=5, choices=ReportFormat)
    parameters = models.JSONField("范围", default=dict, blank=True, encoder=DjangoJSONEncoder)
    slot = models.CharField(
        "期次标识",
        max_length=80,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text="定时材料每期只有一份。",
    )
    created_at = models.DateTimeField("申请时间")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="申请人",
    )
    file = models.FileField("文件", upload_to="reports/%Y", blank=True)
    file_name = models.CharField("文件名", max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)

    objects = models.Manager.from_queryset(JobQuerySet)()

    class Meta(Job.Meta):
        verbose_name = "材料"
        verbose_name_plural = "材料"
        permissions = [("request_report", "可以申请生成材料"), ("download_report", "可以下载材料")]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(status=JobStatus.READY) & ~Q(file="") & ~Q(sha256=""))
                | (~Q(status=JobStatus.READY) & Q(file="", sha256="")),
                name="comments_report_file_when_ready",
            ),
        ]
        indexes = [models.Index(fields=["status", "queued_at"], name="report_status_queued")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}（{self.get_format_display()}）"

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def period(self) -> tuple[dt.date, dt.date] | None:
        """First and last day of a digest, both included."""
        if "first_day" not in self.parameters:
            return None
        return (
            dt.date.fromisoformat(self.parameters["first_day"]),
            dt.date.fromisoformat(self.parameters["last_day"]),
        )
