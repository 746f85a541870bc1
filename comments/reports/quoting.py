"""What a paper quotes of an opinion."""

from dataclasses import dataclass

from comments.models import Comment, CommentStatus
from comments.reports.masking import mask

WITHDRAWN_BODY = "提交人已撤回，内容不再显示。"


@dataclass(frozen=True)
class Quote:
    body: str
    suggested_text: str


def quote(comment: Comment) -> Quote:
    """Nothing of a withdrawn opinion; of a public one what the public reads, so that a redaction holds on paper
    too; else the original. Numbers and addresses are masked by rule in any case.
    """
    if comment.status == CommentStatus.WITHDRAWN:
        return Quote(WITHDRAWN_BODY, "")
    if comment.status == CommentStatus.PUBLISHED:
        return Quote(mask(comment.published_body), mask(comment.published_suggested_text))
    return Quote(mask(comment.body), mask(comment.suggested_text))
