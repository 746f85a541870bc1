from django.urls import path

from comments import views

app_name = "comments"
urlpatterns = [
    path("comment/", views.CommentView.as_view(), name="comment"),
    path("chapters/<int:number>/comment/", views.ChapterCommentView.as_view(), name="comment_chapter"),
    path("measures/<int:number>/comment/", views.MeasureCommentView.as_view(), name="comment_measure"),
    path("receipts/", views.ReceiptsView.as_view(), name="receipts"),
    path("privacy/", views.PrivacyView.as_view(), name="privacy"),
]
