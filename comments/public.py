"""What the public sees of opinions: pure reads into values that hold no sealed text and no personal data."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Prefetch
from django.utils import timezone

from comments.models import Comment, CommentStatus, Disposition, WithholdReason
from comments.models.comment import CommentQuerySet
from plan.models import Chapter, Consultation, Measure

PAGE_LENGTH = 20
_LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class PublishedAnswer:
    """``outcome`` is the enum's value, for the shape of the chip; ``outcome_label`` its word."""

    outcome: str
    outcome_label: str
    explanation: str
    cited_change: str
    day: dt.date


@dataclass(frozen=True)
class PublishedOpinion:
    """``key`` orders the opinions and is no receipt number; ``day`` is the day of receipt."""

    key: int
    kind: str
    day: dt.date
    signature: str
    body: str
    suggested_text: str
    redaction_reason: str
    answer: PublishedAnswer | None


@dataclass(frozen=True)
class OpinionPage:
    """``older`` is the key to continue before, ``withheld`` (reason, how many) for those kept from the public."""

    opinions: list[PublishedOpinion]
    older: int | None
    is_first: bool
    published_count: int
    withheld: list[tuple[str, int]]

    @property
    def withheld_count(self) -> int:
        return sum(count for _, count in self.withheld)


@dataclass(frozen=True)
class OpinionTotals:
    opinions: int
    submissions: int


@dataclass(frozen=True)
class OpinionCounts:
    """Published opinions by the key of the measure or chapter that they were made on."""

    measures: dict[int, int]
    chapters: dict[int, int]


def comments_on(
    consultation: Consultation, *, measure: Measure | None = None, chapter: Chapter | None = None
) -> CommentQuerySet:
    """Those on the measure itself, on the chapter itself or, with neither, on the plan as a whole."""
    return Comment.objects.of(consultation).filter(measure=measure, chapter=chapter)


def parse_key(typed: str) -> int | None:
    """The key in an address, or None (the first page) for anything that cannot be one."""
    if not typed.isascii() or not typed.isdigit() or len(typed) > 19:
        return None
    key = int(typed)
    return key if 0 < key <= _LARGEST_KEY else None


def _answer(disposition: Disposition) -> PublishedAnswer:
    return PublishedAnswer(
        outcome=disposition.outcome,
        outcome_label=disposition.get_outcome_display(),
        explanation=disposition.explanation,
        cited_change=disposition.cited_change,
        day=timezone.localdate(disposition.published_at),
    )


def _opinion(comment: Comment) -> PublishedOpinion:
    return PublishedOpinion(
        key=comment.pk,
        kind=comment.get_kind_display(),
        day=timezone.localdate(comment.submission.received_at),
        signature=comment.submission.public_signature,
        body=comment.published_body,
        suggested_text=comment.published_suggested_text,
        redaction_reason=comment.redaction_reason,
        answer=next(map(_answer, comment.dispositions.all()), None),
    )


def _counts(comments: CommentQuerySet) -> tuple[int, list[tuple[str, int]]]:
    """How many are public, and per reason how many are withheld; one query."""
    rows = (
        comments.filter(status__in=[CommentStatus.PUBLISHED, CommentStatus.WITHHELD])
        .order_by()
        .values_list("withhold_reason")
        .annotate(count=Count("pk"))
    )
    by_reason = dict(rows)
    withheld = [(reason.label, by_reason[reason]) for reason in WithholdReason if reason in by_reason]
    return by_reason.get("", 0), withheld


def opinion_page(
    consultation: Consultation,
    *,
    measure: Measure | None = None,
    chapter: Chapter | None = None,
    before: int | None = None,
) -> OpinionPage:
    """Up to ``PAGE_LENGTH`` published opinions, the newest first, with their published answers; three queries."""
    comments = comments_on(consultation, measure=measure, chapter=chapter)
    published = comments.published().select_related("submission__submitter").order_by("-pk")
    if before:
        published = published.filter(pk__lt=before)
    answers = Prefetch("dispositions", Disposition.objects.published())
    rows = list(published.prefetch_related(answers)[: PAGE_LENGTH + 1])
    published_count, withheld = _counts(comments)
    return OpinionPage(
        opinions=[_opinion(comment) for comment in rows[:PAGE_LENGTH]],
        older=rows[PAGE_LENGTH - 1].pk if len(rows) > PAGE_LENGTH else None,
        is_first=before is None,
        published_count=published_count,
        withheld=withheld,
    )


def opinion_totals(consultation: Consultation) -> OpinionTotals:
    """Published opinions and the submissions that they came in; one query."""
    totals = (
        Comment.objects.of(consultation)
        .published()
        .aggregate(opinions=Count("pk"), submissions=Count("submission", distinct=True))
    )
    return OpinionTotals(**totals)


def opinion_counts(consultation: Consultation) -> OpinionCounts:
    """Published opinions per measure and per chapter, those without any left out; one query."""
    rows = (
        Comment.objects.of(consultation)
        .published()
        .order_by()
        .values_list("measure", "chapter")
        .annotate(count=Count("pk"))
    )
    return OpinionCounts(
        measures={measure: count for measure, _, count in rows if measure},
        chapters={chapter: count for _, chapter, count in rows if chapter},
    )
