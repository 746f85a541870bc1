"""Published opinions and their answers on the pages of the plan."""

import re

import pytest
import time_machine

from comments.models import CommentKind, Outcome, WithholdReason
from comments.services.deciding import approve, propose, publish_disposition
from comments.services.moderating import publish, withhold
from plan.models import Measure
from tests.plan.pages import at, page_text, receive, received_and_published


@pytest.fixture
def measure(consultation) -> Measure:
    return consultation.plan.measures.get(number=13)


def test_measure_page_shows_published_opinions_with_answers(
    client, consultation, measure, moderator, drafter, approver, during
):
    comment = received_and_published(
        consultation,
        moderator,
        "（测试）请保留窗口。\n还有第二段。",
        measure=measure,
        kind=CommentKind.AMEND,
        suggested_text="（测试）新的文字",
    )
    assert "答复" not in page_text(client.get("/measures/13/"))
    disposition = propose(
        comment,
        outcome=Outcome.NOT_ADOPTED,
        explanation="（测试）另有规定。",
        cited_change="（测试）引文",
        actor=drafter,
    )
    approve(disposition, actor=approver)
    assert "答复" not in page_text(client.get("/measures/13/"))
    publish_disposition(disposition, actor=approver)
    response = client.get("/measures/13/")
    assert (
        "公开的意见1条修改建议王**2022-08-05(测试)请保留窗口。还有第二段。建议改为(测试)新的文字"
        "答复未采纳(测试)另有规定。修改情况(测试)引文洪雅县司法局2022-08-08"
    ) in page_text(response)
    assert "王测试" not in response.content.decode()
    assert comment.submission.receipt_number not in response.content.decode()


def test_an_answer_stands_until_its_successor_is_published(
    client, consultation, measure, moderator, drafter, approver, during
):
    comment = received_and_published(consultation, moderator, "（测试）意见", measure=measure)
    shown = []
    for explanation in ["（测试）旧的答复", "（测试）新的答复"]:
        disposition = propose(comment, outcome=Outcome.EXPLAINED, explanation=explanation, actor=drafter)
        approve(disposition, actor=approver)
        shown.append(re.findall(r"（测试）.的答复", client.get("/measures/13/").content.decode()))
        publish_disposition(disposition, actor=approver)
    shown.append(re.findall(r"（测试）.的答复", client.get("/measures/13/").content.decode()))
    assert shown == [[], ["（测试）旧的答复"], ["（测试）新的答复"]]


def test_opinions_stand_only_where_they_were_made(client, consultation, measure, moderator, during):
    chapter = measure.chapter
    for body, target in [
        ("（测试）条", {"measure": measure}),
        ("（测试）章", {"chapter": chapter}),
        ("（测试）全", {}),
    ]:
        received_and_published(consultation, moderator, body, **target)
    pages = {page: page_text(client.get(page)) for page in ("/measures/13/", "/chapters/2/", "/plan/")}
    found = {page: re.findall(r"\(测试\)(.)", text) for page, text in pages.items()}
    assert found == {"/measures/13/": ["条"], "/chapters/2/": ["章"], "/plan/": ["全"]}


def test_what_is_not_published_is_not_shown(client, consultation, measure, moderator, during):
    receive(consultation, "（测试）待审核的话", measure=measure)
    redacted = receive(consultation, "（测试）请打 00000000000", measure=measure)
    publish(redacted, actor=moderator, published_body="（测试）请打电话", redaction_reason="隐去电话")
    for reason in [WithholdReason.ADVERTISEMENT, WithholdReason.ADVERTISEMENT, WithholdReason.INSULT]:
        withhold(receive(consultation, "（测试）不公开的话", measure=measure), actor=moderator, reason=reason)
    text = page_text(client.get("/measures/13/"))
    assert "公开的意见1条" in text
    assert "公开时隐去了部分内容:隐去电话" in text
    assert client.get("/measures/13/").content.decode().count('<li class="opinion"') == 1
    assert "另有3条不予公开(含有侮辱、诽谤他人的内容1条;广告或与征求意见无关的推广2条)" in text
    assert [secret for secret in ("待审核的话", "00000000000", "不公开的话") if secret in text] == []


def test_hostile_text_is_shown_as_text_and_isolated(client, consultation, measure, moderator, during):
    received_and_published(
        consultation, moderator, "（测试）<script>alert(1)</script>\u202e倒", measure=measure
    )
    text = client.get("/measures/13/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert '<p class="user-text" dir="auto">（测试）&lt;script' in text


def test_opinions_are_paged_by_key_and_none_is_lost(client, consultation, measure, moderator, during):
    for number in range(43):
        received_and_published(consultation, moderator, f"（测试）第{number}件", measure=measure)
    page, seen = "/measures/13/", []
    for _ in range(3):
        text = client.get(page).content.decode()
        seen.append([int(number) for number in re.findall(r"（测试）第(\d+)件", text)])
        older = re.search(r'rel="next" href="(\?before=\d+)#opinions"', text)
        page = f"/measures/13/{older[1]}" if older else ""
    assert seen == [list(range(42, 22, -1)), list(range(22, 2, -1)), [2, 1, 0]]
    assert page == ""


def test_a_full_page_has_no_older_one(client, consultation, measure, moderator, during):
    for number in range(20):
        received_and_published(consultation, moderator, f"（测试）第{number}件", measure=measure)
    assert "查看更早的意见" not in page_text(client.get("/measures/13/"))


@pytest.mark.parametrize(
    "before", ["", "0", "-1", "x", "１２", "1.5", "9" * 19, "9" * 30, "9" * 5000, "%F0%9F"]
)
def test_a_bad_page_parameter_shows_the_first_page(client, consultation, measure, moderator, during, before):
    received_and_published(consultation, moderator, "（测试）唯一的意见", measure=measure)
    response = client.get(f"/measures/13/?before={before}")
    assert response.status_code == 200
    assert "(测试)唯一的意见" in page_text(response)


def test_a_page_before_the_first_opinion_says_so(client, consultation, measure, moderator, during):
    comment = received_and_published(consultation, moderator, "（测试）唯一的意见", measure=measure)
    text = page_text(client.get(f"/measures/13/?before={comment.pk}"))
    assert "没有更早的意见了" in text


def test_no_opinions_read_well(client, consultation, during):
    assert "目前还没有针对这条举措的公开意见。意见经审核后在这里公开。" in page_text(
        client.get("/measures/13/")
    )
    with time_machine.travel(at(8, 20), tick=False):
        assert "没有针对本章的公开意见。" in page_text(client.get("/chapters/2/"))


def test_measures_and_chapters_lead_to_their_published_opinions(
    client, consultation, measure, moderator, during
):
    for target in [{"measure": measure}, {"measure": measure}, {"chapter": measure.chapter}, {}]:
        received_and_published(consultation, moderator, "（测试）意见", **target)
    receive(consultation, "（测试）还没有审核", measure=consultation.plan.measures.get(number=2))
    link = re.compile(r'<a href="(/[^"]+)#opinions">(\d+) 条公开意见</a>')
    assert link.findall(client.get("/plan/").content.decode()) == [
        ("/chapters/2/", "1"),
        ("/measures/13/", "2"),
    ]
    assert link.findall(client.get("/chapters/2/").content.decode()) == [("/measures/13/", "2")]
