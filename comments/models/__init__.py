from comments.models.comment import Comment, CommentKind, CommentStatus, WithholdReason
from comments.models.disposition import Disposition, DispositionStatus, Outcome
from comments.models.event import CommentEvent, ConsultationEvent, EventKind
from comments.models.report import Report, ReportFormat, ReportKind
from comments.models.submission import Channel, HoldReason, Submission, Submitter, SubmitterKind, Town

__all__ = [
    "Channel",
    "Comment",
    "CommentEvent",
    "CommentKind",
    "CommentStatus",
    "ConsultationEvent",
    "Disposition",
    "DispositionStatus",
    "EventKind",
    "HoldReason",
    "Outcome",
    "Report",
    "ReportFormat",
    "ReportKind",
    "Submission",
    "Submitter",
    "SubmitterKind",
    "Town",
    "WithholdReason",
]
