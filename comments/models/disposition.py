from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from comments.models.comment import Comment


class Outcome(models.TextChoices):
    ADOPTED = "adopted", "采纳"
    PARTLY_ADOPTED = "partly_adopted", "部分采纳"
    NOT_ADOPTED = "not_adopted", "未采纳"
    EXPLAINED = "explained", "解释说明"
    OUT_OF_SCOPE = "out_of_scope", "不属本次征求意见范围"


class DispositionStatus(models.TextChoices):
    PROPOSED = "proposed", "拟办"
    APPROVED = "approved", "已审签"
    PUBLISHED = "published", "已公布"
    SUPERSEDED = "superseded", "已被取代"


DISPOSITION_TRANSITIONS: dict[DispositionStatus, frozenset[DispositionStatus]] = {
    DispositionStatus.PROPOSED: frozenset({DispositionStatus.APPROVED, DispositionStatus.SUPERSEDED}),
    DispositionStatus.APPROVED: frozenset({DispositionStatus.PUBLISHED, DispositionStatus.SUPERSEDED}),
    DispositionStatus.PUBLISHED: frozenset({DispositionStatus.SUPERSEDED}),
    DispositionStatus.SUPERSEDED: frozenset(),
}


class DispositionQuerySet(models.QuerySet):
    def in_work(self) -> Self:
        """Proposed or approved and not yet public: at most one per comment."""
        return self.filter(status__in=[DispositionStatus.PROPOSED, DispositionStatus.APPROVED])

    def published(self) -> Self:
        return self.filter(status=DispositionStatus.PUBLISHED)


class Disposition(models.Model):
    """What was decided on a comment and why. Superseded by a newer one, never overwritten."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="dispositions", verbose_name="意见")
    outcome = models.CharField("采纳情况", max_length=20, choices=Outcome)
    explanation = models.TextField("理由或说明", blank=True)
    cited_change = models.TextField("修改后的文字", blank=True, help_text="采纳的，写明在何处作了何种修改。")
    status = models.CharField(
        "办理状态", max_length=10, choices=DispositionStatus, default=DispositionStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="拟办人"
    )
    proposed_at = models.DateTimeField("拟办时间")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="审签人",
    )
    approved_at = models.DateTimeField("审签时间", null=True, blank=True)
    published_at = models.DateTimeField("公布时间", null=True, blank=True)
    superseded_at = models.DateTimeField("取代时间", null=True, blank=True)

    objects = DispositionQuerySet.as_manager()

    class Meta:
        verbose_name = "采纳情况"
        verbose_name_plural = "采纳情况"
        permissions = [
            ("propose_disposition", "可以拟办采纳情况"),
            ("approve_disposition", "可以审签采纳情况"),
            ("publish_disposition", "可以公布采纳情况"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["comment"],
                condition=Q(status__in=[DispositionStatus.PROPOSED, DispositionStatus.APPROVED]),
                name="disposition_one_in_work",
                violation_error_message="这条意见已有在办的采纳情况。",
            ),
            models.UniqueConstraint(
                fields=["comment"],
                condition=Q(status=DispositionStatus.PUBLISHED),
                name="disposition_one_published",
                violation_error_message="这条意见已有公布的采纳情况。",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=[Outcome.NOT_ADOPTED, Outcome.PARTLY_ADOPTED, Outcome.EXPLAINED])
                | ~Q(explanation=""),
                name="disposition_explained",
                violation_error_message="未采纳、部分采纳和解释说明须写明理由。",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="disposition_second_person",
                violation_error_message="拟办人不能审签自己拟办的采纳情况。",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="disposition_approval_whole",
            ),
            models.CheckConstraint(
                condition=Q(status=DispositionStatus.SUPERSEDED)
                | Q(status=DispositionStatus.PROPOSED, approved_at__isnull=True)
                | Q(
                    status__in=[DispositionStatus.APPROVED, DispositionStatus.PUBLISHED],
                    approved_at__isnull=False,
                ),
                name="disposition_approved_at_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(status=DispositionStatus.SUPERSEDED)
                | Q(status=DispositionStatus.PUBLISHED, published_at__isnull=False)
                | (~Q(status=DispositionStatus.PUBLISHED) & Q(published_at__isnull=True)),
                name="disposition_published_at_when_published",
            ),
            models.CheckConstraint(
                condition=Q(status=DispositionStatus.SUPERSEDED, superseded_at__isnull=False)
                | (~Q(status=DispositionStatus.SUPERSEDED) & Q(superseded_at__isnull=True)),
                name="disposition_superseded_at_when_superseded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comment} {self.get_outcome_display()}"
