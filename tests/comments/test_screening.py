"""What is suspicious is stored, receipted like anything else, and held for a person to look at."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client

from comments.models import HoldReason, Submission
from hongya_portal.models import ThrottleCounter
from hongya_portal.throttling import SUBMISSIONS_PER_NETWORK

FILLED = {"body": "（测试）建议写明公开的时限。", "kind": "opinion", "consent": "on"}


@pytest.fixture
def citizen(consultation, during) -> Client:
    return Client(enforce_csrf_checks=True)


def send(citizen: Client, during, *, seconds: float = 60, headers: dict | None = None, **changes):
    page = citizen.get("/comment/").content.decode()
    token = re.search(r'name="form_token" value="([^"]+)"', page).group(1)
    during.shift(dt.timedelta(seconds=seconds))
    response = citizen.post("/comment/", {**FILLED, "form_token": token, **changes}, headers=headers)
    assert response.status_code == 200
    return response


def held() -> list[list[str]]:
    return list(Submission.objects.order_by("serial").values_list("hold_reasons", flat=True))


@pytest.mark.django_db
def test_an_ordinary_opinion_is_not_held(citizen, during):
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    send(citizen, during, headers=headers)
    send(citizen, during)
    assert held() == [[], []]


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "reasons"), [(0, ["too_fast"]), (1.9, ["too_fast"]), (4, [])])
def test_faster_than_a_person_types(citizen, during, seconds, reasons):
    send(citizen, during, seconds=seconds)
    assert held() == [reasons]


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["http://spam.example", "\x00", "x" * 10_000])
def test_the_hidden_field_filled_in(citizen, during, value):
    send(citizen, during, homepage=value)
    assert held() == [["honeypot"]]


@pytest.mark.django_db
def test_the_hidden_field_is_hidden_from_everybody(citizen):
    page = citizen.get("/comment/").content.decode()
    trap = re.search(r'<div\s+class="hp"\s+aria-hidden="true"\s*>.*?<input([^>]+)>', page, re.DOTALL).group(1)
    assert 'name="homepage"' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "reasons"),
    [
        ({"Origin": "https://elsewhere.example"}, ["cross_site"]),
        ({"Origin": "null"}, ["cross_site"]),
        ({"Origin": "http://[broken"}, ["cross_site"]),
        ({"Origin": "http://testserver.elsewhere.example"}, ["cross_site"]),
        ({"Sec-Fetch-Site": "cross-site"}, ["cross_site"]),
        ({"Sec-Fetch-Site": "none"}, []),
        ({"Origin": "https://trusted.example"}, []),
        ({"Origin": "HTTP://TESTSERVER"}, []),
    ],
)
def test_sent_from_another_site(citizen, during, settings, headers, reasons):
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    send(citizen, during, headers=headers)
    assert held() == [reasons]


@pytest.mark.django_db
def test_a_flood_from_one_network_is_held_and_a_full_office_is_not(citizen, during):
    for _ in range(60):
        send(citizen, during, seconds=4)
    assert held() == [[]] * 60
    ThrottleCounter.objects.update(hits=SUBMISSIONS_PER_NETWORK.hits)
    last = send(citizen, during, seconds=4)
    assert held()[-1] == ["rate"]
    assert "您的意见已收到" in last.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_its_counters_an_opinion_is_stored_and_held(citizen, during):
    table = ThrottleCounter._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(ThrottleCounter, table, "counters_out_of_reach")
    try:
        send(citizen, during)
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(ThrottleCounter, "counters_out_of_reach", table)
    assert held() == [["limiter_down"]]


@pytest.mark.django_db
def test_the_receipt_of_a_held_opinion_looks_like_any_other(citizen, during):
    plain = send(citizen, during)
    suspicious = send(citizen, during, seconds=0, homepage="x", headers={"Sec-Fetch-Site": "cross-site"})
    assert held() == [[], [HoldReason.HONEYPOT, HoldReason.TOO_FAST, HoldReason.CROSS_SITE]]

    def shape(response) -> str:
        page = re.sub(r"(<dd[^>]*>)[^<]+|<time.*?</time>", r"\1", response.content.decode())
        assert "待核查" not in page
        return page

    assert shape(plain) == shape(suspicious)
