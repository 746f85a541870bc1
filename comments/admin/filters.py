"""Filters of the desk's lists. Long ones are a select in a small form; a value that is not offered is refused."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from comments.models import Channel, CommentStatus, Disposition, DispositionStatus, Submission
from hongya_portal import clock
from plan.models import Chapter, Measure, ResponsibleUnit

MODERATE = "comments.moderate_comment"
_YEARS = range(2000, 2100)
Lookups = list[tuple[str, str]]


class ListedFilter(admin.SimpleListFilter):
    """A filter whose value is one of its choices; anything else is an incorrect lookup."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        value = self.value()
        if not value:
            return None
        if value not in {str(key) for key, _ in self.lookup_choices}:
            raise IncorrectLookupParameters(f"{self.parameter_name}")
        return self.chosen(queryset, value)

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        raise NotImplementedError


class SelectFilter(ListedFilter):
    """Shown as a select with a button, the other parameters of the list kept as hidden fields."""

    template = "admin/select_filter.html"

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        kept = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name != self.parameter_name
            for value in values
        ]
        yield {"kept": kept, "value": self.value() or ""}


class StatusFilter(ListedFilter):
    """Whoever moderates starts with what is pending, the others with all."""

    title = "审核状态"
    parameter_name = "status"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = CommentStatus.PENDING if request.user.has_perm(MODERATE) else "all"
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [*CommentStatus.choices, ("all", "全部")]

    def value(self) -> str:
        return super().value() or self.default

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset if value == "all" else queryset.filter(status=value)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for key, label in self.lookup_choices:
            yield {
                "selected": self.value() == key,
                "query_string": changelist.get_query_string({self.parameter_name: key}),
                "display": label,
            }


def awaiting_disposition(comments: QuerySet) -> QuerySet:
    """Those that nobody has proposed an outcome for: not withdrawn, none in work and none published."""
    valid = Disposition.objects.filter(comment=OuterRef("pk")).exclude(status=DispositionStatus.SUPERSEDED)
    return comments.exclude(status=CommentStatus.WITHDRAWN).filter(~Exists(valid))


class DispositionFilter(ListedFilter):
    title = "采纳情况"
    parameter_name = "disposition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        valid = [choice for choice in DispositionStatus.choices if choice[0] != DispositionStatus.SUPERSEDED]
        return [("none", "未拟办"), *valid]

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        if value == "none":
            return awaiting_disposition(queryset)
        return queryset.filter(Exists(Disposition.objects.filter(comment=OuterRef("pk"), status=value)))


class ChapterFilter(SelectFilter):
    title = "章"
    parameter_name = "chapter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        chapters = Chapter.objects.order_by("plan", "number")
        return [("plan", "方案整体"), *((str(chapter.pk), str(chapter)) for chapter in chapters)]

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        if value == "plan":
            return queryset.filter(measure=None, chapter=None)
        return queryset.filter(Q(measure__chapter=value) | Q(chapter=value))


class MeasureFilter(SelectFilter):
    title = "举措"
    parameter_name = "measure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        measures = Measure.objects.order_by("plan", "number").only("number", "title")
        return [(str(measure.pk), str(measure)) for measure in measures]

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(measure=value)


class UnitFilter(SelectFilter):
    title = "责任单位"
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [(str(unit.pk), unit.label) for unit in ResponsibleUnit.objects.all()]

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        """By subquery: a join would count a comment once per unit of its measure."""
        return queryset.filter(measure__in=Measure.objects.filter(units=int(value)))


class ChannelFilter(ListedFilter):
    title = "渠道"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return Channel.choices

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(submission__channel=value)


class HeldFilter(ListedFilter):
    title = "待核查"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "待核查"), ("no", "无需核查")]

    def chosen(self, queryset: QuerySet, value: str) -> QuerySet:
        held = Submission.objects.exclude(hold_reasons=[])
        if value == "yes":
            return queryset.filter(submission__in=held)
        return queryset.exclude(submission__in=held)


class DayFilter(SelectFilter):
    """The day of receipt in Asia/Shanghai, typed or picked."""

    title = "收到日"
    parameter_name = "day"
    template = "admin/day_filter.html"
    path = "submission__received_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if not self.value():
            return None
        start, end = clock.day_bounds(_day(str(self.value())))
        return queryset.filter(**{f"{self.path}__gte": start, f"{self.path}__lt": end})


def _day(typed: str) -> dt.date:
    """Days far from any consultation are refused: near the ends of the calendar a time zone overflows."""
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError as error:
        raise IncorrectLookupParameters(typed) from error
    if day.year not in _YEARS:
        raise IncorrectLookupParameters(typed)
    return day


class EventDayFilter(DayFilter):
    title = "日期"
    path = "at"


class ReceivedDayFilter(DayFilter):
    path = "received_at"
