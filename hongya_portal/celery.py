"""The Celery application; its settings are the ``CELERY_*`` names in ``hongya_portal.settings``."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongya_portal.settings")

app = Celery("hongya_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_unsafe_start(**kwargs: object) -> None:
    """A worker or scheduler of its own must not run where the web server would not. Celery swallows exceptions
    of its signals' receivers, so the refusal is an exit.
    """
    from hongya_portal import checks

    try:
        checks.refuse_unsafe_start()
    except checks.UnsafeStart as error:
        raise SystemExit(f"正式模式下不能启动：\n{error}") from error
