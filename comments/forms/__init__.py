from comments.forms.commenting import CommentForm
from comments.forms.looking_up import LookUpForm

__all__ = ["CommentForm", "LookUpForm"]
