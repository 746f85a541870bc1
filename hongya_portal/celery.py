"""The Celery application; its settings are the ``CELERY_*`` names in ``hongya_portal.settings``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongya_portal.settings")

app = Celery("hongya_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
