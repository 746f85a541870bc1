from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from comments.models.submission import Submission
from plan.models import Chapter, Consultation, Measure


class CommentKind(models.TextChoices):
    AMEND = "amend", "修改建议"
    OPINION = "opinion", "意见看法"
    QUESTION = "question", "疑问"
    SUPPORT = "support", "支持"
    OTHER = "other", "其他"


class CommentStatus(models.TextChoices):
    PENDING = "pending", "待审核"
    PUBLISHED = "published", "已公开"
    WITHHELD = "withheld", "不予公开"
    WITHDRAWN = "withdrawn", "已撤回"


# Who may change what: the only place that says it. Nothing leaves WITHDRAWN.
TRANSITIONS: dict[CommentStatus, frozenset[CommentStatus]] = {
    CommentStatus.PENDING: frozenset(
        {CommentStatus.PUBLISHED, CommentStatus.WITHHELD, CommentStatus.WITHDRAWN}
    ),
    # To itself: the public text is corrected.
    CommentStatus.PUBLISHED: frozenset(
        {CommentStatus.PUBLISHED, CommentStatus.WITHHELD, CommentStatus.WITHDRAWN}
    ),
    CommentStatus.WITHHELD: frozenset({CommentStatus.PUBLISHED, CommentStatus.WITHDRAWN}),
    CommentStatus.WITHDRAWN: frozenset(),
}


class WithholdReason(models.TextChoices):
    """The closed list of reasons; the public sees the reason and never the text."""

    ILLEGAL = "illegal", "含有法律法规禁止的内容"
    PRIVACY = "privacy", "涉及个人隐私或商业秘密且无法隐去"
    INSULT = "insult", "含有侮辱、诽谤他人的内容"
    ADVERTISEMENT = "advertisement", "广告或与征求意见无关的推广"
    OFF_TOPIC = "off_topic", "与本次征求意见无关"
    DUPLICATE = "duplicate", "同一人重复提交的相同内容"


class CommentQuerySet(models.QuerySet):
    def of(self, consultation: Consultation) -> Self:
        return self.filter(submission__consultation=consultation)

    def pending(self) -> Self:
        return self.filter(status=CommentStatus.PENDING)

    def published(self) -> Self:
        return self.filter(status=CommentStatus.PUBLISHED)

    def with_target(self) -> Self:
        return self.select_related(
            "submission__consultation__plan", "submission__submitter", "measure", "chapter"
        )

    def in_plan_order(self) -> Self:
        """Whole plan first, then chapter by chapter: the chapter itself, then its measures; oldest first."""
        return self.annotate(
            chapter_order=Coalesce("measure__chapter__number", "chapter__number", 0),
            measure_order=Coalesce("measure__number", 0),
        ).order_by("chapter_order", "measure_order", "pk")


class Comment(models.Model):
    """One point on one target. ``body`` is the sealed original; ``published_body`` is what the public sees."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="comments", verbose_name="来件")
    position = models.PositiveSmallIntegerField("来件内序号", default=1)
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="comments", verbose_name="针对举措"
    )
    chapter = models.ForeignKey(
        Chapter, models.PROTECT, null=True, blank=True, related_name="comments", verbose_name="针对章"
    )
    kind = models.CharField("意见类型", max_length=10, choices=CommentKind, default=CommentKind.OPINION)
    body = models.TextField("意见原文")
    suggested_text = models.TextField("修改建议", blank=True)
    quoted_text = models.TextField("提出意见时的条文", blank=True)
    status = models.CharField("审核状态", max_length=10, choices=CommentStatus, default=CommentStatus.PENDING)
    published_body = models.TextField("公开文本", blank=True)
    published_suggested_text = models.TextField("公开的修改建议", blank=True)
    redaction_reason = models.CharField("隐去说明", max_length=200, blank=True)
    withhold_reason = models.CharField("不予公开理由", max_length=20, choices=WithholdReason, blank=True)
    published_at = models.DateTimeField("公开时间", null=True, blank=True)
    withheld_at = models.DateTimeField("不予公开时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    representative = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="members", verbose_name="同类意见代表"
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = "意见"
        verbose_name_plural = "意见"
        permissions = [("moderate_comment", "可以审核意见")]
        constraints = [
            models.UniqueConstraint(fields=["submission", "position"], name="comment_position_unique"),
            models.CheckConstraint(
                condition=Q(measure__isnull=True) | Q(chapter__isnull=True),
                name="comment_one_target",
                violation_error_message="一条意见只能针对一条举措、一章或方案整体。",
            ),
            models.CheckConstraint(
                condition=~Q(body=""),
                name="comment_body_present",
                violation_error_message="意见内容不能为空。",
            ),
            models.CheckConstraint(
                condition=Q(status=CommentStatus.PUBLISHED, published_at__isnull=False)
                & ~Q(published_body="")
                | (~Q(status=CommentStatus.PUBLISHED) & Q(published_at__isnull=True)),
                name="comment_published_at_when_published",
                violation_error_message="公开的意见须有公开文本和公开时间。",
            ),
            models.CheckConstraint(
                condition=(
                    Q(status=CommentStatus.WITHHELD, withheld_at__isnull=False) & ~Q(withhold_reason="")
                )
                | (~Q(status=CommentStatus.WITHHELD) & Q(withheld_at__isnull=True, withhold_reason="")),
                name="comment_withheld_with_reason",
                violation_error_message="不予公开须说明理由。",
            ),
            models.CheckConstraint(
                condition=Q(status=CommentStatus.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(status=CommentStatus.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
                name="comment_withdrawn_at_when_withdrawn",
            ),
            models.CheckConstraint(
                condition=~Q(status=CommentStatus.PUBLISHED)
                | Q(published_body=F("body"), published_suggested_text=F("suggested_text"))
                | ~Q(redaction_reason=""),
                name="comment_redacted_with_reason",
                violation_error_message="公开文本与原文不同时须填写隐去说明。",
            ),
        ]
        indexes = [
            models.Index(fields=["measure", "status", "-id"], name="comment_measure_status"),
            models.Index(fields=["chapter", "status", "-id"], name="comment_chapter_status"),
            models.Index(fields=["status", "id"], name="comment_status"),
        ]

    def __str__(self) -> str:
        return f"{self.submission.receipt_number}-{self.position}"

    @property
    def target(self) -> Measure | Chapter | None:
        return self.measure or self.chapter

    @property
    def target_label(self) -> str:
        """``第十三条举措 完善公共法律服务体系``-like words for lists and papers."""
        if self.measure:
            return str(self.measure)
        return str(self.chapter) if self.chapter else "方案整体"

    @property
    def is_redacted(self) -> bool:
        return self.status == CommentStatus.PUBLISHED and (
            (self.published_body, self.published_suggested_text) != (self.body, self.suggested_text)
        )
