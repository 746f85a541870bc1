import datetime as dt

from django.contrib.auth.models import User

from comments.models import Comment, CommentEvent, ConsultationEvent, EventKind
from hongya_portal import clock
from plan.models import Consultation


def record(
    comment: Comment,
    kind: EventKind,
    *,
    actor: User | None = None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
    at: dt.datetime | None = None,
) -> CommentEvent:
    """Append an event to ``comment``; ``actor`` is None for the public and for the machine."""
    return CommentEvent.objects.create(
        comment=comment,
        kind=kind,
        actor=actor,
        before=before or {},
        after=after or {},
        reason=reason,
        at=at or clock.now(),
    )


def record_consultation(
    consultation: Consultation,
    kind: EventKind,
    *,
    actor: User | None = None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
) -> ConsultationEvent:
    """Append an event to ``consultation``."""
    return ConsultationEvent.objects.create(
        consultation=consultation,
        kind=kind,
        actor=actor,
        before=before or {},
        after=after or {},
        reason=reason,
        at=clock.now(),
    )
