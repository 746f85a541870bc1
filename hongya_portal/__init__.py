"""The project: settings, clock, cryptography, jobs and the PDF boundary. It knows no business word."""

from hongya_portal.celery import app as celery_app

__all__ = ["celery_app"]
