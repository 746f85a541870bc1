"""The WSGI entry point for gunicorn. It refuses to load where the system checks find production unsafe."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongya_portal.settings")
application = get_wsgi_application()


def _refuse_unsafe_start() -> None:
    from django.db import connections

    from hongya_portal.checks import refuse_unsafe_start

    refuse_unsafe_start()
    connections.close_all()


_refuse_unsafe_start()
