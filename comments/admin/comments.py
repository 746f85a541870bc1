"""The queue of comments and the page on which one is published, withheld, answered."""

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from comments.admin import comment_page, filters
from comments.admin.bulk_moderating import BulkModerating
from comments.admin.filters import MODERATE
from comments.admin.forms import ActForm, ProposeForm, PublishForm, WithholdForm
from comments.models import Comment, CommentStatus, Disposition, DispositionStatus, WithholdReason
from comments.services import deciding, disclosing, moderating
from comments.services.errors import Conflict
from hongya_portal.admin import is_key
from hongya_portal.officers import officer

_SUMMARY_LENGTH = 60
_TARGET_LENGTH = 20


def shortened(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length]}…"


@admin.register(Comment)
class CommentAdmin(BulkModerating):
    list_title = "意见审核"
    list_display = (
        "number",
        "target",
        "summary",
        "channel",
        "received_at",
        "status",
        "hold_labels",
        "outcome",
    )
    list_filter = (
        filters.StatusFilter,
        filters.DispositionFilter,
        filters.HeldFilter,
        filters.ChannelFilter,
        filters.ChapterFilter,
        filters.MeasureFilter,
        filters.UnitFilter,
        filters.DayFilter,
    )
    search_fields = ("submission__receipt_number", "body")
    search_help_text = "按受理编号或意见内容查找"
    ordering = ("pk",)
    actions = ("publish_selected", "withhold_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("submission", "measure", "chapter")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        valid = Disposition.objects.exclude(status=DispositionStatus.SUPERSEDED).order_by("-pk")
        changelist.result_list = changelist.result_list.prefetch_related(
            Prefetch("dispositions", valid, to_attr="valid_dispositions")
        )
        return changelist

    @admin.display(description="受理编号-序号", ordering="pk")
    def number(self, comment: Comment) -> str:
        return str(comment)

    @admin.display(description="针对")
    def target(self, comment: Comment) -> str:
        return shortened(comment.target_label, _TARGET_LENGTH)

    @admin.display(description="意见摘要")
    def summary(self, comment: Comment) -> str:
        return format_html("<bdi>{}</bdi>", shortened(comment.body, _SUMMARY_LENGTH))

    @admin.display(description="渠道")
    def channel(self, comment: Comment) -> str:
        return comment.submission.get_channel_display()

    @admin.display(description="收到时间", ordering="submission__received_at")
    def received_at(self, comment: Comment) -> Any:
        return comment.submission.received_at

    @admin.display(description="待核查")
    def hold_labels(self, comment: Comment) -> str:
        return "、".join(comment.submission.hold_labels)

    @admin.display(description="采纳情况")
    def outcome(self, comment: Any) -> str:
        return "；".join(
            f"{row.get_outcome_display()}（{row.get_status_display()}）" for row in comment.valid_dispositions
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        pending = ("status", CommentStatus.PENDING)
        asked_for = set(request.GET.items())
        only_pending = asked_for == {pending} or (not asked_for and request.user.has_perm(MODERATE))
        return super().changelist_view(request, {"only_pending": only_pending, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        buttons: list[tuple[str, Callable, str]] = [
            ("publish", self.publish, MODERATE),
            ("withhold", self.withhold, MODERATE),
            ("propose", self.propose, "comments.propose_disposition"),
            ("approve", self.approve, "comments.approve_disposition"),
            ("publish_disposition", self.publish_disposition, "comments.publish_disposition"),
            ("reveal", self.reveal, "comments.view_submitter"),
        ]
        own = [
            path(
                f"<int:pk>/{name.replace('_', '-')}/",
                self.button(act, permission),
                name=self.url_name(name),
            )
            for name, act, permission in buttons
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        return require_safe(self.detail)(request, object_id)

    def detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.comment_page(request, self.readable_row(request, object_id))

    def comment_page(
        self, request: HttpRequest, comment: Comment, *, status: int = 200, **extra: Any
    ) -> HttpResponse:
        """The page; ``extra`` holds a form that was sent and refused, under its name, or revealed contacts."""
        facts = comment_page.facts(comment)
        working = comment_page.in_work(facts["dispositions"])
        context = {
            "title": f"意见 {comment}",
            **facts,
            **comment_page.signature_facts(comment.submission, [comment.status], officer(request)),
            "working": working,
            **comment_page.offered_forms(comment, working, officer(request)),
            "may": comment_page.offered_buttons(working, officer(request)),
            **extra,
        }
        return self.page(request, "admin/comments/comment/detail.html", context, status)

    def refused(self, request: HttpRequest, comment: Comment, form: ActForm, status: int) -> HttpResponse:
        """The page again, everything typed kept, the row as it stands now."""
        comment = self.get_queryset(request).get(pk=comment.pk)
        if status == 409:
            working = comment_page.in_work(list(comment.dispositions.order_by("-pk")))
            form.set_typed("seen_status", comment.status)
            form.set_typed("seen_text", moderating.public_text_sha256(comment))
            form.set_typed("seen_in_work", working.pk if working else None)
        return self.comment_page(request, comment, status=status, refused=form, **{form.name: form})

    def act(
        self, request: HttpRequest, comment: Comment, form: ActForm, service: Callable[[], object]
    ) -> HttpResponse | None:
        """Run ``service`` on a valid form; the page with the reason where that fails, None where it was done."""
        if not form.is_valid():
            return self.refused(request, comment, form, 422)
        try:
            service()
        except ValidationError as error:
            form.add_service_error(error)
            return self.refused(request, comment, form, 422)
        except Conflict as error:
            form.add_error(None, str(error))
            return self.refused(request, comment, form, 409)
        return None

    def publish(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        """Make it public, or correct the text of one that is."""
        form = PublishForm(request.POST, comment=comment)
        correcting = comment.status == CommentStatus.PUBLISHED

        def service() -> None:
            form.refuse_other_text()
            comment.status = form.cleaned_data["seen_status"]
            moderating.publish(comment, actor=officer(request), **form.texts())

        refused = self.act(request, comment, form, service)
        if refused or not correcting:
            return refused or self.to_next(request, comment, "已公开")
        return self.back(request, comment, f"意见 {comment} 的公开文本已更正。")

    def withhold(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        form = WithholdForm(request.POST, comment=comment)

        def service() -> None:
            comment.status = form.cleaned_data["seen_status"]
            reason = WithholdReason(form.cleaned_data["reason"])
            moderating.withhold(
                comment, actor=officer(request), reason=reason, note=form.cleaned_data["note"]
            )

        return self.act(request, comment, form, service) or self.to_next(request, comment, "不予公开")

    def propose(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        form = ProposeForm(request.POST, in_work=None)

        def service() -> None:
            deciding.propose(comment, actor=officer(request), **form.cleaned_data)

        return self.act(request, comment, form, service) or self.back(
            request, comment, f"意见 {comment} 的采纳情况已拟办，待审签。"
        )

    def approve(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        return self.decide(request, comment, deciding.approve, "已审签")

    def publish_disposition(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        return self.decide(request, comment, deciding.publish_disposition, "已公布")

    def decide(
        self, request: HttpRequest, comment: Comment, service: Callable[..., None], done: str
    ) -> HttpResponse:
        """Approve or publish the very disposition that was on the page (``disposition``), never a newer one."""
        key = request.POST.get("disposition", "")
        if not is_key(key):
            raise Http404
        disposition = get_object_or_404(comment.dispositions.select_related("comment__submission"), pk=key)
        try:
            service(disposition, actor=officer(request))
        except (ValidationError, Conflict) as error:
            reason = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
            messages.error(request, reason)
        else:
            messages.success(request, f"意见 {comment} 的采纳情况{done}。")
        return HttpResponseRedirect(self.detail_url(request, comment))

    def reveal(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        """Shown on this one answer and recorded; nothing of it reaches an address, a message or a cache."""
        submitter = disclosing.reveal_submitter(comment, actor=officer(request))
        return self.comment_page(request, comment, revealed=True, submitter=submitter)

    def detail_url(self, request: HttpRequest, comment: Comment) -> str:
        kept = self.get_preserved_filters(request)
        url = reverse(f"admin:{self.url_name('change')}", args=[comment.pk])
        return f"{url}?{kept}" if kept else url

    def back(self, request: HttpRequest, comment: Comment, message: str) -> HttpResponse:
        messages.success(request, message)
        return HttpResponseRedirect(self.detail_url(request, comment))

    def to_next(self, request: HttpRequest, comment: Comment, done: str) -> HttpResponse:
        """On to the next pending comment of the list this one was opened from, or back to the list."""
        following = comment_page.next_pending(self.queue(request), comment)
        if following:
            return self.back(request, following, f"意见 {comment} {done}。以下是下一条待审核意见。")
        messages.success(request, f"意见 {comment} {done}。没有其他待审核的意见了。")
        return HttpResponseRedirect(reverse(f"admin:{self.url_name('changelist')}"))

    def queue(self, request: HttpRequest) -> QuerySet:
        """The pending comments under the filters that the list had."""
        query = QueryDict(request.GET.get("_changelist_filters", ""), mutable=True)
        query["status"] = CommentStatus.PENDING
        query.pop(PAGE_VAR, None)
        listing = copy.copy(request)
        listing.GET = query  # type: ignore[assignment]
        try:
            return self.get_changelist_instance(listing).queryset
        except IncorrectLookupParameters:
            return self.get_queryset(request)
