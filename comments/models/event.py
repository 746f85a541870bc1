from typing import NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from comments.models.comment import Comment
from plan.models import Consultation


class AppendOnly(Exception):
    """An event was about to be changed or deleted."""


class EventKind(models.TextChoices):
    RECEIVED = "received", "收到"
    PUBLISHED = "published", "公开"
    WITHHELD = "withheld", "不予公开"
    WITHDRAWN = "withdrawn", "撤回"
    DISPOSITION_PROPOSED = "disposition_proposed", "拟办采纳情况"
    DISPOSITION_APPROVED = "disposition_approved", "审签采纳情况"
    DISPOSITION_PUBLISHED = "disposition_published", "公布采纳情况"
    PERSONAL_DATA_VIEWED = "personal_data_viewed", "查看个人信息"
    PERSONAL_DATA_PURGED = "personal_data_purged", "清除个人信息"
    REPORT_REQUESTED = "report_requested", "申请生成材料"
    REPORT_DOWNLOADED = "report_downloaded", "下载材料"
    RESULTS_PUBLISHED = "results_published", "公布结果"
    CHANGED = "changed", "修改设置"


class EventQuerySet(models.QuerySet):
    def update(self, **kwargs: object) -> NoReturn:
        raise AppendOnly("events are never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("events are never deleted")


class Event(models.Model):
    """Who did what, when, from what to what and why. Written once; holds no personal data of a submitter."""

    kind = models.CharField("事项", max_length=30, choices=EventKind)
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="经办人",
    )
    before = models.JSONField("之前", default=dict, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField("之后", default=dict, blank=True, encoder=DjangoJSONEncoder)
    reason = models.CharField("理由", max_length=500, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise AppendOnly("events are never changed")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise AppendOnly("events are never deleted")


class CommentEvent(Event):
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="events", verbose_name="意见")

    class Meta(Event.Meta):
        verbose_name = "意见留痕"
        verbose_name_plural = "意见留痕"


class ConsultationEvent(Event):
    consultation = models.ForeignKey(
        Consultation, models.PROTECT, related_name="events", verbose_name="征求意见"
    )

    class Meta(Event.Meta):
        verbose_name = "征求意见留痕"
        verbose_name_plural = "征求意见留痕"
