"""Error pages: always shown, whatever is broken, with what was typed."""

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import path

from hongya_portal import views
from hongya_portal.urls import urlpatterns as portal_urls


def database_down(request):
    raise OperationalError("no connection")


def broken(request):
    raise ZeroDivisionError


urlpatterns = [path("down/", database_down), path("broken/", broken), *portal_urls]
handler400, handler403 = "hongya_portal.views.bad_request", "hongya_portal.views.permission_denied"
handler404, handler500 = "hongya_portal.views.page_not_found", "hongya_portal.views.server_error"

TYPED = "（测试）写了很久的话\n第二段<b>"


@pytest.fixture
def broken_urls(settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def typed_back(response) -> list[str]:
    return re.findall(
        r'<textarea class="typed-text"[^>]*readonly>\n(.*?)</textarea>', response.content.decode(), re.DOTALL
    )


def test_not_found_is_a_page_with_ways_on(client):
    response = client.get("/没有这一页/")
    text = response.content.decode()
    assert response.status_code == 404
    assert "<h1>没有找到这个页面</h1>" in text
    assert 'href="/search/"' in text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", sorted(views.TITLES))
def test_error_pages_need_neither_database_nor_session(status):
    """No database mark: a query would fail this test."""
    request = RequestFactory().get("/")
    response = views.error_page(request, status, "（测试）说明")
    assert response.status_code == status
    assert f"<h1>{views.TITLES[status]}</h1>" in response.content.decode()
    assert "（测试）说明" in response.content.decode()


def test_a_database_outage_is_answered_with_what_was_typed(visitor, broken_urls):
    response = visitor.post("/down/", {"body": TYPED, "suggested_text": "（测试）改成这样", "name": "王测试"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert typed_back(response) == ["（测试）写了很久的话\n第二段&lt;b&gt;", "（测试）改成这样"]
    assert "王测试" not in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_reading_pages_answer_503_when_the_database_refuses(visitor):
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("no connection")

    with connection.execute_wrapper(refuse):
        response = visitor.get("/measures/13/")
    assert response.status_code == 503
    assert "系统暂时不可用" in response.content.decode()


def test_a_fault_of_ours_is_a_page_with_what_was_typed(visitor, broken_urls):
    response = visitor.post("/broken/", {"body": TYPED})
    assert response.status_code == 500
    assert "<h1>系统出错了</h1>" in response.content.decode()
    assert typed_back(response) == ["（测试）写了很久的话\n第二段&lt;b&gt;"]


def test_a_fault_is_answered_even_when_templates_fail(visitor, broken_urls, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = tmp_path
    response = visitor.post("/broken/", {"body": TYPED})
    assert response.status_code == 500
    assert "系统出错了" in response.content.decode()
    assert "（测试）写了很久的话\n第二段&lt;b&gt;" in response.content.decode()


def test_typed_text_that_is_no_text_does_not_break_the_page(visitor, broken_urls):
    response = visitor.post("/broken/", {"body": "（测试）\x00坏\x0b字"})
    assert response.status_code == 500
    assert typed_back(response) == ["（测试）坏字"]


@pytest.mark.django_db
def test_login_without_a_cookie_is_told_why():
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "Cookie" in response.content.decode()
