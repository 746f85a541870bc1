"""How the pages may be kept: no trace of the reader, one tag for one content, few queries."""

import re

import pytest
from django.test import Client

from comments.models import Outcome, WithholdReason
from comments.services.deciding import approve, propose, publish_disposition
from comments.services.moderating import publish, withhold
from hongya_portal import caching
from plan.models import Consultation, Measure, ResponsibleUnit
from tests.plan.pages import PAGES, at, page_text, receive, received_and_published


@pytest.fixture
def measure(consultation) -> Measure:
    return consultation.plan.measures.get(number=13)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_whole_and_keeps_nothing_of_the_reader(client, consultation, during, page):
    response = client.get(page)
    text = response.content.decode()
    assert response.status_code == 200
    assert text.count("<h1") == 1
    assert '<html lang="zh-CN">' in text
    assert 'href="#content"' in text
    assert not response.cookies
    assert not response.has_header("Vary")
    assert "csrfmiddlewaretoken" not in text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
    assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=30, must-revalidate"


@pytest.mark.parametrize("page", PAGES)
def test_page_answers_head_and_refuses_post(client, consultation, during, page):
    head = client.head(page)
    assert (head.status_code, head.content, head.headers["ETag"]) == (
        200,
        b"",
        client.get(page).headers["ETag"],
    )
    refused = client.post(page, {"body": "（测试）想说的话"})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert refused.headers["Cache-Control"] == "no-store"
    assert "此页只能阅读" in refused.content.decode()
    assert "（测试）想说的话" in refused.content.decode()


def test_a_session_sent_along_is_neither_read_nor_renewed(consultation, during, moderator, staff_client):
    response = staff_client(moderator).get("/measures/13/")
    assert response.status_code == 200
    assert not response.cookies
    assert not response.has_header("Vary")


def test_post_without_a_token_is_405_and_not_403(consultation, during):
    assert Client(enforce_csrf_checks=True).post("/measures/13/").status_code == 405


@pytest.mark.parametrize(
    ("page", "queries"),
    [
        ("/", 4),
        ("/plan/", 7),
        ("/chapters/2/", 8),
        ("/measures/13/", 7),
        ("/units/", 2),
        ("/search/?q=监督", 2),
    ],
)
@pytest.mark.parametrize("amount", [1, 3])
def test_queries_do_not_grow_with_opinions(
    client,
    consultation,
    measure,
    moderator,
    drafter,
    approver,
    during,
    django_assert_num_queries,
    page,
    queries,
    amount,
):
    for target in ({"measure": measure}, {"chapter": measure.chapter}, {}):
        for _ in range(amount):
            comment = received_and_published(consultation, moderator, "（测试）意见", **target)
            disposition = propose(comment, outcome=Outcome.ADOPTED, explanation="", actor=drafter)
            approve(disposition, actor=approver)
            publish_disposition(disposition, actor=approver)
    with django_assert_num_queries(queries):
        client.get(page)


def test_an_unchanged_page_is_not_sent_again(client, consultation, during, django_assert_num_queries):
    tag = client.get("/measures/13/").headers["ETag"]
    with django_assert_num_queries(1):
        response = client.get("/measures/13/", headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")
    assert (response.headers["ETag"], response.headers["Cache-Control"]) == (
        tag,
        "public, max-age=0, s-maxage=30, must-revalidate",
    )
    assert not response.cookies


def test_every_page_has_a_tag_of_its_own(client, consultation, during):
    pages = [*PAGES, "/search/?q=监督", "/measures/13/?before=5"]
    assert len({client.get(page).headers["ETag"] for page in pages}) == len(pages)


def changed_by(client, change) -> tuple[bool, int]:
    before = client.get("/measures/13/").headers["ETag"]
    change()
    response = client.get("/measures/13/", headers={"If-None-Match": before})
    return response.headers["ETag"] != before, response.status_code


def test_the_tag_changes_with_what_the_public_sees(client, consultation, measure, moderator, during):
    receive(consultation, "（测试）第一件", measure=measure)
    comment = receive(consultation, "（测试）第二件", measure=measure)
    assert changed_by(client, lambda: receive(consultation, "（测试）第三件", measure=measure)) == (
        False,
        304,
    )
    assert changed_by(client, lambda: publish(comment, actor=moderator)) == (True, 200)
    withheld = WithholdReason.OFF_TOPIC
    assert changed_by(client, lambda: withhold(comment, actor=moderator, reason=withheld)) == (True, 200)
    confirm = Consultation.objects.filter(pk=consultation.pk).update
    assert changed_by(client, lambda: confirm(contacts_confirmed=True)) == (True, 200)
    assert changed_by(client, lambda: during.move_to(at(8, 9, 0))) == (True, 200)
    assert changed_by(client, lambda: confirm(closes_at=at(8, 9, 12))) == (True, 200)
    assert changed_by(client, lambda: during.move_to(at(8, 9, 13))) == (True, 200)


def test_a_new_release_is_a_new_version(client, consultation, during, monkeypatch):
    tag = client.get("/").headers["ETag"]
    monkeypatch.setattr(caching, "build", lambda: "another build")
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_a_confirmed_name_of_a_unit_shows_at_once(client, consultation, during):
    tag = client.get("/units/县司法局/").headers["ETag"]
    ResponsibleUnit.objects.filter(label="县司法局").update(full_name="（测试）全称")
    response = client.get("/units/县司法局/", headers={"If-None-Match": tag})
    assert "(测试)全称。" in page_text(response)
