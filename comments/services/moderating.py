"""Review before publication (先审后发)."""

import datetime as dt

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from comments.models import Comment, CommentStatus, EventKind, WithholdReason
from comments.models.comment import TRANSITIONS
from comments.services.errors import Conflict
from comments.services.events import record
from hongya_portal import clock
from plan.models import Consultation

_CLEARED = {
    "published_body": "",
    "published_suggested_text": "",
    "redaction_reason": "",
    "withhold_reason": "",
    "published_at": None,
    "withheld_at": None,
}


def touch_public_revision(consultation_id: int) -> None:
    """The public pages of the consultation changed: their ETags must too."""
    Consultation.objects.filter(pk=consultation_id).update(public_revision=F("public_revision") + 1)


def _change(comment: Comment, to: CommentStatus, **values: object) -> CommentStatus:
    """Move ``comment`` to ``to`` by compare-and-set on the status the caller saw; returns the old status."""
    old = CommentStatus(comment.status)
    if to not in TRANSITIONS[old]:
        raise Conflict(f"意见 {comment} 现为“{old.label}”，不能改为“{to.label}”。")
    if Comment.objects.filter(pk=comment.pk, status=old).update(status=to, **{**_CLEARED, **values}) != 1:
        current = Comment.objects.get(pk=comment.pk)
        raise Conflict(f"意见 {comment} 已被他人改为“{current.get_status_display()}”，请刷新后再办理。")
    comment.refresh_from_db()
    return old


def _published_texts(
    comment: Comment, body: str | None, suggested_text: str | None, reason: str
) -> dict[str, str]:
    body = comment.body if body is None else body.strip()
    suggested_text = comment.suggested_text if suggested_text is None else suggested_text.strip()
    changed = (body, suggested_text) != (comment.body, comment.suggested_text)
    if not body:
        raise ValidationError({"published_body": "公开文本不能为空；整条不宜公开的请选择“不予公开”。"})
    if changed and not reason:
        raise ValidationError({"redaction_reason": "公开文本与原文不同，请填写隐去说明。"})
    return {
        "published_body": body,
        "published_suggested_text": suggested_text,
        "redaction_reason": reason if changed else "",
    }


@transaction.atomic
def publish(
    comment: Comment,
    *,
    actor: User,
    published_body: str | None = None,
    published_suggested_text: str | None = None,
    redaction_reason: str = "",
    at: dt.datetime | None = None,
) -> None:
    """Make ``comment`` public, as written or redacted with a reason. Then: event, new public revision.

    Raises ValidationError for a redaction without a reason and Conflict when the status has moved on.
    """
    at = at or clock.now()
    texts = _published_texts(comment, published_body, published_suggested_text, redaction_reason.strip())
    old = _change(comment, CommentStatus.PUBLISHED, published_at=at, **texts)
    record(
        comment,
        EventKind.PUBLISHED,
        actor=actor,
        before={"status": old},
        after={"status": comment.status, "redacted": comment.is_redacted},
        reason=comment.redaction_reason,
        at=at,
    )
    touch_public_revision(comment.submission.consultation_id)


@transaction.atomic
def withhold(
    comment: Comment,
    *,
    actor: User,
    reason: WithholdReason,
    note: str = "",
    at: dt.datetime | None = None,
) -> None:
    """Keep ``comment`` from the public for a listed reason; it stays in the record. Then: event, new revision.

    Raises ValidationError for a reason that is not listed and Conflict when the status has moved on.
    """
    if reason not in WithholdReason.values:
        raise ValidationError({"reason": "请从清单中选择不予公开的理由。"})
    at = at or clock.now()
    old = _change(comment, CommentStatus.WITHHELD, withheld_at=at, withhold_reason=reason)
    record(
        comment,
        EventKind.WITHHELD,
        actor=actor,
        before={"status": old},
        after={"status": comment.status, "withhold_reason": reason},
        reason=note.strip(),
        at=at,
    )
    touch_public_revision(comment.submission.consultation_id)
