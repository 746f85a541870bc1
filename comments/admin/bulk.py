"""Doing one thing to many selected rows: each in its own transaction, each with its own result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from comments.services.errors import Conflict
from hongya_portal.admin import RecordAdmin

# As many as a person can have looked at, and a request can do without running into a time limit.
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class RowResult:
    label: str
    url: str
    done: bool
    message: str


def selected_rows(request: HttpRequest, rows: QuerySet, listed: QuerySet) -> list[Any]:
    """The rows that were ticked, also those that have since left the filtered list; or all that are listed.

    Raises ValidationError for more than ``MOST_AT_ONCE``.
    """
    if request.POST.get("select_across") == "1":
        keys = list(listed.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    else:
        keys = [int(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    if len(keys) > MOST_AT_ONCE:
        raise ValidationError(f"一次最多办理 {MOST_AT_ONCE} 条，请缩小范围后分批办理。")
    return list(rows.filter(pk__in=keys).order_by("pk"))


def act_on_each(
    rows: Sequence[Any], act: Callable[[Any], None], url: Callable[[Any], str], done: str
) -> list[RowResult]:
    """``act`` on each row; what stopped a row stops none of the others."""
    results = []
    for row in rows:
        try:
            act(row)
        except Conflict as error:
            results.append(RowResult(str(row), url(row), False, str(error)))
        except ValidationError as error:
            results.append(RowResult(str(row), url(row), False, "；".join(error.messages)))
        else:
            results.append(RowResult(str(row), url(row), True, done))
    return results


class BulkAdmin(RecordAdmin):
    """A list whose actions answer with a page of results, one line per row."""

    def row_url(self, row: Any) -> str:
        """Where the page of ``row`` is."""
        raise NotImplementedError

    def chosen(self, request: HttpRequest, queryset: QuerySet) -> list[Any] | None:
        """The selected rows, or None (with a message) for too many."""
        try:
            return selected_rows(request, self.get_queryset(request), queryset)
        except ValidationError as error:
            messages.error(request, error.message)
            return None

    def in_bulk(
        self, request: HttpRequest, queryset: QuerySet, act: Callable[[Any], None], done: str
    ) -> HttpResponse | None:
        rows = self.chosen(request, queryset)
        if rows is None:
            return None
        results = act_on_each(rows, act, self.row_url, done)
        context = {
            "title": "批量办理结果",
            "results": results,
            "done_count": sum(result.done for result in results),
        }
        return self.page(request, "admin/results.html", context)
