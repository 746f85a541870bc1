from comments.models import Submission
from plan.models import ConsultationState


class Conflict(Exception):
    """Somebody else changed the row first; the message says, in Chinese, what it is now."""


class NotOpen(Exception):
    """The consultation takes no opinion at that moment. Nothing was stored."""

    def __init__(self, state: ConsultationState) -> None:
        super().__init__(state)
        self.state = state


class AlreadyReceived(Exception):
    """The form was received before with another content; the first one stands."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.receipt_number)
        self.submission = submission
