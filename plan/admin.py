"""What the government published, to read at the desk. Only the confirmed full name of a unit is filled in here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.db.models import F
from django.http import HttpRequest

from hongya_portal.admin import RecordAdmin
from plan.models import Chapter, Consultation, Measure, Notice, Plan, ResponsibleUnit


class SourceNoteFilter(admin.SimpleListFilter):
    title = "原文疑误"
    parameter_name = "noted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "有疑误说明"), ("no", "没有疑误说明")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "yes":
            return queryset.exclude(source_note="")
        return queryset.filter(source_note="") if self.value() == "no" else queryset


@admin.register(Plan)
class PlanAdmin(RecordAdmin):
    list_display = ("title", "edition")
    fields = ("title", "edition", "preamble", "source_sha256", "supersedes")


@admin.register(Chapter)
class ChapterAdmin(RecordAdmin):
    list_display = ("printed_number", "title")
    list_display_links = ("title",)
    fields = ("plan", "printed_number", "title", "introduction")

    @admin.display(description="章")
    def printed_number(self, chapter: Chapter) -> str:
        return chapter.printed_number


@admin.register(Measure)
class MeasureAdmin(RecordAdmin):
    list_display = ("number", "title", "chapter", "noted")
    list_display_links = ("title",)
    list_filter = (SourceNoteFilter, "chapter")
    list_select_related = ("chapter",)
    search_fields = ("title", "body", "responsibility_text")
    fields = (
        "plan",
        "chapter",
        "number",
        "title",
        "body",
        "responsibility_text",
        "unit_labels",
        "source_note",
    )

    @admin.display(description="疑误说明", boolean=True)
    def noted(self, measure: Measure) -> bool:
        return bool(measure.source_note)

    @admin.display(description="责任单位")
    def unit_labels(self, measure: Measure) -> str:
        rows = measure.responsibilities.select_related("unit")
        return "、".join(row.unit.label for row in rows)


@admin.register(ResponsibleUnit)
class ResponsibleUnitAdmin(RecordAdmin):
    list_display = ("label", "kind", "full_name")
    list_filter = ("kind",)
    search_fields = ("label", "full_name")
    fields = ("label", "kind", "full_name")
    readonly_fields = ("label", "kind")
    kept_urls = ("changelist", "change", "history")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(
        self, request: HttpRequest, obj: ResponsibleUnit, form: forms.ModelForm, change: bool
    ) -> None:
        """The name stands on public pages, so their revision moves with it."""
        with transaction.atomic():
            obj.save(update_fields=["full_name"])
            Consultation.objects.update(public_revision=F("public_revision") + 1)


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    list_display = ("title", "kind", "issuer", "issued_on")
    fields = ("consultation", "kind", "title", "body", "attachment", "issuer", "issued_on")
