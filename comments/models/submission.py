from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from hongya_portal.crypto import EncryptedTextField
from plan.models import Consultation


class Channel(models.TextChoices):
    WEB = "web", "网页"
    PHONE = "phone", "电话"
    LETTER = "letter", "信函"
    EMAIL = "email", "电子邮件"
    MEETING = "meeting", "座谈会"
    COUNTER = "counter", "窗口"
    HOTLINE = "hotline", "12345 热线"


class HoldReason(models.TextChoices):
    """Why a submission is looked at with more care. None of them ever refuses it."""

    HONEYPOT = "honeypot", "填写了隐藏栏"
    TOO_FAST = "too_fast", "填写过快"
    RATE = "rate", "同一网络提交频繁"
    CROSS_SITE = "cross_site", "来自其他网站的提交"
    LIMITER_DOWN = "limiter_down", "频率统计暂不可用"


class SubmissionQuerySet(models.QuerySet):
    def on_time(self) -> Self:
        return self.filter(late=False)

    def late(self) -> Self:
        return self.filter(late=True)


def validate_hold_reasons(value: object) -> None:
    if not isinstance(value, list) or any(reason not in HoldReason.values for reason in value):
        raise ValidationError("待核查原因有误。")


class Submission(models.Model):
    """One letter, form or call. Serials are gapless per consultation; the look-up code is stored as a keyed hash."""

    consultation = models.ForeignKey(
        Consultation, models.PROTECT, related_name="submissions", verbose_name="征求意见"
    )
    serial = models.PositiveIntegerField("序号", editable=False)
    receipt_number = models.CharField("受理编号", max_length=20, unique=True, editable=False)
    lookup_hash = models.CharField("查询码校验值", max_length=64, editable=False)
    lookup_key_id = models.CharField("查询码密钥号", max_length=20, editable=False)
    idempotency_key = models.CharField("防重标识", max_length=64, unique=True, editable=False)
    content_hash = models.CharField("内容校验值", max_length=64, editable=False)
    channel = models.CharField("渠道", max_length=10, choices=Channel, default=Channel.WEB)
    received_at = models.DateTimeField("收到时间")
    entered_at = models.DateTimeField("录入时间")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="录入人",
    )
    late = models.BooleanField("逾期", default=False)
    signature = models.CharField("公开署名", max_length=60, help_text="按规则隐去姓名后的署名。")
    hold_reasons = models.JSONField(
        "待核查原因", default=list, blank=True, validators=[validate_hold_reasons]
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "来件"
        verbose_name_plural = "来件"
        constraints = [
            models.UniqueConstraint(fields=["consultation", "serial"], name="submission_serial_unique"),
            models.CheckConstraint(condition=Q(serial__gte=1), name="submission_serial_positive"),
            models.CheckConstraint(
                condition=Q(entered_at__gte=F("received_at")),
                name="submission_entered_after_received",
                violation_error_message="录入时间不能早于收到时间。",
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.WEB, entered_by__isnull=True)
                | (~Q(channel=Channel.WEB) & Q(entered_by__isnull=False)),
                name="submission_entered_by_staff",
                violation_error_message="网页以外渠道的来件必须有录入人。",
            ),
            models.CheckConstraint(
                condition=~Q(channel=Channel.WEB) | Q(late=False),
                name="submission_web_never_late",
                violation_error_message="网页来件不能逾期。",
            ),
        ]
        indexes = [models.Index(fields=["consultation", "received_at"], name="submission_received")]

    def __str__(self) -> str:
        return self.receipt_number

    @property
    def hold_labels(self) -> list[str]:
        return [HoldReason(reason).label for reason in self.hold_reasons]

    @property
    def public_signature(self) -> str:
        """The full name where its owner asked for that and it is still held, else the masked one."""
        submitter = getattr(self, "submitter", None)
        if submitter and submitter.publish_name and submitter.name:
            return submitter.name
        return self.signature


class SubmitterKind(models.TextChoices):
    PERSON = "person", "个人"
    ORGANISATION = "organisation", "单位"


class Town(models.TextChoices):
    """The twelve towns (county code 511423) and the two other answers."""

    ZHIGE = "511423101", "止戈镇"
    HONGCHUAN = "511423112", "洪川镇"
    YUPING = "511423113", "余坪镇"
    CAOYUTAN = "511423114", "槽渔滩镇"
    ZHONGBAO = "511423115", "中保镇"
    DONGYUE = "511423116", "东岳镇"
    LIUJIANG = "511423117", "柳江镇"
    GAOMIAO = "511423118", "高庙镇"
    WAWUSHAN = "511423119", "瓦屋山镇"
    QILIPING = "511423120", "七里坪镇"
    JIANGJUN = "511423121", "将军镇"
    ZHONGSHAN = "511423122", "中山镇"
    OUTSIDE = "outside", "县外"


class Submitter(models.Model):
    """Personal data, kept apart and encrypted. Purging it leaves the opinion whole."""

    submission = models.OneToOneField(
        Submission, models.PROTECT, related_name="submitter", verbose_name="来件"
    )
    kind = models.CharField("身份", max_length=12, choices=SubmitterKind, blank=True)
    town = models.CharField("所在镇", max_length=10, choices=Town, blank=True)
    name = EncryptedTextField("称呼或姓名", blank=True)
    phone = EncryptedTextField("手机", blank=True)
    email = EncryptedTextField("电子邮箱", blank=True)
    publish_name = models.BooleanField("同意公开署名", default=False)
    purged_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = "提交人"
        verbose_name_plural = "提交人"
        constraints = [
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(name="", phone="", email="", publish_name=False),
                name="submitter_purged_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(publish_name=False) | ~Q(name=""),
                name="submitter_publishes_a_name",
                violation_error_message="同意公开署名时请填写姓名或单位名称。",
            ),
        ]

    def __str__(self) -> str:
        return f"提交人 {self.submission_id}"
