"""Counting hits per address, receipt or consultation, in a sliding window of real time.

A verdict never refuses a citizen's opinion: the caller holds it for a person to look at. Look-ups of receipts do
refuse. Counters live in the database, so they work on the embedded default and on several machines.
"""

import ipaddress
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest

from hongya_portal.crypto import keyed_hash
from hongya_portal.models import ThrottleCounter


@dataclass(frozen=True)
class Limit:
    """At most ``hits`` in ``seconds``."""

    name: str
    hits: int
    seconds: int


def client_network(request: HttpRequest) -> str:
    """The client's network: the IPv4 /32 or the IPv6 /64, from the peer or from our own proxies only."""
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    trusted = settings.TRUSTED_PROXIES
    peer = request.META.get("REMOTE_ADDR", "")
    candidate = forwarded[-trusted] if trusted and len(forwarded) >= trusted else peer
    try:
        address = ipaddress.ip_address(candidate)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _count(bucket: str, window: int) -> None:
    counters = ThrottleCounter.objects.filter(bucket=bucket, window=window)
    if counters.update(hits=F("hits") + 1):
        return
    try:
        with transaction.atomic():
            ThrottleCounter.objects.create(bucket=bucket, window=window, hits=1)
    except IntegrityError:
        counters.update(hits=F("hits") + 1)


def hit(limit: Limit, key: str) -> bool:
    """Count one hit of ``key`` and tell whether ``limit`` is now exceeded.

    The window slides: the previous window counts for the part of it that still overlaps the last ``seconds``.
    Raises DatabaseError when the store is down; what that means is the caller's choice.
    """
    bucket = f"{limit.name}:{keyed_hash(key, 'throttle')}"
    window, elapsed = divmod(time.time(), limit.seconds)
    window = int(window)
    _count(bucket, window)
    hits = dict(
        ThrottleCounter.objects.filter(bucket=bucket, window__in=[window - 1, window]).values_list(
            "window", "hits"
        )
    )
    overlap = 1 - elapsed / limit.seconds
    return hits.get(window, 0) + hits.get(window - 1, 0) * overlap > limit.hits


def purge(older_than_seconds: int = 86_400) -> int:
    """Delete counters of windows that can no longer matter; how many went."""
    oldest = {limit.name: int((time.time() - older_than_seconds) // limit.seconds) for limit in LIMITS}
    deleted = 0
    for name, window in oldest.items():
        deleted += ThrottleCounter.objects.filter(bucket__startswith=f"{name}:", window__lt=window).delete()[
            0
        ]
    return deleted


# 60 people behind one address in ten minutes are all let through; a flood from one address is held.
SUBMISSIONS_PER_NETWORK = Limit("submit", hits=80, seconds=600)
LOOKUPS_PER_NETWORK = Limit("lookup-network", hits=60, seconds=600)
LOOKUPS_PER_RECEIPT = Limit("lookup-receipt", hits=10, seconds=600)
# From anywhere: so high that nobody locks the owner out by the way, so low that 50 bits are out of reach.
LOOKUPS_PER_RECEIPT_ANYWHERE = Limit("lookup-anywhere", hits=200, seconds=600)
LIMITS = (SUBMISSIONS_PER_NETWORK, LOOKUPS_PER_NETWORK, LOOKUPS_PER_RECEIPT, LOOKUPS_PER_RECEIPT_ANYWHERE)
