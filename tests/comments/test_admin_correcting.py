"""What goes out under whose name, and how a text that is out already is put right."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from comments.models import Comment, EventKind
from comments.services.moderating import publish, withhold
from comments.services.receiving import Identity

pytestmark = pytest.mark.django_db

NAMED = Identity(kind="person", name="王虚构", publish_name=True)
CONSENTED = "<bdi>王虚构</bdi>（<strong>按提交人同意公开全名</strong>）"


@pytest.fixture
def desk(moderator: User, staff_client) -> Client:
    return staff_client(moderator)


@pytest.fixture
def public(receive, moderator) -> Comment:
    comment = receive("（测试）第一行\n请打 00000000000", suggested_text="（测试）新的写法", identity=NAMED)
    publish(comment, actor=moderator)
    return comment


def page_of(comment: Comment) -> str:
    return f"/admin/comments/comment/{comment.pk}/change/"


def submission_page(comment: Comment) -> str:
    return f"/admin/comments/submission/{comment.submission_id}/change/"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def offered(client: Client, comment: Comment) -> dict[str, str]:
    """The publishing form as it stands on the page, line ends as browsers send them."""
    form = client.get(page_of(comment)).context["publish"]
    values = {field.name: str(field.value() or "").replace("\n", "\r\n") for field in form}
    return {name: value for name, value in values.items() if name != "mask_name"}


def send(client: Client, comment: Comment, data: dict[str, str], **changed: str):
    return client.post(f"/admin/comments/comment/{comment.pk}/publish/", {**data, **changed})


def test_the_moderator_sees_the_full_name_that_will_be_public(desk, receive):
    comment = receive(identity=NAMED)
    for page in (page_of(comment), submission_page(comment)):
        assert CONSENTED in text(desk.get(page))
    unnamed = receive(identity=Identity(kind="person", name="李虚构"))
    page = text(desk.get(page_of(unnamed)))
    assert "<bdi>李**</bdi>" in page
    assert "公开全名" not in page


def test_those_who_do_not_decide_on_the_name_see_it_only_once_it_is_public(
    receive, drafter, moderator, staff_client
):
    comment, client = receive(identity=NAMED), staff_client(drafter)
    for page in (page_of(comment), submission_page(comment)):
        assert "王虚构" not in text(client.get(page))
    publish(comment, actor=moderator)
    for page in (page_of(comment), submission_page(comment)):
        assert CONSENTED in text(client.get(page))


def test_a_false_name_is_published_masked_and_that_is_recorded(desk, receive, moderator):
    comment = receive(identity=NAMED)
    send(desk, comment, offered(desk, comment), mask_name="on")
    comment = Comment.objects.get(pk=comment.pk)
    assert (comment.status, comment.submission.public_signature) == ("published", "王**")
    event = comment.events.get(kind=EventKind.PUBLISHED)
    assert (event.actor, event.after["masked_name"]) == (moderator, True)
    page = text(desk.get(page_of(comment)))
    assert "王虚构" not in page
    assert 'name="mask_name"' not in page


def test_a_name_that_is_out_already_can_be_masked_without_touching_the_text(desk, public):
    assert send(desk, public, offered(desk, public), mask_name="on").status_code == 302
    public = Comment.objects.get(pk=public.pk)
    assert (public.published_body, public.submission.public_signature) == (public.body, "王**")


def test_a_published_text_is_corrected_from_the_text_that_is_public(desk, public):
    first_at = public.published_at
    data = offered(desk, public)
    assert "更正公开文本</button>" in text(desk.get(page_of(public)))
    response = send(desk, public, data, published_body="（测试）第一行", redaction_reason="隐去电话号码")
    assert response.url == page_of(public)
    assert f"意见 {public} 的公开文本已更正。" in text(desk.get(response.url))
    public = Comment.objects.get(pk=public.pk)
    assert (public.published_body, public.redaction_reason, public.published_at) == (
        "（测试）第一行",
        "隐去电话号码",
        first_at,
    )
    again = offered(desk, public)
    assert (again["published_body"], again["redaction_reason"]) == ("（测试）第一行", "隐去电话号码")


def test_a_correction_that_corrects_nothing_is_refused(desk, public):
    response = send(desk, public, offered(desk, public))
    assert response.status_code == 422
    assert "公开文本没有改动。" in text(response)


def test_a_correction_needs_a_reason_where_it_differs_from_the_original(desk, public):
    response = send(desk, public, offered(desk, public), published_body="（测试）第一行")
    assert response.status_code == 422
    assert "请填写隐去说明" in text(response)


def test_of_two_corrections_the_second_is_told_and_may_insist(desk, public, administrator):
    seen = offered(desk, public)
    publish(public, actor=administrator, published_body="（测试）甲", redaction_reason="隐去电话")
    typed = {"published_body": "（测试）乙", "redaction_reason": "隐去号码"}
    response = send(desk, public, seen, **typed)
    assert response.status_code == 409
    page = text(response)
    assert "公开文本已被他人更正" in page
    assert "（测试）乙" in page
    assert Comment.objects.get(pk=public.pk).published_body == "（测试）甲"
    fresh = response.context["publish"]["seen_text"].value()
    assert send(desk, public, {**seen, "seen_text": fresh}, **typed).status_code == 302
    assert Comment.objects.get(pk=public.pk).published_body == "（测试）乙"


def test_a_correction_of_what_was_withheld_meanwhile_is_refused(desk, public, administrator):
    seen = offered(desk, public)
    withhold(public, actor=administrator, reason="privacy")
    response = send(desk, public, seen, published_body="（测试）乙", redaction_reason="隐去")
    assert response.status_code == 409
    assert "已被他人改为“不予公开”" in text(response)
    assert Comment.objects.get(pk=public.pk).status == "withheld"


def test_a_second_click_on_publish_is_no_correction(desk, receive):
    comment = receive()
    data = offered(desk, comment)
    assert [send(desk, comment, data).status_code for _ in range(2)] == [302, 409]
