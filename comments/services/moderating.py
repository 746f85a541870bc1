"""Review before publication (先审后发)."""

import datetime as dt
import hashlib

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from comments.models import Comment, CommentStatus, EventKind, Submitter, WithholdReason
from comments.models.comment import TRANSITIONS
from comments.services.errors import Conflict
from comments.services.events import record
from hongya_portal import clock
from plan.models import Consultation

LONGEST_REDACTION_REASON = 200
LONGEST_NOTE = 500
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
    """Move ``comment`` to ``to`` by compare-and-set on what the caller saw; returns the old status.

    What was seen is the status and, as a public text may be corrected, that text.
    """
    old = CommentStatus(comment.status)
    if to not in TRANSITIONS[old]:
        raise Conflict(f"意见 {comment} 现为“{old.label}”，不能改为“{to.label}”。")
    seen = Comment.objects.filter(pk=comment.pk, status=old, **_public_text(comment))
    if seen.update(status=to, **{**_CLEARED, **values}) != 1:
        raise _overtaken(comment, old)
    comment.refresh_from_db()
    return old


def _overtaken(comment: Comment, seen: CommentStatus) -> Conflict:
    current = Comment.objects.get(pk=comment.pk)
    if current.status == seen:
        return Conflict(f"意见 {comment} 的公开文本已被他人更正，请核对后再办理。")
    return Conflict(f"意见 {comment} 已被他人改为“{current.get_status_display()}”，请刷新后再办理。")


def _public_text(comment: Comment) -> dict[str, str]:
    return {
        "published_body": comment.published_body,
        "published_suggested_text": comment.published_suggested_text,
        "redaction_reason": comment.redaction_reason,
    }


def public_text_sha256(comment: Comment) -> str:
    """Tells one public text of ``comment`` from another without repeating it."""
    return hashlib.sha256("\0".join(_public_text(comment).values()).encode()).hexdigest()


def _public_facts(comment: Comment) -> dict[str, object]:
    """For the events of a correction, which must not hold what was taken out of the public text."""
    return {
        "status": comment.status,
        "redacted": comment.is_redacted,
        "redaction_reason": comment.redaction_reason,
        "text_sha256": public_text_sha256(comment),
    }


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
    if len(reason) > LONGEST_REDACTION_REASON:
        raise ValidationError({"redaction_reason": f"隐去说明最多 {LONGEST_REDACTION_REASON} 个字。"})
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
    mask_name: bool = False,
    at: dt.datetime | None = None,
) -> None:
    """Make ``comment`` public, as written or redacted with a reason. In order: text; name; event; new revision.

    One that is public already gets the new text and keeps the moment it first came out.
    ``mask_name`` signs the whole submission with the masked name although its owner agreed to the full one.
    Raises ValidationError for a redaction without a reason or a correction that corrects nothing, and Conflict
    when the status or the public text is not what the caller saw.
    """
    at = at or clock.now()
    texts = _published_texts(comment, published_body, published_suggested_text, redaction_reason.strip())
    correcting = comment.status == CommentStatus.PUBLISHED
    if correcting and texts == _public_text(comment) and not mask_name:
        raise ValidationError({"published_body": "公开文本没有改动。"})
    before = _public_facts(comment) if correcting else {"status": comment.status}
    first_at = comment.published_at if correcting else at
    _change(comment, CommentStatus.PUBLISHED, published_at=first_at, **texts)
    after = (
        _public_facts(comment) if correcting else {"status": comment.status, "redacted": comment.is_redacted}
    )
    if mask_name and _mask_name(comment):
        after["masked_name"] = True
    record(
        comment,
        EventKind.PUBLISHED,
        actor=actor,
        before=before,
        after=after,
        reason=comment.redaction_reason,
        at=at,
    )
    touch_public_revision(comment.submission.consultation_id)


def _mask_name(comment: Comment) -> bool:
    """Whether there was a full name to mask."""
    consenting = Submitter.objects.filter(submission=comment.submission_id, publish_name=True)
    return consenting.update(publish_name=False) > 0


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

    Raises ValidationError for a reason that is not listed and Conflict when it is not what the caller saw.
    """
    if reason not in WithholdReason.values:
        raise ValidationError({"reason": "请从清单中选择不予公开的理由。"})
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": f"内部备注最多 {LONGEST_NOTE} 个字。"})
    at = at or clock.now()
    old = _change(comment, CommentStatus.WITHHELD, withheld_at=at, withhold_reason=reason)
    record(
        comment,
        EventKind.WITHHELD,
        actor=actor,
        before={"status": old},
        after={"status": comment.status, "withhold_reason": reason},
        reason=note,
        at=at,
    )
    touch_public_revision(comment.submission.consultation_id)
