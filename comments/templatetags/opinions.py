"""Opinions inside the pages of ``plan``: the seam at which a template, and no module, reaches this app."""

from typing import Any

from django import template

from comments import public
from plan.models import Chapter, Consultation, Measure

register = template.Library()


@register.inclusion_tag("comments/_published_opinions.html", takes_context=True)
def published_opinions(
    context: template.Context,
    consultation: Consultation,
    measure: Measure | None = None,
    chapter: Chapter | None = None,
) -> dict[str, Any]:
    """The published opinions on a measure, a chapter or the whole plan; ``?before=`` continues the list."""
    before = public.parse_key(context["request"].GET.get("before", ""))
    page = public.opinion_page(consultation, measure=measure, chapter=chapter, before=before)
    target = "这条举措" if measure else "本章" if chapter else "方案整体"
    return {"page": page, "target": target, "is_open": context["is_open"], "site": context["site"]}


@register.simple_tag
def opinion_totals(consultation: Consultation) -> public.OpinionTotals:
    return public.opinion_totals(consultation)


@register.simple_tag
def opinion_counts(consultation: Consultation) -> public.OpinionCounts:
    return public.opinion_counts(consultation)


@register.filter
def at(counts: dict[int, int], key: int) -> int:
    """How many ``counts`` holds for ``key``; a template has no other way to look up by a variable."""
    return counts.get(key, 0)
