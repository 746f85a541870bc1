"""Changing what may be changed of a consultation while it runs."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from comments.models import EventKind
from comments.services.events import record_consultation
from comments.services.moderating import touch_public_revision
from plan.models import Consultation

# Neither the plan nor the dates: those are announced in a notice and not set at a desk.
CHANGEABLE = (
    "kind",
    "shortened_reason",
    "contact_email",
    "contact_phone",
    "contact_person",
    "contacts_confirmed",
)


@transaction.atomic
def change_settings(
    consultation: Consultation, *, values: Mapping[str, object], actor: User, reason: str = ""
) -> list[str]:
    """Set ``values``; the names of the fields that changed. In order: lock, save, event, new public revision.

    Values that are there already change nothing and leave no event. Raises ValidationError for values that the
    model refuses and ValueError for a field that is not ``CHANGEABLE``.
    """
    if not set(values) <= set(CHANGEABLE):
        raise ValueError(f"not changeable: {set(values) - set(CHANGEABLE)}")
    consultation = Consultation.objects.select_for_update(of=("self",)).get(pk=consultation.pk)
    before = {name: getattr(consultation, name) for name in values}
    changed = [name for name in values if values[name] != before[name]]
    if not changed:
        return []
    for name in changed:
        setattr(consultation, name, values[name])
    consultation.full_clean()
    consultation.save(update_fields=changed)
    record_consultation(
        consultation,
        EventKind.CHANGED,
        actor=actor,
        before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
        reason=reason,
    )
    touch_public_revision(consultation.pk)
    return changed
