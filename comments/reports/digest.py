"""简报: what came in during a period, chapter by chapter and measure by measure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count
from django.utils import timezone

from comments.models import Comment
from comments.models.comment import CommentQuerySet
from comments.reports.answers import Answer, answers_prefetch
from comments.reports.parameters import Period
from comments.reports.quoting import quote
from comments.reports.totals import Totals, TotalsMismatch, count
from hongya_portal import clock
from plan.models import Chapter, Consultation, Measure, NoticeKind

# Above this a digest tells how many came in on what, and no texts: those are the feedback report's matter.
MOST_ITEMS = 10_000
WHOLE_PLAN = "方案整体"
_CHUNK = 1000


@dataclass(frozen=True)
class DigestItem:
    """One opinion. Moments are local; the texts are the sealed originals with contact data masked."""

    receipt: str
    signature: str
    channel: str
    kind: str
    received_at: dt.datetime
    entered_at: dt.datetime
    late: bool
    body: str
    suggested_text: str
    status: str
    answer: Answer


@dataclass(frozen=True)
class TargetGroup:
    """Opinions on one measure, or (``heading`` empty) on the chapter or the plan itself; ``items`` may be left out."""

    heading: str
    count: int
    items: tuple[DigestItem, ...]


@dataclass(frozen=True)
class ChapterGroup:
    heading: str
    groups: tuple[TargetGroup, ...]


@dataclass(frozen=True)
class Digest:
    """``chapters`` are the opinions received in the period; ``earlier`` those received before it and entered in
    it, which no digest made at that time could hold. ``totals`` counts the former only. ``closed_on`` is the last
    day on which opinions are taken.
    """

    title: str
    issuer: str
    plan_title: str
    closed_on: dt.date
    period: Period
    moment: dt.datetime
    totals: Totals
    chapters: tuple[ChapterGroup, ...]
    earlier: tuple[ChapterGroup, ...]
    earlier_count: int
    itemised: bool


@dataclass(frozen=True)
class _Place:
    order: tuple[int, int]
    chapter: str
    measure: str


def build_digest(consultation: Consultation, period: Period) -> Digest:
    """Read the digest of ``period`` as of now; to be called within a snapshot. Raises TotalsMismatch."""
    start, end = period.bounds
    of_consultation = Comment.objects.of(consultation)
    received = of_consultation.filter(submission__received_at__gte=start, submission__received_at__lt=end)
    earlier = of_consultation.filter(
        submission__received_at__lt=start, submission__entered_at__gte=start, submission__entered_at__lt=end
    )
    totals = count(received)
    earlier_count = earlier.count()
    itemised = totals.comments + earlier_count <= MOST_ITEMS
    chapters = _chapters(received, itemised=itemised)
    if sum(group.count for chapter in chapters for group in chapter.groups) != totals.comments:
        raise TotalsMismatch(f"{consultation.pk}: the groups of a digest do not hold what was counted")
    plan_title = consultation.plan.quoted_title
    return Digest(
        title=f"关于{plan_title}公开征求意见情况的简报",
        issuer=_issuer(consultation),
        plan_title=plan_title,
        closed_on=consultation.last_day,
        period=period,
        moment=timezone.localtime(clock.now()),
        totals=totals,
        chapters=chapters,
        earlier=_chapters(earlier, itemised=itemised),
        earlier_count=earlier_count,
        itemised=itemised,
    )


def _issuer(consultation: Consultation) -> str:
    """Who signed the notice; empty where there is none, and nothing is made up for it."""
    notice = consultation.notices.filter(kind=NoticeKind.CALL).first()
    return notice.issuer if notice else ""


def _chapters(comments: CommentQuerySet, *, itemised: bool) -> tuple[ChapterGroup, ...]:
    entries = _entries(comments) if itemised else _counts(comments)
    return tuple(
        ChapterGroup(chapter, tuple(_groups(of_chapter)))
        for chapter, of_chapter in groupby(entries, key=lambda entry: entry[0])
    )


def _groups(entries: Iterable[tuple[str, str, int, DigestItem | None]]) -> Iterator[TargetGroup]:
    for target, of_target in groupby(entries, key=lambda entry: entry[1]):
        members = list(of_target)
        items = tuple(item for *_, item in members if item)
        yield TargetGroup(target, sum(number for _, _, number, _ in members), items)


def _entries(comments: CommentQuerySet) -> Iterator[tuple[str, str, int, DigestItem]]:
    """Chapter heading, measure heading or empty, 1, the item: in plan order."""
    rows = (
        comments.select_related("submission", "measure__chapter", "chapter")
        .prefetch_related(answers_prefetch())
        .in_plan_order()
    )
    for comment in rows.iterator(chunk_size=_CHUNK):
        place = _place(comment.measure, comment.chapter)
        yield place.chapter, place.measure, 1, _item(comment)


def _counts(comments: CommentQuerySet) -> Iterator[tuple[str, str, int, None]]:
    """The same without texts: counted in the database."""
    rows = list(comments.order_by().values_list("measure", "chapter").annotate(count=Count("pk")))
    measures = Measure.objects.select_related("chapter").in_bulk({measure for measure, *_ in rows if measure})
    chapters = Chapter.objects.in_bulk({chapter for _, chapter, _ in rows if chapter})
    placed = [
        (_place(measures.get(measure), chapters.get(chapter)), number) for measure, chapter, number in rows
    ]
    for place, number in sorted(placed, key=lambda pair: pair[0].order):
        yield place.chapter, place.measure, number, None


def _place(measure: Measure | None, chapter: Chapter | None) -> "_Place":
    if measure:
        return _Place((measure.chapter.number, measure.number), str(measure.chapter), str(measure))
    return _Place((chapter.number, 0), str(chapter), "") if chapter else _Place((0, 0), WHOLE_PLAN, "")


def _item(comment: Comment) -> DigestItem:
    submission = comment.submission
    quoted = quote(comment)
    return DigestItem(
        receipt=f"{submission.receipt_number}-{comment.position}",
        signature=submission.signature,
        channel=submission.get_channel_display(),
        kind=comment.get_kind_display(),
        received_at=timezone.localtime(submission.received_at),
        entered_at=timezone.localtime(submission.entered_at),
        late=submission.late,
        body=quoted.body,
        suggested_text=quoted.suggested_text,
        status=comment.get_status_display(),
        answer=Answer.of(comment),
    )
