"""The bureau's desk. Importing the modules registers their pages; every change goes through the services."""

from comments.admin import comments, consultations, dispositions, events, reports, submissions

__all__ = ["comments", "consultations", "dispositions", "events", "reports", "submissions"]
