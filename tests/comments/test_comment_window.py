"""The one gate, to the millisecond, and what a person sees on either side of it."""

import datetime as dt
import html
import re

import pytest
import time_machine
from django.test import Client

from comments.models import Submission
from hongya_portal import form_tokens
from plan.models import Consultation
from tests.comments.citizens import BODY, PAGES, nothing_stored, receipt_of, send, text_of, token_in

pytestmark = pytest.mark.django_db

MILLISECOND = dt.timedelta(milliseconds=1)


@pytest.fixture
def time_machine_at():
    """Stop the clock at a moment."""
    with time_machine.travel(0, tick=False) as traveller:
        yield traveller.move_to


MOMENTS = [
    ("opens_at", -MILLISECOND, 403, "征求意见尚未开始"),
    ("opens_at", dt.timedelta(0), 200, "您的意见已收到"),
    ("opens_at", MILLISECOND, 200, "您的意见已收到"),
    ("closes_at", -MILLISECOND, 200, "您的意见已收到"),
    ("closes_at", dt.timedelta(0), 403, "征求意见已经结束"),
    ("closes_at", MILLISECOND, 403, "征求意见已经结束"),
]


@pytest.mark.parametrize(("edge", "distance", "status", "heading"), MOMENTS)
def test_the_window_is_exact(consultation, time_machine_at, edge, distance, status, heading):
    citizen = Client(enforce_csrf_checks=True)
    moment = getattr(consultation, edge) + distance
    time_machine_at(moment - dt.timedelta(hours=1))
    token = form_tokens.issue(f"comment/{consultation.pk}/measure/13")
    time_machine_at(moment)
    response = send(citizen, form_token=token, suggested_text="（测试）改<写>")
    assert (response.status_code, heading in text_of(response)) == (status, True)
    received = list(Submission.objects.values_list("received_at", flat=True))
    assert received == ([moment] if status == 200 else [])
    if status == 403:
        assert nothing_stored()
        kept = re.findall(
            r'<textarea class="typed-text"[^>]*readonly>\n([^<]*)</textarea>', response.content.decode()
        )
        assert [html.unescape(text) for text in kept] == [BODY, "（测试）改<写>"]


@pytest.mark.parametrize(
    ("edge", "distance", "shown"),
    [
        ("opens_at", -MILLISECOND, "2022 年 8 月 2 日 00:00 开始"),
        ("closes_at", dt.timedelta(0), "已于 2022 年 8 月 10 日结束"),
    ],
)
def test_outside_the_window_the_page_says_so(consultation, time_machine_at, edge, distance, shown):
    time_machine_at(getattr(consultation, edge) + distance)
    for page in PAGES:
        response = Client().get(page)
        assert (response.status_code, shown in text_of(response)) == (200, True)
        assert "<form" not in text_of(response)


def test_after_the_deadline_nobody_is_asked_to_mend(consultation, time_machine_at):
    time_machine_at(consultation.closes_at)
    for fields in ({"body": BODY}, {"body": BODY, "form_token": "a:b:c"}):
        response = Client().post("/comment/", fields)
        assert (response.status_code, "征求意见已经结束" in text_of(response)) == (403, True)
        assert BODY in text_of(response)


def test_a_retry_after_the_deadline_still_gets_its_receipt(consultation, time_machine_at):
    citizen = Client()
    time_machine_at(consultation.closes_at - dt.timedelta(minutes=2))
    token = token_in(citizen.get("/comment/"))
    first = send(citizen, "/comment/", form_token=token)
    time_machine_at(consultation.closes_at + dt.timedelta(minutes=2))
    assert receipt_of(send(citizen, "/comment/", form_token=token)) == receipt_of(first)


def test_results_published_is_a_state_of_its_own(consultation, time_machine_at):
    Consultation.objects.update(results_published_at=consultation.closes_at)
    time_machine_at(consultation.closes_at + dt.timedelta(days=1))
    assert "采纳情况已经公布" in text_of(Client().get("/comment/"))
