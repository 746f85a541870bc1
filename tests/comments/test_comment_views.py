import datetime as dt
import re
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client

from comments.models import Channel, Comment, CommentEvent, Submission, Submitter
from hongya_portal import form_tokens
from tests.comments.citizens import BODY, FILLED, PAGES, nothing_stored, receipt_of, send, text_of, token_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def citizen(consultation, during) -> Client:
    """A browser without an account, on the open consultation; the CSRF check is on, as it is in earnest."""
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("page", PAGES)
def test_the_form_page(citizen, page):
    response = citizen.get(page)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    body = text_of(response)
    assert "csrfmiddlewaretoken" not in body
    assert "maxlength" not in body
    assert ('name="suggested_text"' in body) is ("measures" in page)
    assert re.search(r'<input[^>]+name="publish_name"[^>]*>', body).group().count("checked") == 0


def test_the_form_stands_beside_the_text_it_is_about(citizen, consultation):
    measure = consultation.plan.measures.get(number=13)
    assert measure.text in text_of(citizen.get("/measures/13/comment/"))
    chapter = consultation.plan.chapters.get(number=1)
    first_line = chapter.introduction.splitlines()[0]
    assert first_line in text_of(citizen.get("/chapters/1/comment/"))


@pytest.mark.parametrize("page", ["/measures/66/comment/", "/chapters/12/comment/", "/measures/0/comment/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_does_not_exist_takes_no_opinion(citizen, page, method):
    assert getattr(citizen, method)(page, FILLED).status_code == 404
    assert nothing_stored()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(citizen, method):
    assert getattr(citizen, method)("/comment/").status_code == 405


@pytest.mark.parametrize(
    ("page", "measure", "chapter"), [(PAGES[0], None, None), (PAGES[1], None, 1), (PAGES[2], 13, None)]
)
def test_an_opinion_is_stored_and_receipted(citizen, consultation, page, measure, chapter):
    response = send(citizen, page)
    assert response.status_code == 200
    submission, comment = Submission.objects.get(), Comment.objects.get()
    number, code = receipt_of(response)
    assert submission.receipt_number == number == "202208-00001-2"
    assert re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", code)
    assert (submission.consultation, submission.channel) == (consultation, Channel.WEB)
    assert (submission.hold_reasons, submission.late, submission.signature) == (["too_fast"], False, "群众")
    assert (comment.measure and comment.measure.number, comment.chapter and comment.chapter.number) == (
        measure,
        chapter,
    )
    assert (comment.body, comment.kind, comment.status) == (BODY, "opinion", "pending")
    assert CommentEvent.objects.count() == 1
    assert not Submitter.objects.exists()


def test_the_receipt_shows_what_was_received_and_the_code_once(citizen):
    response = send(
        citizen, suggested_text="（测试）改为：应当在七日内公开。", name="赵演示", town="511423117"
    )
    number, code = receipt_of(response)
    body = text_of(response)
    assert (body.count(code), body.count(number)) == (1, 1)
    assert code not in re.search(r"<title>.*?</title>", body, re.DOTALL).group()
    for shown in (BODY, "应当在七日内公开", "赵**", "（十三）", "只显示这一次", "8 月 10 日 24 时"):
        assert shown in body
    assert "赵演示" not in body
    assert "赵演示" in text_of(send(citizen, name="赵演示", publish_name="on"))
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_everything_given_is_stored(citizen):
    given = {"submitter_kind": "person", "town": "511423117", "name": "赵演示", "publish_name": "on"}
    send(citizen, **given, phone="130 0000 0000", email="yanshi@example.com", kind="amend")
    submitter = Submitter.objects.get()
    assert {field: getattr(submitter, field) for field in ("kind", "town", "name", "phone", "email")} == {
        "kind": "person",
        "town": "511423117",
        "name": "赵演示",
        "phone": "13000000000",
        "email": "yanshi@example.com",
    }
    assert submitter.publish_name is True
    assert Comment.objects.get().kind == "amend"


def every_stored_cell() -> str:
    cells = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            cells += [str(cell) for row in cursor.fetchall() for cell in row]
    return "\n".join(cells)


def test_no_secret_stands_readable_in_the_database_or_the_log(citizen, caplog):
    caplog.set_level("DEBUG")
    token = token_in(citizen.get("/comment/"))
    contact = {"name": "赵演示", "phone": "13000000000", "email": "yanshi@example.com"}
    _, code = receipt_of(send(citizen, "/comment/", **contact, form_token=token))
    nonce = token.split(":")[0]
    stored = every_stored_cell()
    assert BODY in stored
    for secret in (*contact.values(), code, code.replace("-", ""), nonce, "127.0.0.1"):
        assert secret not in stored
        assert secret not in caplog.text
    assert BODY not in caplog.text


def test_the_same_form_twice_gives_the_same_receipt(citizen):
    token = token_in(citizen.get("/comment/"))
    first, second = (send(citizen, "/comment/", form_token=token) for _ in range(2))
    assert receipt_of(first) == receipt_of(second)
    assert "没有重复登记" not in text_of(first)
    assert "这份意见此前已经收到，没有重复登记" in text_of(second)
    assert (Submission.objects.count(), Comment.objects.count()) == (1, 1)


def test_an_edited_text_on_a_used_form_is_offered_as_a_new_opinion(citizen):
    token = token_in(citizen.get("/comment/"))
    number, code = receipt_of(send(citizen, "/comment/", form_token=token))
    refused = send(citizen, "/comment/", form_token=token, body="（测试）另外建议加上联系电话。")
    assert refused.status_code == 409
    body = text_of(refused)
    assert number in body
    assert code not in body
    assert "（测试）另外建议加上联系电话。</textarea>" in body
    assert Comment.objects.get().body == BODY
    again = send(citizen, "/comment/", form_token=token_in(refused), body="（测试）另外建议加上联系电话。")
    assert receipt_of(again)[0] == "202208-00002-9"
    assert list(Comment.objects.order_by("pk").values_list("body", flat=True)) == [
        BODY,
        "（测试）另外建议加上联系电话。",
    ]


def test_a_form_with_errors_keeps_everything_and_its_token(citizen):
    token = token_in(citizen.get("/measures/13/comment/"))
    typed = {
        "body": "好" * 2001,
        "suggested_text": "改<b>",
        "name": "赵演示",
        "phone": "无",
        "town": "outside",
    }
    response = citizen.post("/measures/13/comment/", {"form_token": token, "kind": "question", **typed})
    assert response.status_code == 422
    body = response.content.decode()
    assert token_in(response) == token
    for kept in ("好" * 2001, "改&lt;b&gt;", 'value="赵演示"', 'value="无"', 'value="outside" selected'):
        assert kept in body
    assert re.search(r'value="question"[^>]*checked', body)
    links = re.findall(r'<a href="#(id_[a-z_0-9]+)">', body)
    assert links == ["id_body", "id_phone", "id_consent"]
    assert all(f'id="{anchor}"' in body for anchor in links)
    assert re.search(r'class="error-summary" role="alert" tabindex="-1" autofocus', body)
    assert "<title>有误待改：" in body
    assert nothing_stored()


def test_a_mended_form_is_taken(citizen):
    response = citizen.post("/comment/", {"form_token": token_in(citizen.get("/comment/"))})
    assert receipt_of(send(citizen, "/comment/", form_token=token_in(response)))[0] == "202208-00001-2"


def test_a_long_text_is_kept_in_the_page(citizen):
    response = send(citizen, body="长" * 100_000)
    assert response.status_code == 422
    assert "长" * 100_000 + "</textarea>" in response.content.decode()
    assert nothing_stored()


@pytest.mark.parametrize("token", ["missing", "forged", "other form", "stale"])
def test_a_form_without_a_good_token_is_shown_again(citizen, during, token):
    value = {
        "missing": "",
        "forged": "a:b:c",
        "other form": token_in(citizen.get("/measures/14/comment/")),
        "stale": token_in(citizen.get("/measures/13/comment/")),
    }[token]
    during.shift(dt.timedelta(hours=25) if token == "stale" else dt.timedelta(minutes=1))
    refused = citizen.post("/measures/13/comment/", {**FILLED, "form_token": value})
    assert refused.status_code == 422
    assert "页面停留时间过长，请核对后再次提交" in text_of(refused)
    assert f"{BODY}</textarea>" in text_of(refused)
    assert nothing_stored()
    assert token_in(refused) != value
    assert send(citizen, form_token=token_in(refused)).status_code == 200


def test_what_a_form_does_not_have_is_ignored(citizen):
    send(
        citizen,
        "/measures/13/comment/",
        status="published",
        measure="14",
        chapter="2",
        is_staff="1",
        consultation="99",
        received_at="2000-01-01",
        published_body="（测试）绕过审核",
    )
    comment = Comment.objects.get()
    assert (comment.status, comment.measure.number, comment.chapter) == ("pending", 13, None)
    assert (comment.published_body, comment.submission.received_at.year) == ("", 2022)


def test_of_a_repeated_field_the_last_counts(citizen):
    send(citizen, kind=["support", "question"], body=["（测试）第一份文字，十个字。", BODY])
    assert (Comment.objects.get().kind, Comment.objects.get().body) == ("question", BODY)


def test_without_a_consultation_there_is_no_form(db):
    assert Client().get("/comment/").status_code == 404


class BrokenStream(BytesIO):
    def read(self, size: int = -1) -> bytes:
        raise OSError("connection reset")


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("page", [*PAGES, "/receipts/"])
def test_a_connection_that_breaks_leaves_nothing_behind(citizen, consultation, page, broken):
    token = form_tokens.issue(f"comment/{consultation.pk}/plan/0")
    cut = f"form_token={token}&kind=opinion&consent=on&body={'x' * 50}".encode()
    response = citizen.generic(
        "POST",
        page,
        cut,
        content_type="application/x-www-form-urlencoded",
        CONTENT_LENGTH=str(len(cut) + 50),
        **{"wsgi.input": BrokenStream() if broken else BytesIO(cut)},
    )
    assert (response.status_code, "连接中断" in text_of(response)) == (400, True)
    assert nothing_stored()


@pytest.mark.parametrize(("contact", "queries"), [({}, 10), ({"name": "赵演示", "phone": "13000000000"}, 11)])
def test_a_submission_costs_a_fixed_number_of_queries(citizen, django_assert_num_queries, contact, queries):
    """The transaction itself is two statements more, here a savepoint."""
    send(citizen)  # The network's counter row now exists.
    token = token_in(citizen.get("/measures/13/comment/"))
    with django_assert_num_queries(queries + 2):
        assert send(citizen, form_token=token, **contact).status_code == 200
