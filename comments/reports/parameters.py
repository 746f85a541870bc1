"""What a paper may be asked for: checked once, kept as JSON on the report, read back by the reports."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError

from comments.models import CommentStatus, ReportFormat, ReportKind
from comments.models.comment import Comment, CommentQuerySet
from hongya_portal import clock
from plan.models import Consultation, ResponsibleUnit

LONGEST_PERIOD = dt.timedelta(days=370)
_YEARS = range(2000, 2100)


@dataclass(frozen=True)
class Period:
    """Calendar days in Asia/Shanghai, both included."""

    first_day: dt.date
    last_day: dt.date

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The half-open interval of moments."""
        return clock.day_bounds(self.first_day)[0], clock.day_bounds(self.last_day)[1]

    @property
    def is_one_day(self) -> bool:
        return self.first_day == self.last_day


@dataclass(frozen=True)
class FeedbackFilter:
    """Numbers and labels as printed in the plan; None does not restrict."""

    measure: int | None = None
    chapter: int | None = None
    unit: str | None = None
    status: str | None = None

    def comments(self, consultation: Consultation) -> CommentQuerySet:
        """A chapter's are those on the chapter and on its measures; a unit's are those on its measures."""
        comments = Comment.objects.of(consultation)
        plan = consultation.plan
        if self.measure is not None:
            comments = comments.filter(measure__in=plan.measures.filter(number=self.measure))
        if self.chapter is not None:
            on_measures = comments.filter(measure__in=plan.measures.filter(chapter__number=self.chapter))
            comments = on_measures | comments.filter(chapter__in=plan.chapters.filter(number=self.chapter))
        if self.unit is not None:
            comments = comments.filter(measure__in=plan.measures.filter(units__label=self.unit))
        if self.status is not None:
            comments = comments.filter(status=self.status)
        return comments

    def words(self, consultation: Consultation) -> str:
        """``责任单位：县司法局；审核状态：已公开``, or ``全部意见``."""
        plan = consultation.plan
        parts = []
        if self.measure is not None:
            parts.append(f"举措：{_titled(plan.measures.all(), self.measure)}")
        if self.chapter is not None:
            parts.append(f"章：{_titled(plan.chapters.all(), self.chapter)}")
        if self.unit is not None:
            parts.append(f"责任单位：{self.unit}")
        if self.status is not None:
            parts.append(f"审核状态：{CommentStatus(self.status).label}")
        return "；".join(parts) or "全部意见"


def _titled(rows: Iterable[Any], number: int) -> str:
    """The title of the row with that number, also among rows that were read before."""
    return next(str(row) for row in rows if row.number == number)


def clean_parameters(
    consultation: Consultation, kind: str, report_format: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """``parameters`` as they are stored on a report. Raises ValidationError, by field, in Chinese."""
    if kind not in ReportKind.values:
        raise ValidationError({"kind": "材料种类有误。"})
    if report_format not in ReportFormat.values:
        raise ValidationError({"format": "材料格式有误。"})
    if kind == ReportKind.DIGEST:
        if report_format != ReportFormat.PDF:
            raise ValidationError({"format": "简报只有 PDF 格式。"})
        period = digest_period(consultation, parameters)
        return {"first_day": period.first_day.isoformat(), "last_day": period.last_day.isoformat()}
    wanted = asdict(feedback_filter(consultation, parameters))
    return {name: value for name, value in wanted.items() if value is not None}


def _refuse_unknown(parameters: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(parameters) - known
    if unknown:
        raise ValidationError(f"不认识的范围参数：{'、'.join(sorted(unknown))}。")


def digest_period(consultation: Consultation, parameters: Mapping[str, Any]) -> Period:
    _refuse_unknown(parameters, {"first_day", "last_day"})
    first_day = _day(parameters.get("first_day"), "first_day", "起始日期")
    last_day = _day(parameters.get("last_day"), "last_day", "截止日期")
    if last_day < first_day:
        raise ValidationError({"last_day": "截止日期不能早于起始日期。"})
    if last_day - first_day > LONGEST_PERIOD:
        raise ValidationError({"last_day": f"一期简报最长 {LONGEST_PERIOD.days} 天。"})
    if first_day > clock.today():
        raise ValidationError({"first_day": "起始日期还没有到。"})
    if last_day < consultation.first_day:
        raise ValidationError({"last_day": f"征求意见自 {consultation.first_day} 开始，此前没有意见。"})
    return Period(first_day, last_day)


def _day(value: object, field: str, label: str) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        day = value
    else:
        try:
            day = dt.date.fromisoformat(value)  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise ValidationError({field: f"{label}应写成 2022-08-05 的样子。"}) from error
    if day.year not in _YEARS:
        raise ValidationError({field: f"{label}的年份有误。"})
    return day


def feedback_filter(consultation: Consultation, parameters: Mapping[str, Any]) -> FeedbackFilter:
    _refuse_unknown(parameters, {"measure", "chapter", "unit", "status"})
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    plan = consultation.plan
    if "measure" in given:
        _known_number(plan.measures, given["measure"], "measure", "举措")
    if "chapter" in given:
        _known_number(plan.chapters, given["chapter"], "chapter", "章")
    unit = given.get("unit")
    if unit is not None and not (isinstance(unit, str) and _is_responsible(consultation, unit)):
        raise ValidationError({"unit": "方案中没有这个责任单位，请按原文简称填写。"})
    if "status" in given and given["status"] not in CommentStatus.values:
        choices = "、".join(f"{value}（{label}）" for value, label in CommentStatus.choices)
        raise ValidationError({"status": f"没有这个审核状态，可用：{choices}。"})
    if "measure" in given and "chapter" in given:
        _within_chapter(consultation, given["measure"], given["chapter"])
    return FeedbackFilter(**given)


def _within_chapter(consultation: Consultation, measure: int, chapter: int) -> None:
    if not consultation.plan.measures.filter(number=measure, chapter__number=chapter).exists():
        raise ValidationError({"measure": "所选举措不在所选的章内。"})


def _known_number(rows: Any, number: object, field: str, label: str) -> None:
    sound = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**15
    if not sound or not rows.filter(number=number).exists():
        raise ValidationError({field: f"方案中没有这个序号的{label}。"})


def _is_responsible(consultation: Consultation, label: str) -> bool:
    known = ResponsibleUnit.objects.filter(label=label, measures__plan=consultation.plan)
    return len(label) <= 60 and label.isprintable() and known.exists()
