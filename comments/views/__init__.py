from comments.views.commenting import ChapterCommentView, CommentView, MeasureCommentView
from comments.views.privacy import PrivacyView
from comments.views.receipts import ReceiptsView

__all__ = ["ChapterCommentView", "CommentView", "MeasureCommentView", "PrivacyView", "ReceiptsView"]
