"""The consultation: its dates and totals to read, its contact lines to correct, its results to publish."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from comments.admin.forms import ConsultationForm
from comments.admin.history import history_lines
from comments.models import Comment, CommentStatus, Disposition, DispositionStatus
from comments.services.consulting import change_settings
from comments.services.deciding import publish_results
from comments.services.errors import Conflict
from hongya_portal.admin import RecordAdmin
from hongya_portal.officers import officer
from plan.models import Consultation, ConsultationState

_SHOWN_EVENTS = 50


@admin.register(Consultation)
class ConsultationAdmin(RecordAdmin):
    list_display = ("plan", "kind", "opens_at", "closes_at", "current_state")
    list_select_related = ("plan",)

    @admin.display(description="状态")
    def current_state(self, consultation: Consultation) -> str:
        return consultation.state().label

    def get_urls(self) -> list[URLPattern]:
        view = self.button(self.publish_results, "comments.publish_disposition")
        own = path("<int:pk>/publish-results/", view, name=self.url_name("publish_results"))
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        view = self.save if request.method == "POST" else self.detail
        return require_http_methods(["GET", "HEAD", "POST"])(view)(request, object_id)

    def may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("plan.change_consultation")

    def detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.consultation_page(request, self.readable_row(request, object_id))

    def save(self, request: HttpRequest, object_id: str) -> HttpResponse:
        consultation = self.readable_row(request, object_id)
        if not self.may_change(request):
            raise PermissionDenied
        form = ConsultationForm(request.POST, instance=consultation)
        if not form.is_valid():
            return self.consultation_page(request, self.readable_row(request, object_id), form, status=422)
        reason = form.cleaned_data["reason"]
        changed = change_settings(consultation, values=form.changes(), actor=officer(request), reason=reason)
        messages.success(request, "已保存。" if changed else "没有改动。")
        return HttpResponseRedirect(self.detail_url(consultation))

    def publish_results(self, request: HttpRequest, consultation: Consultation) -> HttpResponse:
        try:
            count = publish_results(consultation, actor=officer(request))
        except (ValidationError, Conflict) as error:
            reason = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
            messages.error(request, reason)
        else:
            messages.success(request, f"结果已公布，本次公布采纳情况 {count} 条。")
        return HttpResponseRedirect(self.detail_url(consultation))

    def detail_url(self, consultation: Consultation) -> str:
        return reverse(f"admin:{self.url_name('change')}", args=[consultation.pk])

    def consultation_page(
        self,
        request: HttpRequest,
        consultation: Consultation,
        form: ConsultationForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        may_change = self.may_change(request)
        closed = consultation.state() == ConsultationState.CLOSED
        context = {
            "title": f"征求意见：{consultation}",
            "consultation": consultation,
            "state": consultation.state(),
            "form": form or (ConsultationForm(instance=consultation) if may_change else None),
            "may_publish": closed and request.user.has_perm("comments.publish_disposition"),
            "totals": _totals(consultation),
            "history": history_lines(
                consultation.events.select_related("actor").order_by("-pk")[:_SHOWN_EVENTS]
            ),
        }
        return self.page(request, "admin/plan/consultation/detail.html", context, status)


def _totals(consultation: Consultation) -> list[tuple[str, int]]:
    """Label and number: comments by status, dispositions that wait; two queries."""
    comments = dict(
        Comment.objects.of(consultation).order_by().values_list("status").annotate(count=Count("pk"))
    )
    dispositions: dict[Any, int] = dict(
        Disposition.objects.filter(comment__submission__consultation=consultation)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    waiting = (DispositionStatus.PROPOSED, DispositionStatus.APPROVED, DispositionStatus.PUBLISHED)
    return [
        *((f"意见：{status.label}", comments.get(status, 0)) for status in CommentStatus),
        *((f"采纳情况：{status.label}", dispositions.get(status, 0)) for status in waiting),
    ]
