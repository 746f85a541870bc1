"""What leaves the record towards an officer, each time with an event."""

from django.contrib.auth.models import User
from django.db import transaction

from comments.models import Comment, EventKind, Report, Submitter
from comments.services.events import record, record_consultation


@transaction.atomic
def reveal_submitter(comment: Comment, *, actor: User) -> Submitter | None:
    """Who sent ``comment`` and how to reach them, or None where nothing was given. The event names no data."""
    submitter = Submitter.objects.filter(submission_id=comment.submission_id).first()
    record(comment, EventKind.PERSONAL_DATA_VIEWED, actor=actor, after={"found": submitter is not None})
    return submitter


def record_download(report: Report, *, actor: User) -> None:
    record_consultation(
        report.consultation,
        EventKind.REPORT_DOWNLOADED,
        actor=actor,
        after={"report": report.pk, "file_name": report.file_name, "sha256": report.sha256},
    )
