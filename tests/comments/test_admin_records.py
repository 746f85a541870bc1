"""The lists and pages that are only read: submissions, events, plan, units; and the consultation's settings."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import ConsultationEvent, EventKind
from comments.services.consulting import change_settings
from comments.services.deciding import approve, propose
from comments.services.receiving import Identity, Point, submit
from plan.models import Consultation, Measure, ResponsibleUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(administrator, staff_client) -> Client:
    return staff_client(administrator)


@pytest.fixture
def settings_page(consultation, during) -> str:
    return f"/admin/plan/consultation/{consultation.pk}/change/"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def sent_form(client: Client, page: str) -> dict[str, str]:
    """What a browser sends from the settings' form, untouched, hidden fields and all."""
    form = client.get(page).context["form"]
    data = {}
    for field in form:
        value = "" if field.value() in (None, False) else str(field.value())
        data[field.html_name] = value
        if field.field.show_hidden_initial:
            data[field.html_initial_name] = value
    return data


def test_a_submission_shows_all_its_points_and_no_personal_data(desk, consultation, during):
    receipt = submit(
        consultation=consultation,
        points=[Point(body="（测试）第一点"), Point(body="（测试）第二点", suggested_text="（测试）新写法")],
        identity=Identity(name="王虚构", phone="13800000000"),
        nonce="invented",
        arrived_at=consultation.opens_at,
    )
    page = text(desk.get(f"/admin/comments/submission/{receipt.submission.pk}/change/"))
    for shown in (
        "（测试）第一点",
        "（测试）第二点",
        "（测试）新写法",
        "王**",
        receipt.submission.receipt_number,
    ):
        assert shown in page
    for secret in ("王虚构", "13800000000", receipt.lookup_code, receipt.submission.lookup_hash):
        assert secret not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_submissions_asks_the_same_number_of_questions(desk, receive, count):
    for _ in range(count):
        receive()
    with CaptureQueriesContext(connection) as queries:
        response = desk.get("/admin/comments/submission/")
    assert len(response.context["cl"].result_list) == count
    own = [row["sql"] for row in queries if row["sql"].startswith("SELECT")]
    assert len([sql for sql in own if "django_session" not in sql]) == 5


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_events_asks_the_same_number_of_questions(desk, receive, count):
    for _ in range(count):
        receive()
    with CaptureQueriesContext(connection) as queries:
        response = desk.get("/admin/comments/commentevent/")
    assert len(response.context["cl"].result_list) == count
    own = [row["sql"] for row in queries if row["sql"].startswith("SELECT")]
    assert len([sql for sql in own if "django_session" not in sql]) == 5


def test_events_are_told_in_words(desk, receive, drafter):
    propose(receive(), outcome="adopted", explanation="", actor=drafter)
    page = text(desk.get("/admin/comments/commentevent/"))
    assert "采纳情况：采纳；状态：拟办" in page
    assert "渠道：网页；逾期：否" in page
    assert desk.get("/admin/comments/commentevent/?kind__exact=withheld").context["cl"].result_count == 0
    assert desk.get("/admin/comments/commentevent/?day=2022-08-08").context["cl"].result_count == 2


def test_measures_with_a_doubt_are_found_and_the_doubt_is_shown(desk, consultation):
    noted = set(Measure.objects.exclude(source_note=""))
    assert noted
    assert set(desk.get("/admin/plan/measure/?noted=yes").context["cl"].result_list) == noted
    measure = Measure.objects.get(number=15)
    assert "疑为“达100%”" in text(desk.get(f"/admin/plan/measure/{measure.pk}/change/"))


def test_a_measure_cannot_be_edited(desk, consultation):
    measure = Measure.objects.get(number=1)
    response = desk.post(f"/admin/plan/measure/{measure.pk}/change/", {"title": "改写", "body": "改写"})
    assert response.status_code == 403
    assert Measure.objects.get(number=1).body == measure.body


