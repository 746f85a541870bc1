"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from hongya_portal import clock


def portal(request: HttpRequest) -> dict[str, object]:
    """``site``: identity strings; ``demonstration``: whether 演示 must be shown; ``now``: the portal's moment."""
    return {"site": settings.SITE_IDENTITY, "demonstration": settings.DEMONSTRATION, "now": clock.now()}
