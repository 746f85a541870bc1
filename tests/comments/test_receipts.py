import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from comments.models import Outcome, WithholdReason
from comments.services import deciding, moderating
from comments.services.receiving import Identity, Point, Receipt, submit
from hongya_portal.models import ThrottleCounter
from hongya_portal.throttling import (
    LOOKUPS_PER_NETWORK,
    LOOKUPS_PER_RECEIPT,
    LOOKUPS_PER_RECEIPT_ANYWHERE,
)

pytestmark = pytest.mark.django_db

WRONG = "编号或查询码不符"
TOO_OFTEN = "查询过于频繁，请十分钟后再试"


@pytest.fixture
def receipt(consultation, during) -> Receipt:
    measures = consultation.plan.measures
    return submit(
        consultation=consultation,
        points=[
            Point(body=f"（测试）第{number}条意见的原文。", measure=measures.get(number=number))
            for number in (1, 2, 3)
        ],
        identity=Identity(name="赵演示", phone="13000000000"),
        nonce="invented-nonce",
        arrived_at=consultation.opens_at,
    )


@pytest.fixture
def officer(db) -> User:
    return User.objects.create_user("officer-one")


def look_up(number: str, code: str, **extra):
    return Client(enforce_csrf_checks=True).post("/receipts/", {"number": number, "code": code}, **extra)


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def sections(response) -> list[str]:
    return re.split(r'<section class="received-point">', text_of(response))[1:]


def test_the_page_asks_for_number_and_code():
    response = Client().get("/receipts/")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    assert re.findall(
        r'name="([a-z-]+)"', re.search(r"<form.*?</form>", text_of(response), re.DOTALL).group()
    ) == [
        "number",
        "code",
        "look-up",
    ]
    assert '<form method="post"' in text_of(response)


