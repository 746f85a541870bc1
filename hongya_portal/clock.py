"""The one clock of the consultation's facts: received, open, due, published.

In production it is the real time. A demonstration may start elsewhere: ``PORTAL_CLOCK`` is the moment shown at
the real moment ``PORTAL_CLOCK_ANCHOR`` (seconds since the epoch, set once by ``manage.py serve`` so that every
process agrees), and it ticks on from there. Leases, sessions, throttles and signed tokens run on real time and
do not come here.
"""

import datetime as dt
import time
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

ZONE = ZoneInfo("Asia/Shanghai")
_process_start = time.time()


@lru_cache(maxsize=4)
def _offset(start: str, anchor: float) -> dt.timedelta:
    """How far the shown time is from the real one."""
    try:
        moment = dt.datetime.fromisoformat(start)
    except ValueError as error:
        raise ImproperlyConfigured(f"PORTAL_CLOCK is not an ISO 8601 moment: {start!r}") from error
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return moment - dt.datetime.fromtimestamp(anchor or _process_start, tz=dt.UTC)


def now() -> dt.datetime:
    """The moment that counts for the consultation, aware, in UTC."""
    real = timezone.now()
    if not settings.CLOCK_START:
        return real
    return (real + _offset(settings.CLOCK_START, settings.CLOCK_ANCHOR)).astimezone(dt.UTC)


def today() -> dt.date:
    """The calendar day of ``now()`` in Asia/Shanghai."""
    return timezone.localdate(now())


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The half-open interval of a calendar day in Asia/Shanghai."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return start, timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))
