"""What every part of the desk shares: lists and pages to read, buttons that post, and the staff accounts."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.views.decorators.http import require_http_methods

RowAction = Callable[[HttpRequest, Any], HttpResponseBase]

admin.site.disable_action("delete_selected")
# The tables need the width; the header links to the lists.
admin.site.enable_nav_sidebar = False


class RecordAdmin(admin.ModelAdmin):
    """A list and pages to read. Nothing is added, edited or deleted here: rows are changed by services alone."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False
    kept_urls: tuple[str, ...] = ("changelist", "change")
    list_title = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        names = {self.url_name(suffix) for suffix in self.kept_urls}
        return [pattern for pattern in super().get_urls() if pattern.name in names]

    def url_name(self, suffix: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{suffix}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            self._refuse_forged_action(request)
        elif ERROR_FLAG in request.GET:
            messages.warning(request, "筛选条件有误，已显示默认列表。")
        title = self.list_title or self.opts.verbose_name_plural
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def _refuse_forged_action(self, request: HttpRequest) -> None:
        """403 for an action that is not offered to this person, 400 for a selection that is no list of keys."""
        actions = self.get_actions(request)
        chosen = request.POST.get("action")
        if not actions or (chosen and chosen not in actions):
            raise PermissionDenied
        if not all(is_key(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("selected rows are not keys")

    def readable(self, request: HttpRequest) -> models.QuerySet:
        """The rows this person may see; anyone who may see none gets a 403."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.get_queryset(request)

    def readable_row(self, request: HttpRequest, key: str | int) -> Any:
        rows = self.readable(request)
        if not is_key(str(key)):
            raise Http404
        return get_object_or_404(rows, pk=key)

    def button(self, act: RowAction, permission: str) -> Callable[..., HttpResponseBase]:
        """The view behind a button: staff only, ``permission`` held, the row in sight (else 404), POST only.

        A GET, as the log-in page makes after a session ran out, leads to the page with the button.
        """

        def view(request: HttpRequest, pk: int) -> HttpResponseBase:
            row = self.readable_row(request, pk)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if request.method != "POST":
                return redirect(f"admin:{self.url_name('change')}", pk)
            return act(request, row)

        return self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view))

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        """A page of the desk around ``template``; ``preserved_filters`` lead back to the list as it was."""
        full = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **context,
        }
        return TemplateResponse(request, template, full, status=status)


def is_key(typed: str) -> bool:
    """Whether ``typed`` can be a primary key of any database."""
    return typed.isascii() and typed.isdigit() and len(typed) < 19


class StaffAdmin(UserAdmin):
    """Accounts of the desk. An account is switched off and never deleted: events name it.

    Only a superuser touches superusers, so that nobody rises above the groups that the code defines.
    """

    list_display = ("username", "last_name", "group_names", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    view_on_site = False
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("个人信息", {"fields": ("last_name", "first_name", "email")}),
        ("权限", {"fields": ("is_active", "is_staff", "groups")}),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="角色")
    def group_names(self, user: User) -> str:
        return "、".join(group.name for group in user.groups.all())


# Groups come from the code (sync_groups): a page to edit them would only be undone by the next start.
admin.site.unregister(Group)
admin.site.unregister(User)
admin.site.register(User, StaffAdmin)
