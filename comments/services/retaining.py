"""How long personal data is kept: contact data goes, the opinion stays."""

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import transaction

from comments.models import EventKind, Submitter
from comments.services.events import record_consultation
from comments.services.moderating import touch_public_revision
from hongya_portal import clock
from plan.models import Consultation


def purge_contact_data(*, dry_run: bool = False) -> int:
    """Clear names and contact data ``CONTACT_RETENTION_MONTHS`` after the results; how many people's.

    Each consultation is one transaction with one event, which holds the number and no data. A second run finds
    nothing.
    """
    until = clock.now() - relativedelta(months=settings.CONTACT_RETENTION_MONTHS)
    due = Consultation.objects.filter(results_published_at__lte=until)
    return sum(_purge(consultation, dry_run=dry_run) for consultation in due)


@transaction.atomic
def _purge(consultation: Consultation, *, dry_run: bool) -> int:
    held = Submitter.objects.filter(submission__consultation=consultation, purged_at__isnull=True)
    if dry_run:
        return held.count()
    count = held.update(name="", phone="", email="", publish_name=False, purged_at=clock.now())
    if count:
        record_consultation(consultation, EventKind.PERSONAL_DATA_PURGED, after={"submitters": count})
        # Full names that stood on public pages by consent are gone from them too.
        touch_public_revision(consultation.pk)
    return count
