import datetime as dt

import pytest
from django.core.management import call_command

from comments import tasks
from comments.models import Comment, ConsultationEvent, EventKind, Submitter
from comments.services.deciding import publish_results
from comments.services.receiving import Identity, Point, submit
from hongya_portal.models import ThrottleCounter
from hongya_portal.throttling import SUBMISSIONS_PER_NETWORK, hit

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(consultation, approver, during):
    """A consultation whose results were published three days after it closed."""
    submit(
        consultation=consultation,
        points=[Point(body="（测试）建议写明时限。")],
        identity=Identity(name="王演示", phone="00000000000", email="yanshi@example.com", publish_name=True),
        nonce="nonce",
        arrived_at=consultation.opens_at,
    )
    during.move_to(consultation.closes_at + dt.timedelta(days=3))
    publish_results(consultation, actor=approver)
    return consultation


def test_contact_data_goes_when_its_time_is_over_and_the_opinion_stays(answered, during, settings):
    settings.CONTACT_RETENTION_MONTHS = 6
    during.move_to(answered.closes_at + dt.timedelta(days=3 + 180))
    tasks.purge_expired()
    assert Submitter.objects.get().name == "王演示"
    during.move_to(answered.closes_at + dt.timedelta(days=3 + 186))
    tasks.purge_expired()
    submitter = Submitter.objects.get()
    assert (submitter.name, submitter.phone, submitter.email, submitter.publish_name) == ("", "", "", False)
    comment = Comment.objects.get()
    assert (comment.body, comment.submission.public_signature) == ("（测试）建议写明时限。", "王**")
    tasks.purge_expired()
    event = ConsultationEvent.objects.get(kind=EventKind.PERSONAL_DATA_PURGED)
    assert event.after == {"submitters": 1}


def test_nothing_goes_before_the_results_are_published(consultation, during):
    submit(
        consultation=consultation,
        points=[Point(body="（测试）建议写明时限。")],
        identity=Identity(name="王演示"),
        nonce="nonce",
        arrived_at=consultation.opens_at,
    )
    during.move_to(consultation.closes_at + dt.timedelta(days=3_000))
    tasks.purge_expired()
    assert Submitter.objects.get().name == "王演示"


def test_the_command_is_dry_by_default(answered, during, capsys):
    during.move_to(answered.closes_at + dt.timedelta(days=400))
    call_command("purge_contact_data")
    assert Submitter.objects.get().name == "王演示"
    call_command("purge_contact_data", apply=True)
    assert Submitter.objects.get().name == ""
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "保存期已满的有 1 人（加 --apply 清除）。",
        "已清除 1 人的个人信息。",
    ]


def test_counters_of_visits_go_after_a_day(db, during):
    hit(SUBMISSIONS_PER_NETWORK, "192.0.2.1")
    tasks.purge_expired()
    assert ThrottleCounter.objects.count() == 1
    during.shift(dt.timedelta(days=2))
    tasks.purge_expired()
    assert ThrottleCounter.objects.count() == 0
