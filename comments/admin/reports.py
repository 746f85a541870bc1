"""Papers: ask for one, watch it being made, download it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from comments.admin.forms import DigestRequestForm, FeedbackRequestForm
from comments.admin.history import in_words
from comments.models import Report, ReportKind
from comments.reports.parameters import FeedbackFilter
from comments.services.disclosing import record_download
from comments.services.errors import Conflict
from comments.services.reporting import request_report, retry
from hongya_portal.admin import RecordAdmin
from hongya_portal.jobs import JobStatus
from hongya_portal.officers import officer, officer_name
from plan.models import Chapter, Consultation, Measure

REQUEST = "comments.request_report"
DOWNLOAD = "comments.download_report"
_DONE = (JobStatus.READY, JobStatus.FAILED)


@admin.register(Report)
class ReportAdmin(RecordAdmin):
    list_display = (
        "name",
        "format",
        "scope",
        "status",
        "percent",
        "requester",
        "created_at",
        "checksum",
    )
    list_filter = ("kind", "status", "format")
    ordering = ("-pk",)
    change_list_template = "admin/comments/report/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("requested_by", "consultation__plan")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related(
            Prefetch("consultation__plan__measures", Measure.objects.only("plan", "number", "title")),
            Prefetch("consultation__plan__chapters", Chapter.objects.only("plan", "number", "title")),
        )
        return changelist

    @admin.display(description="种类", ordering="kind")
    def name(self, report: Report) -> str:
        return report.get_kind_display()

    @admin.display(description="范围")
    def scope(self, report: Report) -> str:
        if report.kind == ReportKind.FEEDBACK_REPORT:
            return FeedbackFilter(**report.parameters).words(report.consultation)
        return in_words(report.parameters)

    @admin.display(description="进度", ordering="progress")
    def percent(self, report: Report) -> str:
        return f"{report.progress}%"

    @admin.display(description="申请人")
    def requester(self, report: Report) -> str:
        return requester_name(report)

    @admin.display(description="SHA-256（前 12 位）")
    def checksum(self, report: Report) -> str:
        return report.sha256[:12]

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("request/", site.admin_view(self.request_view), name=self.url_name("request")),
            path("<int:pk>/progress/", site.admin_view(self.progress), name=self.url_name("progress")),
            path("<int:pk>/download/", self.button(self.download, DOWNLOAD), name=self.url_name("download")),
            path("<int:pk>/retry/", self.button(self.retry, REQUEST), name=self.url_name("retry")),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"may_request": request.user.has_perm(REQUEST)})

    def request_view(self, request: HttpRequest) -> HttpResponse:
        """Two forms on one page; ``paper`` says which was sent."""
        self.readable(request)
        if not request.user.has_perm(REQUEST):
            raise PermissionDenied
        view = self.ask if request.method == "POST" else self.request_page
        return require_http_methods(["GET", "HEAD", "POST"])(view)(request)

    def forms(self, **bound: Any) -> dict[str, Any]:
        consultation = Consultation.objects.current()
        if consultation is None:
            raise Http404
        made = {
            form.name: form(bound.get(form.name), consultation=consultation)
            for form in (DigestRequestForm, FeedbackRequestForm)
        }
        return {"consultation": consultation, **made}

    def request_page(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, "admin/comments/report/request.html", self.request_context(self.forms()))

    def request_context(self, forms: dict[str, Any]) -> dict[str, Any]:
        return {"title": "申请生成材料", **forms}

    def ask(self, request: HttpRequest) -> HttpResponse:
        paper = request.POST.get("paper", "")
        forms = self.forms(**{paper: request.POST})
        form = forms.get(paper)
        if form is None or paper == "consultation":
            raise Http404
        report = self.made(request, forms["consultation"], form) if form.is_valid() else None
        if report is None:
            context = self.request_context(forms)
            return self.page(request, "admin/comments/report/request.html", context, 422)
        messages.success(request, "已申请，正在生成。")
        return HttpResponseRedirect(self.detail_url(report))

    def made(self, request: HttpRequest, consultation: Consultation, form: Any) -> Report | None:
        """The new report, or None with the service's reason on the form."""
        try:
            return request_report(
                consultation=consultation,
                kind=form.kind,
                format=form.format(),
                parameters=form.parameters(),
                actor=officer(request),
            )
        except ValidationError as error:
            form.add_service_error(error)
            return None

    def detail_url(self, report: Report) -> str:
        return reverse(f"admin:{self.url_name('change')}", args=[report.pk])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        return require_safe(self.detail)(request, object_id)

    def detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        report = self.readable_row(request, object_id)
        context = {
            "title": f"{report.get_kind_display()} · {report.get_format_display()}",
            "report": report,
            "scope": self.scope(report),
            "requester": requester_name(report),
            "working": report.status not in _DONE,
            "may_download": report.status == JobStatus.READY and request.user.has_perm(DOWNLOAD),
            "may_retry": report.status == JobStatus.FAILED and request.user.has_perm(REQUEST),
        }
        return self.page(request, "admin/comments/report/detail.html", context)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        return require_safe(self.progress_answer)(request, pk)

    def progress_answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        report = self.readable_row(request, pk)
        return JsonResponse(
            {
                "status": report.get_status_display(),
                "progress": report.progress,
                "done": report.status in _DONE,
            }
        )

    def download(self, request: HttpRequest, report: Report) -> HttpResponseBase:
        """The file, after the event: a download that left no trace must not have happened."""
        if report.status != JobStatus.READY:
            raise Http404
        try:
            file = report.file.open("rb")
        except OSError:
            messages.error(request, "材料文件已不在服务器上，请重新申请生成。")
            return HttpResponseRedirect(self.detail_url(report))
        record_download(report, actor=officer(request))
        return FileResponse(
            file, as_attachment=True, filename=report.file_name, content_type=report.content_type
        )

    def retry(self, request: HttpRequest, report: Report) -> HttpResponse:
        try:
            retry(report, officer(request))
        except Conflict as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "已重新排队。")
        return HttpResponseRedirect(self.detail_url(report))


def requester_name(report: Report) -> str:
    """The officer who asked, or 系统 for a paper that is made by the clock."""
    if not report.requested_by:
        return "系统"
    return officer_name(report.requested_by)
