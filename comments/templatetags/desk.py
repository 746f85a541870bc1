"""What waits at the desk for the officer who looks."""

from typing import Any

from django import template
from django.urls import reverse

from comments.admin.filters import awaiting_disposition
from comments.models import (
    Comment,
    CommentEvent,
    ConsultationEvent,
    Disposition,
    DispositionStatus,
    Report,
    Submission,
)
from hongya_portal.officers import officer_name

register = template.Library()
register.filter("officer_name", officer_name)


# In the order in which the work is done.
_LISTS = (Comment, Disposition, Submission, Report, CommentEvent, ConsultationEvent)


@register.simple_tag(takes_context=True)
def desk_lists(context: template.Context) -> list[dict[str, str]]:
    """Label and address of each list that this person may read."""
    user = context["user"]
    return [
        {
            "label": str(model._meta.verbose_name),
            "url": reverse(f"admin:comments_{model._meta.model_name}_changelist"),
        }
        for model in _LISTS
        if user.has_perm(f"comments.view_{model._meta.model_name}")
    ]


@register.simple_tag(takes_context=True)
def desk_counts(context: template.Context) -> list[dict[str, Any]]:
    """Label, number and list for each thing this person may do something about."""
    user = context["request"].user
    counts = []
    if user.has_perm("comments.moderate_comment"):
        counts.append(_count("待审核意见", Comment.objects.pending(), "comment", "status=pending"))
    if user.has_perm("comments.propose_disposition"):
        rows = awaiting_disposition(Comment.objects.all())
        counts.append(_count("待拟办意见", rows, "comment", "status=all&disposition=none"))
    for permission, label, status in (
        ("approve", "待审签采纳情况", DispositionStatus.PROPOSED),
        ("publish", "待公布采纳情况", DispositionStatus.APPROVED),
    ):
        if user.has_perm(f"comments.{permission}_disposition"):
            rows = Disposition.objects.filter(status=status)
            counts.append(_count(label, rows, "disposition", f"status__exact={status}"))
    return counts


def _count(label: str, rows: Any, model: str, query: str) -> dict[str, Any]:
    return {
        "label": label,
        "number": rows.count(),
        "url": f"{reverse(f'admin:comments_{model}_changelist')}?{query}",
    }
