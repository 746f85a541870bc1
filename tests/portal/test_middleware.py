import datetime as dt

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory

from hongya_portal import middleware

EXPECTED_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def policy(response) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/nothing/", "/?q=%00", "/admin/login/", "/admin/", "/comment/"])
def test_every_answer_carries_the_same_protection(client, page):
    response = client.get(page)
    assert {name: response.headers.get(name) for name in EXPECTED_HEADERS} == EXPECTED_HEADERS
    assert policy(response) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_arrival_is_stamped_before_anything_else_takes_time():
    seen = []

    def slow(request) -> HttpResponse:
        traveller.shift(5)
        seen.append(request.arrived_at)
        return HttpResponse()

    moment = dt.datetime(2022, 8, 10, 23, 59, 58, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with time_machine.travel(moment, tick=False) as traveller:
        middleware.arrival(slow)(RequestFactory().get("/"))
    assert seen == [moment]


def test_arrival_is_the_first_middleware(settings):
    assert settings.MIDDLEWARE[0] == "hongya_portal.middleware.arrival"


@pytest.mark.parametrize(
    ("given", "kept"), [(None, "no-store"), ("public, max-age=60", "public, max-age=60")]
)
def test_answers_are_not_kept_unless_their_view_says_so(given, kept):
    response = HttpResponse()
    if given:
        response.headers["Cache-Control"] = given
    answered = middleware.response_headers(lambda request: response)(RequestFactory().get("/"))
    assert answered.headers["Cache-Control"] == kept


def answer(request) -> HttpResponse:
    return middleware.refuse_malformed(lambda passed: HttpResponse("passed"))(request)


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "a=1&b=%00"])
def test_nul_in_the_query_is_refused(query):
    assert answer(RequestFactory().get(f"/?{query}")).status_code == 400


@pytest.mark.parametrize("query", ["", "q=%E7%9B%91", "q=%2500", "q=%0A"])
def test_other_queries_pass(query):
    assert answer(RequestFactory().get(f"/?{query}")).content == b"passed"


@pytest.mark.parametrize(
    ("content_type", "passes"),
    [
        ("application/x-www-form-urlencoded", True),
        ("multipart/form-data; boundary=X", True),
        ("multipart/form-data; boundary=X; charset=UTF-8", True),
        ('application/x-www-form-urlencoded; charset="utf-8"', True),
        ("multipart/form-data; boundary=X; charset=unicode_escape", False),
        ("application/x-www-form-urlencoded; charset=gbk", False),
        ("application/x-www-form-urlencoded; charset=", False),
    ],
)
def test_only_utf8_bodies_pass(content_type, passes):
    request = RequestFactory().generic("POST", "/", b"body=x", content_type=content_type)
    assert (answer(request).content == b"passed") is passes


def test_a_text_of_lone_surrogates_is_refused_and_can_still_be_answered():
    body = b'--X\r\nContent-Disposition: form-data; name="body"\r\n\r\n\\ud800\r\n--X--\r\n'
    request = RequestFactory().generic(
        "POST", "/", body, content_type="multipart/form-data; boundary=X; charset=unicode_escape"
    )
    response = answer(request)
    assert response.status_code == 400
    assert "UTF-8" in response.content.decode()


@pytest.mark.parametrize("error", [ValueError("other"), KeyError("other")])
def test_only_a_database_outage_is_answered_as_one(error):
    chain = middleware.answer_database_outage(lambda request: HttpResponse())
    assert chain.process_exception(RequestFactory().get("/"), error) is None
