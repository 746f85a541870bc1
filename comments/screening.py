"""Which submissions a person should look at with more care. No verdict here ever refuses an opinion."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from comments.models import HoldReason
from hongya_portal import throttling
from hongya_portal.form_tokens import FormToken

# Nobody reads, thinks and types ten characters in less.
_FASTEST_SECONDS = 3


def hold_reasons(request: HttpRequest, token: FormToken, honeypot: object) -> list[HoldReason]:
    """The reasons that apply. Counts one submission of the client's network, so call it once, and outside the
    transaction that stores the opinion: a fault of the counters must not undo it.
    """
    verdicts = {
        HoldReason.HONEYPOT: bool(honeypot),
        HoldReason.TOO_FAST: token.age_seconds < _FASTEST_SECONDS,
        HoldReason.CROSS_SITE: _is_cross_site(request),
    }
    return [reason for reason, applies in verdicts.items() if applies] + _rate_reasons(request)


def _rate_reasons(request: HttpRequest) -> list[HoldReason]:
    network = throttling.client_network(request)
    try:
        exceeded = throttling.hit(throttling.SUBMISSIONS_PER_NETWORK, network)
    except DatabaseError:
        return [HoldReason.LIMITER_DOWN]
    return [HoldReason.RATE] if exceeded else []


def _is_cross_site(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    try:
        return urlsplit(origin).netloc.lower() != request.get_host().lower()
    except ValueError:
        return True
