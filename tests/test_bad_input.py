"""Bad requests get a clear answer in Chinese on every public page: never a 500, never a half-stored row."""

import re

import pytest
from django.test import Client

from comments.models import Comment, Submission
from hongya_portal.handler import Utf8Handler

pytestmark = pytest.mark.django_db

READ_PAGES = [
    "/",
    "/plan/",
    "/chapters/2/",
    "/measures/13/",
    "/units/",
    "/units/县司法局/",
    "/search/",
    "/privacy/",
]
WRITE_PAGES = ["/comment/", "/chapters/2/comment/", "/measures/13/comment/", "/receipts/"]
HUGE = "9" * 5000


def han(response) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", response.content.decode()))


@pytest.mark.parametrize("page", READ_PAGES + WRITE_PAGES)
@pytest.mark.parametrize("query", ["q=%00", "before=%00", "q=a%00b&before=1"])
def test_nul_in_a_query_is_a_bad_request(client: Client, consultation, during, page, query):
    response = client.get(f"{page}?{query}")
    assert response.status_code == 400
    assert han(response)


@pytest.mark.parametrize("path", ["/measures/1%00/", "/units/%00/", "/units/县%00局/", "/search%00/"])
def test_nul_in_a_path_is_refused(client: Client, consultation, during, path):
    response = client.get(path)
    assert response.status_code in (400, 404)
    assert han(response)


@pytest.mark.parametrize("number", ["0", "66", "9" * 30, HUGE, "-1", "1.5", "abc", "１３"])
@pytest.mark.parametrize(
    "page", ["/measures/{}/", "/chapters/{}/", "/measures/{}/comment/", "/chapters/{}/comment/"]
)
def test_a_number_that_does_not_exist_is_not_found(client: Client, consultation, during, page, number):
    response = client.get(page.format(number))
    assert response.status_code == 404
    assert han(response)


@pytest.mark.parametrize("page", ["/measures/13/", "/chapters/2/", "/search/", "/"])
@pytest.mark.parametrize("name", ["before", "after", "page", "q"])
@pytest.mark.parametrize(
    "value", ["-1", "0", "9" * 30, HUGE, "abc", "%F0%9F%98%80", "%ED%A0%80", "%FF%FE", "1e9"]
)
def test_odd_parameters_never_fail(client: Client, consultation, during, page, name, value):
    response = client.get(f"{page}?{name}={value}")
    assert response.status_code in (200, 400, 404)
    assert han(response)


CHARSETS = [
    "unicode_escape",
    "zlib_codec",
    "idna",
    "hex_codec",
    "undefined",
    "rot13",
    "utf-7",
    "utf-16",
    "gbk",
    "punycode",
]


@pytest.mark.parametrize("page", WRITE_PAGES)
@pytest.mark.parametrize("charset", CHARSETS)
def test_a_foreign_charset_is_a_bad_request(client: Client, consultation, during, page, charset):
    boundary = "X"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="body"\r\n\r\n\\ud800\r\n--{boundary}--\r\n'.encode()
    response = client.generic(
        "POST", page, body, content_type=f"multipart/form-data; boundary={boundary}; charset={charset}"
    )
    assert response.status_code == 400
    assert "UTF-8" in response.content.decode()
    assert not Submission.objects.exists()


@pytest.mark.parametrize("page", [*WRITE_PAGES, "/search/", "/admin/login/"])
@pytest.mark.parametrize("charset", ["zlib_codec", "utf-8; charset=hex", "utf-7"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_charset_reaches_a_decoder(rf, consultation, during, page, charset, method):
    """Through the handler that is served: Django's own fails while it makes the request."""
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    environ = rf.generic(method, f"{page}?q=x", b"body=x", content_type="text/plain").environ
    answered: list[str] = []
    body = Utf8Handler()(
        {**environ, "CONTENT_TYPE": content_type}, lambda status, headers: answered.append(status)
    )
    assert answered == ["400 Bad Request"]
    assert "UTF-8" in b"".join(body).decode()


@pytest.mark.parametrize("page", WRITE_PAGES)
def test_a_broken_body_is_answered(client: Client, consultation, during, page):
    for body, content_type in [
        (b"--X\r\nContent-Disp", "multipart/form-data; boundary=X"),
        (b"whatever", "multipart/form-data"),
        (b"{", "application/json"),
        (b"body=%ED%A0%80%00", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
    ]:
        response = client.generic("POST", page, body, content_type=content_type)
        assert response.status_code in (400, 404, 422)
        assert han(response)
    assert not Comment.objects.exists()


def test_a_body_over_the_limit_is_told_so(client: Client, consultation, during):
    response = client.post("/comment/", {"body": "长" * 1_100_000})
    assert response.status_code == 400
    assert "超过了 1 MB" in response.content.decode()


def test_too_many_fields_are_told_so(client: Client, consultation, during):
    response = client.post("/comment/", {f"field{index}": "x" for index in range(1_001)})
    assert response.status_code == 400
    assert "项目太多" in response.content.decode()
