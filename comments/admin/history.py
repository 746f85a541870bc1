"""Events in words: what stood before and after, as officers read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices

from comments.models import (
    Channel,
    CommentStatus,
    DispositionStatus,
    HoldReason,
    Outcome,
    ReportFormat,
    ReportKind,
    WithholdReason,
)
from comments.models.event import Event
from hongya_portal.officers import officer_name
from plan.models import Consultation, ConsultationKind

_CHOICES: dict[str, list[type[TextChoices]]] = {
    "status": [CommentStatus, DispositionStatus],
    "withhold_reason": [WithholdReason],
    "outcome": [Outcome],
    "channel": [Channel],
    "held": [HoldReason],
    "kind": [ConsultationKind, ReportKind],
    "format": [ReportFormat],
}
# In the order in which they are told: a database may give the keys back in another order than they were written.
_NAMES = {
    "outcome": "采纳情况",
    "status": "状态",
    "withhold_reason": "不予公开理由",
    "redacted": "隐去部分内容",
    "redaction_reason": "隐去说明",
    "text_sha256": "公开文本的 SHA-256",
    "masked_name": "署名改为隐去姓名",
    "channel": "渠道",
    "late": "逾期",
    "held": "待核查",
    "found": "有联系方式",
    "report": "材料编号",
    "file_name": "文件名",
    "sha256": "SHA-256",
    "dispositions": "公布条数",
    "at": "时间",
    "format": "格式",
    "parameters": "范围",
    "kind": "类型",
    "first_day": "起始日期",
    "last_day": "截止日期",
    "measure": "举措",
    "chapter": "章",
    "unit": "责任单位",
}


@dataclass(frozen=True)
class HistoryLine:
    event: Event
    actor: str
    before: str
    after: str


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return in_words(value) or "全部"
    for choices in _CHOICES.get(name, []):
        if value in choices.values:
            return str(choices(value).label)
    return str(value)


def _name(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    fields = {field.name: str(field.verbose_name) for field in Consultation._meta.concrete_fields}
    return fields.get(name, name)


def _place(name: str) -> tuple[int, str]:
    return (list(_NAMES).index(name) if name in _NAMES else len(_NAMES), name)


def in_words(values: Mapping[str, object]) -> str:
    """``{"redacted": False, "status": "published"}`` as 状态：已公开；隐去部分内容：否. Empty lists are left out."""
    parts = []
    for name, value in sorted(values.items(), key=lambda item: _place(item[0])):
        items = value if isinstance(value, list) else [value]
        if items:
            parts.append(f"{_name(name)}：{'、'.join(_word(name, item) for item in items)}")
    return "；".join(parts)


def actor_name(event: Event) -> str:
    """The full name of the officer, else the account; an event without one is the public's or the machine's."""
    if not event.actor:
        return "（群众或系统）"
    return officer_name(event.actor)


def history_lines(events: Iterable[Event]) -> list[HistoryLine]:
    return [
        HistoryLine(event, actor_name(event), in_words(event.before), in_words(event.after))
        for event in events
    ]
