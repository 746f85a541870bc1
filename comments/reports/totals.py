"""The totals of a paper: counted in the database, and proved to add up before anything is printed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from comments.models import Channel, CommentStatus, DispositionStatus, Outcome, Submission
from comments.models.comment import CommentQuerySet
from comments.reports.answers import (
    NO_ANSWER_DUE,
    UNANSWERED,
    outcome_label,
    stage_label,
    with_answer_columns,
)


class TotalsMismatch(Exception):
    """Figures of one paper contradict each other: a fault in the portal, so no paper is made."""


@dataclass(frozen=True)
class Tally:
    label: str
    comments: int


@dataclass(frozen=True)
class ChannelTally:
    label: str
    submissions: int
    comments: int


@dataclass(frozen=True)
class Totals:
    """``submissions`` are those with at least one of the comments. Every tuple lists all its labels, also at 0."""

    submissions: int
    late_submissions: int
    comments: int
    late_comments: int
    by_channel: tuple[ChannelTally, ...]
    by_status: tuple[Tally, ...]
    by_outcome: tuple[Tally, ...]
    by_stage: tuple[Tally, ...]

    def reconcile(self) -> "Totals":
        """Itself. Raises TotalsMismatch where a breakdown does not add up to its total."""
        sums = {
            "submissions by channel": (self.submissions, sum(line.submissions for line in self.by_channel)),
            "comments by channel": (self.comments, sum(line.comments for line in self.by_channel)),
            "comments by status": (self.comments, _sum(self.by_status)),
            "comments by outcome": (self.comments, _sum(self.by_outcome)),
            "comments by stage": (self.comments, _sum(self.by_stage)),
            "withdrawn": (self.of_status(CommentStatus.WITHDRAWN), self.of_outcome(NO_ANSWER_DUE)),
        }
        wrong = {name: pair for name, pair in sums.items() if pair[0] != pair[1]}
        if wrong or self.late_comments > self.comments or self.submissions > self.comments:
            raise TotalsMismatch(f"{wrong or self}")
        return self

    def of_status(self, status: CommentStatus) -> int:
        return next(tally.comments for tally in self.by_status if tally.label == status.label)

    def of_outcome(self, label: str) -> int:
        return next(tally.comments for tally in self.by_outcome if tally.label == label)

    @property
    def answered(self) -> int:
        """Comments with an outcome, published or in work."""
        return self.comments - self.of_outcome(UNANSWERED) - self.of_outcome(NO_ANSWER_DUE)


OUTCOME_LABELS = (*Outcome.labels, UNANSWERED, NO_ANSWER_DUE)
STAGE_LABELS = (
    *(status.label for status in DispositionStatus if status != DispositionStatus.SUPERSEDED),
    UNANSWERED,
    NO_ANSWER_DUE,
)


def count(comments: CommentQuerySet) -> Totals:
    """The totals of ``comments`` (unordered, without a limit); three queries. Raises TotalsMismatch."""
    comments = comments.order_by()
    kinds = list(
        with_answer_columns(comments)
        .values_list("submission__channel", "submission__late", "status", "answer_outcome", "answer_stage")
        .annotate(count=Count("pk"))
    )
    submissions = list(
        Submission.objects.filter(pk__in=comments.values("submission"))
        .order_by()
        .values_list("channel", "late")
        .annotate(count=Count("pk"))
    )
    whole = comments.aggregate(comments=Count("pk"), submissions=Count("submission", distinct=True))
    comments_by_channel = _counter((channel, number) for channel, *_, number in kinds)
    submissions_by_channel = _counter((channel, number) for channel, _, number in submissions)
    return Totals(
        **whole,
        late_submissions=sum(number for _, late, number in submissions if late),
        late_comments=sum(number for _, late, _, _, _, number in kinds if late),
        by_channel=tuple(
            ChannelTally(label, submissions_by_channel[value], comments_by_channel[value])
            for value, label in Channel.choices
        ),
        by_status=_tallies(
            CommentStatus.labels, ((CommentStatus(status).label, n) for _, _, status, _, _, n in kinds)
        ),
        by_outcome=_tallies(
            OUTCOME_LABELS, ((outcome_label(status, outcome), n) for _, _, status, outcome, _, n in kinds)
        ),
        by_stage=_tallies(
            STAGE_LABELS, ((stage_label(status, stage), n) for _, _, status, _, stage, n in kinds)
        ),
    ).reconcile()


def _counter(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counter: Counter[str] = Counter()
    for key, number in pairs:
        counter[key] += number
    return counter


def _tallies(labels: Iterable[str], pairs: Iterable[tuple[str, int]]) -> tuple[Tally, ...]:
    counted = _counter(pairs)
    return tuple(Tally(label, counted[label]) for label in labels)


def _sum(tallies: tuple[Tally, ...]) -> int:
    return sum(tally.comments for tally in tallies)


def tally_words(tallies: tuple[Tally, ...]) -> str:
    """``已公开3条，待审核2条``: those that are not 0."""
    return "，".join(f"{tally.label}{tally.comments}条" for tally in tallies if tally.comments)


def figures(totals: Totals) -> list[str]:
    """The totals in sentences, for the head or the foot of a paper."""
    if not totals.comments:
        return ["未收到此范围内的意见。"]
    late = f"（其中逾期{totals.late_comments}条）" if totals.late_comments else ""
    return [
        f"来件{totals.submissions}件，意见{totals.comments}条{late}。",
        f"审核情况：{tally_words(totals.by_status)}。",
        f"采纳情况：{tally_words(totals.by_outcome)}。",
        f"办理阶段：{tally_words(totals.by_stage)}。",
    ]
