"""The page on which one comment is judged: what it says, what it is about, who did what, and the forms."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from comments.admin.filters import MODERATE
from comments.admin.forms import ActForm, ProposeForm, PublishForm, WithholdForm
from comments.admin.history import history_lines
from comments.models import Comment, CommentStatus, Disposition, DispositionStatus, Submission
from comments.models.comment import TRANSITIONS

# Characters that turn the order of the text around or hide in it: an officer must know that they are there.
_INVISIBLE = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def invisible_characters(text: str) -> list[str]:
    """The invisible and direction-changing characters in ``text``, as ``U+202E``, each once."""
    return [f"U+{ord(char):04X}" for char in sorted(_INVISIBLE & set(text))]


def current_text(comment: Comment) -> str:
    """The target as it reads now; empty for the whole plan."""
    if comment.measure:
        return comment.measure.text
    return (
        "\n".join(filter(None, [str(comment.chapter), comment.chapter.introduction]))
        if comment.chapter
        else ""
    )


def signature_facts(submission: Submission, statuses: Iterable[str], user: User) -> dict[str, Any]:
    """The name as the public sees or will see it; before that the full one is for those who decide on it."""
    full_name = submission.public_signature != submission.signature
    shown = CommentStatus.PUBLISHED in statuses or user.has_perm(MODERATE)
    return {
        "signature": submission.public_signature if shown else submission.signature,
        "full_name_shown": full_name and shown,
    }


def facts(comment: Comment) -> dict[str, Any]:
    """What stands on the page whoever looks at it; five queries."""
    submission = comment.submission
    dispositions = comment.dispositions.select_related("proposed_by", "approved_by").order_by("-pk")
    now_reads = current_text(comment)
    return {
        "comment": comment,
        "submission": submission,
        "current_text": now_reads,
        "text_changed": bool(comment.measure and comment.quoted_text != now_reads),
        "invisible": invisible_characters(comment.body + comment.suggested_text),
        "siblings": submission.comments.select_related("measure", "chapter").exclude(pk=comment.pk),
        "dispositions": list(dispositions),
        "history": history_lines(comment.events.select_related("actor")),
        "unit_labels": _unit_labels(comment),
    }


def _unit_labels(comment: Comment) -> list[str]:
    if not comment.measure:
        return []
    return [row.unit.label for row in comment.measure.responsibilities.select_related("unit")]


def in_work(dispositions: list[Disposition]) -> Disposition | None:
    working = (DispositionStatus.PROPOSED, DispositionStatus.APPROVED)
    return next((row for row in dispositions if row.status in working), None)


def offered_forms(comment: Comment, working: Disposition | None, user: User) -> dict[str, ActForm]:
    """An empty form for each thing this person may do with the comment as it is now."""
    forms: dict[str, ActForm] = {}
    if user.has_perm(MODERATE):
        reachable = TRANSITIONS[CommentStatus(comment.status)]
        if CommentStatus.PUBLISHED in reachable:
            forms["publish"] = PublishForm(comment=comment)
        if CommentStatus.WITHHELD in reachable:
            forms["withhold"] = WithholdForm(comment=comment)
    if user.has_perm("comments.propose_disposition") and comment.status != CommentStatus.WITHDRAWN:
        forms["propose"] = ProposeForm(in_work=working)
    return forms


def offered_buttons(working: Disposition | None, user: User) -> dict[str, bool]:
    """Buttons without a form. One's own proposal shows no button for approval."""
    status = working.status if working else None
    own = bool(working and working.proposed_by_id == user.pk)
    return {
        "approve": status == DispositionStatus.PROPOSED
        and not own
        and user.has_perm("comments.approve_disposition"),
        "own_proposal": own and user.has_perm("comments.approve_disposition"),
        "publish_disposition": status == DispositionStatus.APPROVED
        and user.has_perm("comments.publish_disposition"),
        "reveal": user.has_perm("comments.view_submitter"),
    }


def next_pending(queue: QuerySet, after: Comment) -> Comment | None:
    """The pending comment that follows in ``queue`` by key, else the first one left."""
    pending = queue.filter(status=CommentStatus.PENDING).order_by("pk")
    return pending.filter(pk__gt=after.pk).first() or pending.first()
