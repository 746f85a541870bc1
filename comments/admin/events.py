"""What was done, when and by whom: append-only lists."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from comments.admin.filters import EventDayFilter
from comments.admin.history import actor_name, in_words
from comments.models import CommentEvent, ConsultationEvent
from comments.models.event import Event
from hongya_portal.admin import RecordAdmin


class EventAdmin(RecordAdmin):
    list_display = ("at", "kind", "subject", "actor_name", "before_words", "after_words", "reason")
    list_display_links = None
    list_filter = ("kind", EventDayFilter)
    ordering = ("-pk",)
    kept_urls = ("changelist",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description="经办人")
    def actor_name(self, event: Event) -> str:
        return actor_name(event)

    @admin.display(description="之前")
    def before_words(self, event: Event) -> str:
        return in_words(event.before)

    @admin.display(description="之后")
    def after_words(self, event: Event) -> str:
        return in_words(event.after)


@admin.register(CommentEvent)
class CommentEventAdmin(EventAdmin):
    search_fields = ("comment__submission__receipt_number",)
    search_help_text = "按受理编号查找"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("comment__submission")

    @admin.display(description="意见")
    def subject(self, event: Any) -> str:
        url = reverse("admin:comments_comment_change", args=[event.comment_id])
        return format_html('<a href="{}">{}</a>', url, event.comment)


@admin.register(ConsultationEvent)
class ConsultationEventAdmin(EventAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("consultation__plan")

    @admin.display(description="征求意见")
    def subject(self, event: Any) -> str:
        return str(event.consultation)