def test_only_the_full_name_of_a_unit_is_filled_in(desk, consultation):
    unit = ResponsibleUnit.objects.get(label="县司法局")
    response = desk.post(
        f"/admin/plan/responsibleunit/{unit.pk}/change/",
        {"full_name": "（测试）虚构全称", "label": "改写", "kind": "group", "position": "99"},
    )
    assert response.status_code == 302
    changed = ResponsibleUnit.objects.get(pk=unit.pk)
    assert (changed.full_name, changed.label, changed.kind, changed.position) == (
        "（测试）虚构全称",
        "县司法局",
        unit.kind,
        unit.position,
    )
    assert Consultation.objects.get().public_revision == consultation.public_revision + 1


def test_settings_are_changed_with_an_event_and_a_new_public_revision(
    desk, settings_page, consultation, administrator
):
    data = sent_form(desk, settings_page)
    data |= {
        "contacts_confirmed": "on",
        "shortened_reason": "（测试）虚构的理由",
        "reason": "（测试）来电核实",
    }
    assert desk.post(settings_page, data).status_code == 302
    changed = Consultation.objects.get()
    assert (changed.contacts_confirmed, changed.shortened_reason) == (True, "（测试）虚构的理由")
    assert changed.public_revision == consultation.public_revision + 1
    event = ConsultationEvent.objects.get(kind=EventKind.CHANGED)
    assert (event.actor, event.reason) == (administrator, "（测试）来电核实")
    assert event.before == {"shortened_reason": "", "contacts_confirmed": False}
    assert event.after == {"shortened_reason": "（测试）虚构的理由", "contacts_confirmed": True}
    assert "缩短期限说明：（测试）虚构的理由" in text(desk.get(settings_page))


def test_an_untouched_form_changes_nothing(desk, settings_page, consultation):
    response = desk.post(settings_page, sent_form(desk, settings_page), follow=True)
    assert "没有改动。" in text(response)
    assert not ConsultationEvent.objects.exists()
    assert Consultation.objects.get().public_revision == consultation.public_revision


def test_two_officers_on_two_fields_do_not_undo_each_other(desk, settings_page, consultation, administrator):
    opened_before = sent_form(desk, settings_page)
    change_settings(consultation, values={"contact_phone": "（测试）000"}, actor=administrator)
    desk.post(settings_page, opened_before | {"contact_person": "（测试）某人"})
    changed = Consultation.objects.get()
    assert (changed.contact_phone, changed.contact_person) == ("（测试）000", "（测试）某人")


def test_what_is_not_offered_cannot_be_changed(desk, settings_page, consultation):
    data = sent_form(desk, settings_page)
    data |= {"closes_at": "2030-01-01", "results_published_at": "2022-08-08", "receipt_prefix": "000000"}
    desk.post(settings_page, data | {"contact_person": "（测试）某人"})
    changed = Consultation.objects.get()
    assert (changed.closes_at, changed.results_published_at, changed.receipt_prefix) == (
        consultation.closes_at,
        None,
        consultation.receipt_prefix,
    )
    with pytest.raises(ValueError, match="closes_at"):
        change_settings(consultation, values={"closes_at": consultation.opens_at}, actor=None)


def test_a_wrong_setting_is_refused_and_kept(desk, settings_page):
    data = sent_form(desk, settings_page) | {"contact_email": "不是邮箱", "kind": "invented"}
    response = desk.post(settings_page, data)
    assert response.status_code == 422
    assert "不是邮箱" in text(response)
    assert not ConsultationEvent.objects.exists()


def test_results_are_published_after_the_end_only(
    settings_page, receive, drafter, approver, staff_client, consultation, during
):
    client = staff_client(approver)
    approve(propose(receive(), outcome="adopted", explanation="", actor=drafter), actor=approver)
    button = settings_page.replace("change", "publish-results")
    assert "公布全部结果" not in text(client.get(settings_page))
    assert "征集结束以后才能公布结果。" in text(client.post(button, follow=True))
    during.move_to(consultation.closes_at)
    client = staff_client(approver)
    assert "公布全部结果" in text(client.get(settings_page))
    assert "本次公布采纳情况 1 条" in text(client.post(button, follow=True))
    assert Consultation.objects.get().state() == "results_published"
    assert "结果已经公布。" in text(client.post(button, follow=True))
