"""What is done with a plan as a whole."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Max

from plan.importer.data import PlanDataError, page_from_data
from plan.importer.parsed import ParsedChapter, ParsedMeasure, ParsedPage, ParsedPlan, ParsedUnit
from plan.models import (
    Chapter,
    Consultation,
    Measure,
    Notice,
    NoticeKind,
    Plan,
    Responsibility,
    ResponsibleUnit,
)

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def load_plan(data: Mapping[str, Any]) -> tuple[Consultation, bool]:
    """The consultation of the plan in ``data`` (see ``plan.importer.data``), and whether it was loaded now.

    Effects, in order, all or none: the plan, its chapters, the responsible units not yet known, the measures with
    their responsibilities, the consultation, the notice that calls for opinions. A plan loaded before is left as
    it is, with everything staff have changed since. Raises PlanDataError for data that do not add up or whose
    text is not the one loaded before from the same source, ValidationError for values the models refuse.
    """
    page = page_from_data(data)
    plan = Plan.objects.filter(source_sha256=page.source_sha256).first()
    if plan:
        return _consultation_of(plan, page.plan), False
    plan = _save(
        Plan(
            title=page.plan.title,
            edition=page.plan.edition,
            preamble=page.plan.preamble,
            source_sha256=page.source_sha256,
        )
    )
    _create_measures(plan, page.plan, _units_by_label(page.units))
    return _create_consultation(plan, page), True


def stored_plan(plan: Plan) -> ParsedPlan:
    """The plan as it stands in the database, as the importer's own value."""
    chapters = plan.chapters.order_by("number").prefetch_related("measures__responsibilities__unit")
    return ParsedPlan(
        title=plan.title,
        edition=str(plan.edition),
        preamble=plan.preamble,
        chapters=tuple(
            ParsedChapter(
                number=chapter.number,
                title=chapter.title,
                introduction=chapter.introduction,
                measures=tuple(map(_stored_measure, chapter.measures.all())),
            )
            for chapter in chapters
        ),
    )


def _stored_measure(measure: Measure) -> ParsedMeasure:
    return ParsedMeasure(
        number=measure.number,
        title=measure.title,
        body=measure.body,
        responsibility_text=measure.responsibility_text,
        responsibility_apart=measure.responsibility_apart,
        open_ended=measure.open_ended,
        units=tuple(responsibility.unit.label for responsibility in measure.responsibilities.all()),
        source_note=measure.source_note,
    )


def _consultation_of(plan: Plan, expected: ParsedPlan) -> Consultation:
    if stored_plan(plan) != expected:
        raise PlanDataError("同一原文的方案已经载入，但内容与这份数据不同；已公布的方案不得改动。")
    consultation = plan.consultations.order_by("pk").first()
    if not consultation:
        raise PlanDataError("方案已经载入，但没有对应的征求意见。")
    return consultation


def _units_by_label(units: tuple[ParsedUnit, ...]) -> dict[str, ResponsibleUnit]:
    """The units, the unknown ones created after those known already."""
    known = ResponsibleUnit.objects.in_bulk([unit.label for unit in units], field_name="label")
    last = ResponsibleUnit.objects.aggregate(last=Max("position"))["last"] or 0
    new = [unit for unit in units if unit.label not in known]
    rows = [
        ResponsibleUnit(label=unit.label, kind=unit.kind, position=position)
        for position, unit in enumerate(new, last + 1)
    ]
    _create_all(ResponsibleUnit, rows)
    return known | {row.label: row for row in rows}


def _create_measures(plan: Plan, parsed: ParsedPlan, units: dict[str, ResponsibleUnit]) -> None:
    chapters = [
        Chapter(plan=plan, number=chapter.number, title=chapter.title, introduction=chapter.introduction)
        for chapter in parsed.chapters
    ]
    _create_all(Chapter, chapters)
    by_number = {chapter.number: chapter for chapter in chapters}
    measures = [
        _measure(plan, by_number[chapter.number], measure)
        for chapter in parsed.chapters
        for measure in chapter.measures
    ]
    _create_all(Measure, measures)
    links = [
        Responsibility(measure=row, unit=units[label], position=position)
        for row, measure in zip(measures, parsed.measures, strict=True)
        for position, label in enumerate(measure.units, 1)
    ]
    _create_all(Responsibility, links)


def _measure(plan: Plan, chapter: Chapter, measure: ParsedMeasure) -> Measure:
    return Measure(
        plan=plan,
        chapter=chapter,
        number=measure.number,
        title=measure.title,
        body=measure.body,
        responsibility_text=measure.responsibility_text,
        responsibility_apart=measure.responsibility_apart,
        open_ended=measure.open_ended,
        source_note=measure.source_note,
    )


def _create_consultation(plan: Plan, page: ParsedPage) -> Consultation:
    parsed, notice = page.consultation, page.notice
    consultation = _save(
        Consultation(
            plan=plan,
            kind=parsed.kind,
            receipt_prefix=parsed.receipt_prefix,
            opens_at=parsed.opens_at,
            closes_at=parsed.closes_at,
            contact_email=parsed.contact_email,
            contact_phone=parsed.contact_phone,
            contact_person=parsed.contact_person,
            contact_note=parsed.contact_note,
        )
    )
    _save(
        Notice(
            consultation=consultation,
            kind=NoticeKind.CALL,
            title=notice.title,
            body=notice.body,
            attachment=notice.attachment,
            issuer=notice.issuer,
            issued_on=notice.issued_on,
        )
    )
    return consultation


def _save(row: Row) -> Row:
    row.full_clean()
    row.save()
    return row


def _create_all(model: type[models.Model], rows: list[Any]) -> None:
    """Creates rows whose values are checked here and whose uniqueness and relations the database checks."""
    relations = {field.name for field in model._meta.fields if field.is_relation}
    for row in rows:
        row.full_clean(exclude=relations, validate_unique=False, validate_constraints=False)
    model._default_manager.bulk_create(rows)
