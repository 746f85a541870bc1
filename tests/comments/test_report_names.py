import pytest

from comments.models import Report, ReportKind
from comments.services.reporting import file_name, request_report

pytestmark = pytest.mark.django_db


def ask(consultation, actor, report_format: str, parameters: dict) -> Report:
    return request_report(
        consultation=consultation,
        kind=ReportKind.FEEDBACK_REPORT,
        format=report_format,
        parameters=parameters,
        actor=actor,
    )


@pytest.mark.parametrize(
    ("parameters", "scope"),
    [
        ({"measure": 13}, "举措13"),
        ({"chapter": 2, "status": "withheld"}, "第2章_不予公开"),
        ({"unit": "县司法局", "measure": 13}, "举措13_县司法局"),
        ({}, None),
    ],
)
def test_the_name_of_a_feedback_report_tells_its_scope(consultation, drafter, during, parameters, scope):
    report = ask(consultation, drafter, "pdf", parameters)
    scope = f"_{scope}" if scope else ""
    assert file_name(report) == f"意见采纳情况汇总表{scope}_2022-08-08_{report.pk}.pdf"


def test_the_name_of_a_report_holds_only_safe_characters(consultation, drafter, during):
    unit = consultation.plan.measures.get(number=13).units.get(label="县司法局")
    type(unit).objects.filter(pk=unit.pk).update(label="../县 司法局“/\\:*")
    report = ask(consultation, drafter, "csv", {"unit": "../县 司法局“/\\:*"})
    assert file_name(report) == f"意见采纳情况汇总表_演示_县司法局_2022-08-08_{report.pk}.csv"
