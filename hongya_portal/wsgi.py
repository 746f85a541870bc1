"""The WSGI entry point for gunicorn. It refuses to load where the system checks find production unsafe."""

import os
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongya_portal.settings")
django.setup(set_prefix=False)


def _application() -> Callable:
    """Imported late: what follows needs the apps to be ready."""
    from django.db import connections

    from hongya_portal.checks import refuse_unsafe_start
    from hongya_portal.handler import Utf8Handler

    refuse_unsafe_start()
    connections.close_all()
    return Utf8Handler()


application = _application()
