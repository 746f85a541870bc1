"""Submissions, to read: what came in, by which channel, with which points. Personal data is not here."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from comments.admin.comment_page import signature_facts
from comments.admin.filters import ChannelFilter, HeldFilter, ReceivedDayFilter
from comments.models import Submission
from hongya_portal.admin import RecordAdmin
from hongya_portal.officers import officer


class SubmissionChannelFilter(ChannelFilter):
    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(channel=value)


class SubmissionHeldFilter(HeldFilter):
    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.exclude(hold_reasons=[]) if value == "yes" else queryset.filter(hold_reasons=[])


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    list_display = ("receipt_number", "channel", "received_at", "signature", "points", "late", "hold_labels")
    list_filter = (SubmissionHeldFilter, SubmissionChannelFilter, "late", ReceivedDayFilter)
    search_fields = ("receipt_number",)
    search_help_text = "按受理编号查找"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(point_count=Count("comments"))

    @admin.display(description="意见条数")
    def points(self, submission: Any) -> int:
        return submission.point_count

    @admin.display(description="待核查")
    def hold_labels(self, submission: Submission) -> str:
        return "、".join(submission.hold_labels)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        return require_safe(self.detail)(request, object_id)

    def detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        submission = self.readable_row(request, object_id)
        comments = submission.comments.select_related("measure", "chapter").order_by("position")
        statuses = [comment.status for comment in comments]
        context = {
            "title": f"来件 {submission}",
            "submission": submission,
            "comments": comments,
            **signature_facts(submission, statuses, officer(request)),
        }
        return self.page(request, "admin/comments/submission/detail.html", context)
