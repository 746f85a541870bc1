"""Dispositions as a list: the approver's queue. Each is read on the page of its comment."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from comments.admin.bulk import BulkAdmin
from comments.admin.comments import shortened
from comments.models import Disposition
from comments.services.deciding import approve, publish_disposition
from hongya_portal.officers import officer, officer_name


@admin.register(Disposition)
class DispositionAdmin(BulkAdmin):
    list_display = ("number", "target", "outcome", "reason", "status", "proposer", "approver")
    list_display_links = None
    list_filter = ("status", "outcome")
    search_fields = ("comment__submission__receipt_number", "explanation")
    search_help_text = "按受理编号或理由查找"
    ordering = ("-pk",)
    kept_urls = ("changelist",)
    actions = ("approve_selected", "publish_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = (
            "comment__submission",
            "comment__measure",
            "comment__chapter",
            "proposed_by",
            "approved_by",
        )
        return super().get_queryset(request).select_related(*related)

    def row_url(self, row: Disposition) -> str:
        return reverse("admin:comments_comment_change", args=[row.comment_id])

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.approve_disposition")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.publish_disposition")

    @admin.display(description="意见", ordering="comment")
    def number(self, disposition: Disposition) -> str:
        return format_html('<a href="{}">{}</a>', self.row_url(disposition), disposition.comment)

    @admin.display(description="针对")
    def target(self, disposition: Disposition) -> str:
        return shortened(disposition.comment.target_label, 20)

    @admin.display(description="理由或说明")
    def reason(self, disposition: Disposition) -> str:
        return format_html("<bdi>{}</bdi>", shortened(disposition.explanation, 40))

    @admin.display(description="拟办人", ordering="proposed_by")
    def proposer(self, disposition: Disposition) -> str:
        return officer_name(disposition.proposed_by)

    @admin.display(description="审签人", ordering="approved_by")
    def approver(self, disposition: Disposition) -> str:
        return officer_name(disposition.approved_by) if disposition.approved_by else ""

    @admin.action(description="审签所选采纳情况", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def act(disposition: Any) -> None:
            approve(disposition, actor=officer(request))

        return self.in_bulk(request, queryset, act, "已审签")

    @admin.action(description="公布所选采纳情况", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def act(disposition: Any) -> None:
            publish_disposition(disposition, actor=officer(request))

        return self.in_bulk(request, queryset, act, "已公布")
