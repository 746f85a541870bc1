"""Makes plan data from the page on which a draft was published. Pure: nothing is read or written elsewhere.

The page may hold anything around the notice and the plan. A text that does not add up is refused with every
fault and its line, and the result is compared with the source paragraph by paragraph before it is returned.
"""

import hashlib
from collections.abc import Sequence

from plan.importer.defects import Defect, read_defects
from plan.importer.faults import Fault, FaultList, PlanTextError
from plan.importer.notice import notice_paragraphs, read_consultation, read_notice
from plan.importer.page import check_paragraphs, paragraphs_of, split_page
from plan.importer.parsed import ParsedPage, ParsedPlan, ParsedUnit
from plan.importer.proof import compare, rebuild_notice, rebuild_plan, title_apart
from plan.importer.responsibility import unit_kind
from plan.importer.structure import read_plan

__all__ = [
    "Defect",
    "Fault",
    "ParsedPage",
    "PlanTextError",
    "parse_page",
    "read_defects",
    "rebuild_notice",
    "rebuild_plan",
    "units_of",
]


def parse_page(
    text: str, *, defects: Sequence[Defect] = (), kind: str = "other", receipt_prefix: str = ""
) -> ParsedPage:
    """The notice, the plan and the consultation of a page. Raises PlanTextError.

    The page does not hold ``kind`` (of the consultation) nor ``receipt_prefix`` (six digits; by default year and
    month of the notice).
    """
    faults = FaultList()
    parts = split_page(paragraphs_of(text))
    notice = read_notice(parts.notice, faults)
    plan, length = read_plan(parts.plan, faults, defects)
    check_paragraphs(parts.notice + parts.plan[:length], faults)
    line = parts.notice[0].line
    consultation = notice and read_consultation(
        notice, line, faults, kind=kind, receipt_prefix=receipt_prefix
    )
    if faults or not notice or not consultation:
        raise faults.error()
    compare(rebuild_notice(notice), notice_paragraphs(parts.notice), faults)
    compare(rebuild_plan(plan), title_apart(parts.plan[:length]), faults)
    if faults:
        raise faults.error()
    return ParsedPage(
        source_sha256=hashlib.sha256(text.encode()).hexdigest(),
        plan=plan,
        units=units_of(plan),
        consultation=consultation,
        notice=notice,
    )


def units_of(plan: ParsedPlan) -> tuple[ParsedUnit, ...]:
    return tuple(ParsedUnit(label, unit_kind(label)) for label in plan.unit_labels)
