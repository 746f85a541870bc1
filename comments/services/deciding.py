"""Study and answer: propose, approve by another person, publish."""

import datetime as dt
from types import EllipsisType

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from comments.models import Comment, CommentStatus, Disposition, DispositionStatus, EventKind, Outcome
from comments.models.disposition import DISPOSITION_TRANSITIONS
from comments.services.errors import Conflict
from comments.services.events import record, record_consultation
from comments.services.moderating import touch_public_revision
from hongya_portal import clock
from plan.models import Consultation


def _change(disposition: Disposition, to: DispositionStatus, **values: object) -> None:
    old = DispositionStatus(disposition.status)
    if to not in DISPOSITION_TRANSITIONS[old]:
        raise Conflict(f"该采纳情况现为“{old.label}”，不能改为“{to.label}”。")
    if Disposition.objects.filter(pk=disposition.pk, status=old).update(status=to, **values) != 1:
        raise Conflict("该采纳情况已被他人办理，请刷新后再试。")
    disposition.refresh_from_db()


def _standing(comment_id: int) -> Comment:
    """The comment, locked. Raises Conflict where its author has withdrawn it."""
    comments = Comment.objects.select_for_update(of=("self",)).select_related("submission")
    comment = comments.get(pk=comment_id)
    if comment.status == CommentStatus.WITHDRAWN:
        raise Conflict("意见已由提交人撤回，不再办理。")
    return comment


def _summary(disposition: Disposition) -> dict[str, str]:
    return {"outcome": disposition.outcome, "status": disposition.status}


@transaction.atomic
def propose(
    comment: Comment,
    *,
    outcome: Outcome,
    explanation: str,
    actor: User,
    cited_change: str = "",
    seen_in_work: int | EllipsisType | None = ...,
) -> Disposition:
    """Record an outcome. In order: lock the comment; supersede the one in work; save the new one; event.

    One that was published stays public until the new one is published in its place.
    ``seen_in_work`` is the key of the one in work that the caller saw (None: saw none; left out: any will do).
    Raises ValidationError (no explanation where one is due) and Conflict (withdrawn, or another was proposed).
    """
    comment = _standing(comment.pk)
    in_work = comment.dispositions.in_work().first()
    if seen_in_work is not ... and seen_in_work != (in_work.pk if in_work else None):
        raise Conflict("在办的采纳情况已被他人更新，请核对后再提交。")
    if in_work:
        _change(in_work, DispositionStatus.SUPERSEDED, superseded_at=clock.now())
    disposition = Disposition(
        comment=comment,
        outcome=outcome,
        explanation=explanation.strip(),
        cited_change=cited_change.strip(),
        proposed_by=actor,
        proposed_at=clock.now(),
    )
    disposition.full_clean()
    disposition.save()
    record(
        comment,
        EventKind.DISPOSITION_PROPOSED,
        actor=actor,
        before=_summary(in_work) if in_work else {},
        after=_summary(disposition),
    )
    return disposition


@transaction.atomic
def approve(disposition: Disposition, *, actor: User) -> None:
    """Second pair of eyes.

    Raises ValidationError for the proposer's own and Conflict when it moved on or the comment was withdrawn.
    """
    if disposition.proposed_by_id == actor.pk:
        raise ValidationError("拟办人不能审签自己拟办的采纳情况。")
    _standing(disposition.comment_id)
    before = _summary(disposition)
    _change(disposition, DispositionStatus.APPROVED, approved_by=actor, approved_at=clock.now())
    record(
        disposition.comment,
        EventKind.DISPOSITION_APPROVED,
        actor=actor,
        before=before,
        after=_summary(disposition),
    )


@transaction.atomic
def publish_disposition(disposition: Disposition, *, actor: User) -> None:
    """Show an approved outcome to the public, in place of an earlier one.

    Raises Conflict when it is not approved or the comment was withdrawn.
    """
    _standing(disposition.comment_id)
    _publish(disposition, actor, clock.now())


def _publish(disposition: Disposition, actor: User, at: dt.datetime) -> None:
    before = _summary(disposition)
    for earlier in disposition.comment.dispositions.published():
        _change(earlier, DispositionStatus.SUPERSEDED, superseded_at=at)
    _change(disposition, DispositionStatus.PUBLISHED, published_at=at)
    record(
        disposition.comment,
        EventKind.DISPOSITION_PUBLISHED,
        actor=actor,
        before=before,
        after=_summary(disposition),
    )
    touch_public_revision(disposition.comment.submission.consultation_id)


@transaction.atomic
def publish_results(consultation: Consultation, *, actor: User) -> int:
    """Publish every approved outcome and set the day of the results; how many were published.

    Raises ValidationError while the window is open and Conflict when the results are out already.
    """
    consultation = Consultation.objects.select_for_update(of=("self",)).get(pk=consultation.pk)
    at = clock.now()
    if at < consultation.closes_at:
        raise ValidationError("征集结束以后才能公布结果。")
    if consultation.results_published_at:
        raise Conflict("结果已经公布。")
    # Without their comments' locks: whoever holds one may be waiting for the consultation.
    approved = (
        Disposition.objects.filter(
            comment__submission__consultation=consultation, status=DispositionStatus.APPROVED
        )
        .exclude(comment__status=CommentStatus.WITHDRAWN)
        .select_related("comment__submission")
    )
    count = 0
    for disposition in approved.iterator(chunk_size=500):
        _publish(disposition, actor, at)
        count += 1
    consultation.results_published_at = at
    consultation.save(update_fields=["results_published_at"])
    record_consultation(
        consultation, EventKind.RESULTS_PUBLISHED, actor=actor, after={"dispositions": count, "at": at}
    )
    touch_public_revision(consultation.pk)
    return count
