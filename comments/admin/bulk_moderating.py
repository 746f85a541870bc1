"""Publishing and withholding selected comments, with a result for each."""

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from comments.admin.bulk import BulkAdmin
from comments.admin.forms import WithholdReasonForm
from comments.models import Comment, CommentStatus, WithholdReason
from comments.services import moderating
from comments.services.errors import Conflict
from hongya_portal.officers import officer


def _must_be_pending(comment: Comment) -> None:
    """A list may be old: what another officer has judged since is not judged again unseen."""
    if comment.status != CommentStatus.PENDING:
        raise Conflict(f"现为“{comment.get_status_display()}”；批量办理只适用于待审核的意见。")


def _must_sign_masked(comment: Comment) -> None:
    """The list does not show full names, and none goes out unread."""
    if comment.submission.public_signature != comment.submission.signature:
        raise Conflict("提交人同意公开全名，请打开这条意见，核对署名后逐条公开。")


class BulkModerating(BulkAdmin):
    """Two actions for the list of comments."""

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.moderate_comment")

    def row_url(self, row: Comment) -> str:
        return reverse("admin:comments_comment_change", args=[row.pk])

    @admin.action(description="公开所选意见", permissions=["moderate"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def act(comment: Comment) -> None:
            _must_be_pending(comment)
            _must_sign_masked(comment)
            moderating.publish(comment, actor=officer(request))

        return self.in_bulk(request, queryset, act, "已公开")

    @admin.action(description="不予公开所选意见", permissions=["moderate"])
    def withhold_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """First the page that asks for the reason, then (``confirmed``) the deed."""
        form = WithholdReasonForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self.ask_for_reason(request, queryset, form)

        def act(comment: Comment) -> None:
            _must_be_pending(comment)
            reason = WithholdReason(form.cleaned_data["reason"])
            moderating.withhold(
                comment, actor=officer(request), reason=reason, note=form.cleaned_data["note"]
            )

        return self.in_bulk(request, queryset, act, "不予公开")

    def ask_for_reason(
        self, request: HttpRequest, queryset: QuerySet, form: WithholdReasonForm
    ) -> HttpResponse | None:
        rows = self.chosen(request, queryset)
        if rows is None:
            return None
        context = {
            "title": "不予公开所选意见",
            "form": form,
            "rows": rows,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return self.page(
            request,
            "admin/comments/comment/withhold_selected.html",
            context,
            status=422 if form.is_bound else 200,
        )
