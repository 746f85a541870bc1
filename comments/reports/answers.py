"""Which disposition a paper shows for a comment: the published one, else the one in work."""

from dataclasses import dataclass

from django.db.models import Case, OuterRef, Prefetch, QuerySet, Subquery, When

from comments.models import Comment, CommentStatus, Disposition, DispositionStatus, Outcome
from comments.models.comment import CommentQuerySet

UNANSWERED = "尚未答复"
NO_ANSWER_DUE = "撤回不再答复"


def _shown() -> QuerySet:
    """At most one published and one in work stand beside each other (database constraints)."""
    published_first = Case(When(status=DispositionStatus.PUBLISHED, then=0), default=1)
    return Disposition.objects.exclude(status=DispositionStatus.SUPERSEDED).order_by(published_first, "-pk")


def with_answer_columns(comments: CommentQuerySet) -> CommentQuerySet:
    """Annotates ``answer_outcome`` and ``answer_stage`` (values of the enums, None without an answer)."""
    shown = _shown().filter(comment=OuterRef("pk"))
    return comments.annotate(
        answer_outcome=Subquery(shown.values("outcome")[:1]),
        answer_stage=Subquery(shown.values("status")[:1]),
    )


def answers_prefetch() -> Prefetch:
    """For ``Answer.of``: the dispositions of each comment, the one to show first."""
    return Prefetch("dispositions", _shown())


def outcome_label(status: str, outcome: str | None) -> str:
    if status == CommentStatus.WITHDRAWN:
        return NO_ANSWER_DUE
    return Outcome(outcome).label if outcome else UNANSWERED


def stage_label(status: str, stage: str | None) -> str:
    if status == CommentStatus.WITHDRAWN:
        return NO_ANSWER_DUE
    return DispositionStatus(stage).label if stage else UNANSWERED


@dataclass(frozen=True)
class Answer:
    outcome: str
    stage: str
    explanation: str
    cited_change: str

    @classmethod
    def of(cls, comment: Comment) -> "Answer":
        """Of a comment read with ``answers_prefetch``."""
        shown = next(iter(comment.dispositions.all()), None)
        if shown is None or comment.status == CommentStatus.WITHDRAWN:
            return cls(outcome_label(comment.status, None), stage_label(comment.status, None), "", "")
        return cls(
            outcome_label(comment.status, shown.outcome),
            stage_label(comment.status, shown.status),
            shown.explanation,
            shown.cited_change,
        )

    @property
    def words(self) -> str:
        """``采纳``; ``采纳（拟办）`` while it is not published."""
        if self.stage in (self.outcome, DispositionStatus.PUBLISHED.label):
            return self.outcome
        return f"{self.outcome}（{self.stage}）"

    @property
    def reason(self) -> str:
        """The explanation and, on a line of its own, the text that was changed."""
        change = f"修改情况：{self.cited_change}" if self.cited_change else ""
        return "\n".join(part for part in (self.explanation, change) if part)