def test_pending_points_show_no_text(receipt):
    response = look_up(receipt.submission.receipt_number, receipt.lookup_code)
    assert response.status_code == 200
    points = sections(response)
    assert len(points) == 3
    assert all("待审核" in point and "正在审核" in point for point in points)
    body = text_of(response)
    assert "的原文" not in body
    assert "赵**" in body
    for secret in ("赵演示", "13000000000", receipt.lookup_code):
        assert secret not in body
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.parametrize("spelling", ["full width", "spaced", "lower case", "look-alikes"])
def test_number_and_code_may_be_typed_in_any_way(receipt, spelling):
    number, code = receipt.submission.receipt_number, receipt.lookup_code
    change = {
        "full width": lambda text: text.translate(
            {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
        ),
        "spaced": lambda text: f" {text.replace('-', '  ')} ",
        "lower case": str.lower,
        "look-alikes": lambda text: text.replace("0", "o").replace("1", "l"),
    }[spelling]
    assert len(sections(look_up(change(number), change(code)))) == 3


def test_each_point_shows_where_it_stands(receipt, officer, during):
    first, second, _ = receipt.submission.comments.order_by("position")
    moderating.publish(
        first, actor=officer, published_body="（测试）隐去以后的文字。", redaction_reason="隐去了电话号码"
    )
    moderating.withhold(second, actor=officer, reason=WithholdReason.INSULT, note="内部说明不外传")
    approver = User.objects.create_user("officer-two")
    disposition = deciding.propose(
        first,
        outcome=Outcome.PARTLY_ADOPTED,
        explanation="（测试）期限写明了。",
        cited_change="（测试）七日内公开。",
        actor=officer,
    )
    deciding.approve(disposition, actor=approver)
    response = look_up(receipt.submission.receipt_number, receipt.lookup_code)
    assert "部分采纳" not in text_of(response)
    deciding.publish_disposition(disposition, actor=approver)

    response = look_up(receipt.submission.receipt_number, receipt.lookup_code)
    published, withheld, pending = sections(response)
    for shown in ("隐去以后的文字", "隐去了电话号码", "部分采纳", "期限写明了", "七日内公开", "已公开"):
        assert shown in published
    assert re.findall(r"</time> (\S+)</li>", published) == ["收到", "公开", "公布采纳情况"]
    assert "不予公开的理由：含有侮辱、诽谤他人的内容" in withheld
    assert re.findall(r"</time> (\S+)</li>", withheld) == ["收到", "不予公开"]
    assert "待审核" in pending
    assert re.findall(r"</time> (\S+)</li>", pending) == ["收到"]
    for hidden in ("的原文", "内部说明", "officer-one", "officer-two"):
        assert hidden not in text_of(response)


def test_the_number_of_queries_does_not_grow_with_the_points(
    receipt, consultation, django_assert_num_queries
):
    single = submit(
        consultation=consultation,
        points=[Point(body="（测试）只有一条意见。")],
        identity=Identity(),
        nonce="another-nonce",
        arrived_at=consultation.opens_at,
    )
    for one in (single, receipt):
        look_up(one.submission.receipt_number, one.lookup_code)
        with django_assert_num_queries(11):
            assert look_up(one.submission.receipt_number, one.lookup_code).status_code == 200


def answer(number: str, code: str) -> tuple[int, str, str]:
    """Status, headers and body of a look-up, without what was typed."""
    response = look_up(number, code)
    assert code not in text_of(response)
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    return response.status_code, str(headers), text_of(response).replace(f'value="{number}"', "")


def test_wrong_code_unknown_number_and_no_number_at_all_get_one_answer(receipt, consultation):
    number, code = receipt.submission.receipt_number, receipt.lookup_code
    answers = [
        answer(number, "00000-00000"),
        answer("202208-00002-9", code),
        answer("202208-00001-3", code),
        answer("去年的编号", "00000-00000"),
    ]
    assert answers == [answers[0]] * 4
    assert answers[0][0] == 200
    assert WRONG in answers[0][2]
    assert f'value="{number}"' in text_of(look_up(number, "00000-00000"))


def test_an_empty_form_names_what_is_missing(db):
    response = look_up("", "")
    assert response.status_code == 422
    assert re.findall(r'<a href="#(id_[a-z]+)">([^<]+)</a>', text_of(response)) == [
        ("id_number", "请填写“受理编号”。"),
        ("id_code", "请填写“查询码”。"),
    ]
    assert not ThrottleCounter.objects.exists()


@pytest.mark.parametrize("exists", [True, False])
def test_guessing_at_one_number_is_stopped_whether_or_not_it_exists(receipt, exists):
    number = receipt.submission.receipt_number if exists else "202208-00002-9"
    for spelling in (number, number.replace("-", ""), number.replace("0", "o"), f" {number} ") * 2:
        assert WRONG in text_of(look_up(spelling, "00000-00000"))
    for _ in range(LOOKUPS_PER_RECEIPT.hits - 8):
        look_up(number, "00000-00000")
    stopped = look_up(number, receipt.lookup_code)
    assert (stopped.status_code, stopped.headers["Retry-After"]) == (429, "600")
    assert TOO_OFTEN in text_of(stopped)
    assert number not in text_of(stopped)


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(receipt):
    number = receipt.submission.receipt_number
    for _ in range(LOOKUPS_PER_RECEIPT.hits + 5):
        look_up(number, "00000-00000", REMOTE_ADDR="203.0.113.2")
    assert len(sections(look_up(number, receipt.lookup_code, REMOTE_ADDR="203.0.113.3"))) == 3


def test_guessing_at_one_number_from_many_networks_is_stopped(receipt):
    number = receipt.submission.receipt_number
    for index in range(LOOKUPS_PER_RECEIPT_ANYWHERE.hits):
        look_up(number, "00000-00000", REMOTE_ADDR=f"203.0.113.{index % 250}")
    assert look_up(number, receipt.lookup_code, REMOTE_ADDR="198.51.100.7").status_code == 429


def test_the_owner_is_not_locked_out_for_good(receipt, during):
    number = receipt.submission.receipt_number
    for _ in range(LOOKUPS_PER_RECEIPT.hits + 1):
        stopped = look_up(number, "00000-00000")
    assert stopped.status_code == 429
    during.shift(2 * LOOKUPS_PER_RECEIPT.seconds)
    assert len(sections(look_up(number, receipt.lookup_code))) == 3


def test_guessing_from_one_network_is_stopped(receipt):
    for index in range(LOOKUPS_PER_NETWORK.hits):
        assert look_up(f"编号{index}", "00000-00000").status_code == 200
    assert look_up(receipt.submission.receipt_number, receipt.lookup_code).status_code == 429
    elsewhere = look_up(receipt.submission.receipt_number, receipt.lookup_code, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_its_counters_the_look_up_is_closed(receipt):
    table = ThrottleCounter._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(ThrottleCounter, table, "counters_out_of_reach")
    try:
        closed = look_up(receipt.submission.receipt_number, receipt.lookup_code)
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(ThrottleCounter, "counters_out_of_reach", table)
    assert (closed.status_code, "查询服务暂时不可用" in text_of(closed)) == (503, True)
    assert look_up(receipt.submission.receipt_number, receipt.lookup_code).status_code == 200


def test_a_number_in_the_address_is_not_looked_up(receipt):
    query = {"number": receipt.submission.receipt_number, "code": receipt.lookup_code}
    response = Client().get("/receipts/", query)
    assert receipt.submission.receipt_number not in text_of(response)
    assert receipt.lookup_code not in text_of(response)


def test_the_privacy_notice_tells_the_settings_as_they_are(consultation, during, settings):
    settings.CONTACT_RETENTION_MONTHS = 7
    response = Client().get("/privacy/")
    assert response.status_code == 200
    assert not response.cookies
    body = text_of(response)
    for told in (
        settings.SITE_IDENTITY["host_unit"],
        "结果公布后 7 个月",
        "仅用于答复",
        "未满十四周岁",
        "不使用 Cookie",
        "查阅、复制、更正、删除",
        consultation.contact_email,
        "公告所载，待主办单位核实",
    ):
        assert told in body
    assert consultation.contact_person not in body
    tag = response.headers["ETag"]
    settings.CONTACT_RETENTION_MONTHS = 8
    assert Client().get("/privacy/", headers={"If-None-Match": tag}).status_code == 200
    settings.CONTACT_RETENTION_MONTHS = 7
    assert Client().get("/privacy/", headers={"If-None-Match": tag}).status_code == 304


def test_the_privacy_notice_stands_without_a_consultation(db):
    response = Client().get("/privacy/")
    assert response.status_code == 200
    assert "联系电话：" not in text_of(response)


@pytest.fixture
def named(consultation, during) -> Receipt:
    return submit(
        consultation=consultation,
        points=[Point(body="（测试）第一点。"), Point(body="（测试）第二点。")],
        identity=Identity(kind="person", name="赵演示", publish_name=True),
        nonce="invented-nonce",
        arrived_at=consultation.opens_at,
    )


PROMISE = "公开时按您的选择署姓名"


def test_a_full_name_is_promised_before_and_shown_once_it_is_public(named, officer):
    number, code = named.submission.receipt_number, named.lookup_code
    before = text_of(look_up(number, code))
    assert "公开署名：<bdi>赵**</bdi>（公开时按您的选择署姓名）" in before
    assert "赵演示" not in before
    moderating.publish(named.submission.comments.first(), actor=officer)
    after = text_of(look_up(number, code))
    assert "公开署名：<bdi>赵演示</bdi>" in after
    assert PROMISE not in after


def test_nothing_is_promised_to_whoever_did_not_ask_for_it(receipt, officer):
    number, code = receipt.submission.receipt_number, receipt.lookup_code
    moderating.publish(receipt.submission.comments.first(), actor=officer)
    page = text_of(look_up(number, code))
    assert "公开署名：<bdi>赵**</bdi>" in page
    assert PROMISE not in page
