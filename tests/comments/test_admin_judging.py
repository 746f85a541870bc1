import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import Comment, CommentStatus, Disposition, EventKind, HoldReason
from comments.services.deciding import approve, propose
from comments.services.moderating import publish, withhold
from comments.services.receiving import Identity

pytestmark = pytest.mark.django_db

IDENTITY = Identity(
    kind="person", town="511423117", name="王虚构", phone="13800000000", email="x@example.invalid"
)


@pytest.fixture
def desk(moderator: User, staff_client) -> Client:
    return staff_client(moderator)


def page_of(comment: Comment) -> str:
    return f"/admin/comments/comment/{comment.pk}/change/"


def url(comment: Comment, act: str) -> str:
    return f"/admin/comments/comment/{comment.pk}/{act}/"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def publishing(comment: Comment, **changed: str) -> dict[str, str]:
    """What a browser sends for an untouched form, line ends as browsers send them."""
    return {
        "seen_status": "pending",
        "published_body": comment.body.replace("\n", "\r\n"),
        "published_suggested_text": comment.suggested_text.replace("\n", "\r\n"),
        "redaction_reason": "",
        **changed,
    }


def reloaded(comment: Comment) -> Comment:
    return Comment.objects.get(pk=comment.pk)


def test_the_page_shows_the_comment_beside_the_measure(desk, receive):
    comment = receive(
        "（测试）<i>原文</i>", suggested_text="（测试）新的写法", hold_reasons=[HoldReason.HONEYPOT]
    )
    page = text(desk.get(page_of(comment)))
    assert "（测试）&lt;i&gt;原文&lt;/i&gt;" in page
    assert "（测试）新的写法" in page
    assert comment.measure.body in page
    assert "填写了隐藏栏" in page
    assert "责任单位：县司法局等" in page
    assert "尚未拟办。" in page
    assert "这件来件只有这一条意见。" in page
    assert "提出意见时的条文" not in page


def test_the_text_as_commented_on_is_shown_where_it_differs(desk, receive):
    comment = receive()
    Comment.objects.filter(pk=comment.pk).update(quoted_text="（测试）旧的条文")
    page = text(desk.get(page_of(comment)))
    assert "提出意见时的条文" in page
    assert "（测试）旧的条文" in page


def test_staff_see_what_is_doubtful_in_the_source(desk, receive):
    assert "疑为“达100%”" in text(desk.get(page_of(receive(number=15))))


def test_characters_that_turn_the_text_around_are_pointed_out(desk, receive):
    page = text(desk.get(page_of(receive("（测试）\u202e反写的文字"))))
    assert "U+202E" in page
    assert "U+202E" not in text(desk.get(page_of(receive())))


@pytest.mark.parametrize("target", [{"number": None}, {"chapter": 1}])
def test_comments_on_a_chapter_and_on_the_whole_plan_have_a_page(desk, receive, target):
    assert desk.get(page_of(receive(**target))).status_code == 200


def test_personal_data_is_not_on_the_page(desk, receive):
    page = text(desk.get(page_of(receive(identity=IDENTITY))))
    assert "王**" in page
    for secret in ("王虚构", "13800000000", "x@example.invalid"):
        assert secret not in page


@pytest.mark.parametrize("events", [0, 3])
def test_the_number_of_queries_does_not_grow_with_the_history(desk, receive, drafter, events):
    comment = receive()
    for _ in range(events):
        propose(comment, outcome="adopted", explanation="", actor=drafter)
    with CaptureQueriesContext(connection) as queries:
        desk.get(page_of(comment))
    own = [
        row["sql"]
        for row in queries
        if row["sql"].startswith("SELECT") and "django_session" not in row["sql"]
    ]
    assert len(own) == 9


def test_publish_shows_the_original_and_leads_to_the_next_pending(desk, receive, moderator):
    first, second = receive("（测试）第一行\n第二行"), receive()
    response = desk.post(url(first, "publish"), publishing(first))
    assert (response.status_code, response.url) == (302, page_of(second))
    first = reloaded(first)
    assert (first.status, first.published_body, first.is_redacted) == (
        "published",
        "（测试）第一行\n第二行",
        False,
    )
    assert first.events.get(kind=EventKind.PUBLISHED).actor == moderator
    assert f"意见 {first} 已公开。以下是下一条待审核意见。" in text(desk.get(response.url))


def test_the_queue_goes_forward_and_then_back_to_what_was_passed_over(desk, receive):
    passed_over, second, third = receive(), receive(), receive()
    assert desk.post(url(second, "publish"), publishing(second)).url == page_of(third)
    assert desk.post(url(third, "publish"), publishing(third)).url == page_of(passed_over)


def test_what_a_browser_does_to_line_ends_is_no_redaction(desk, receive):
    comment = receive("  （测试）首行\r第二行\x0b ")
    response = desk.post(
        url(comment, "publish"), publishing(comment, published_body="（测试）首行\r\n第二行")
    )
    assert response.status_code == 302
    assert reloaded(comment).published_body == comment.body
    assert reloaded(comment).is_redacted is False


def test_the_queue_goes_on_under_the_filters_it_was_opened_with(desk, receive):
    first, _other, third = receive(number=13), receive(number=1), receive(number=13)
    kept = f"_changelist_filters=measure%3D{first.measure_id}"
    response = desk.post(f"{url(first, 'publish')}?{kept}", publishing(first))
    assert response.url == f"{page_of(third)}?{kept}"


@pytest.mark.parametrize(
    "filters", ["measure%3Dabc", "q%3D%2500", "p%3D99999", "%F0%9F%98%80", "status%3Dall"]
)
def test_odd_filters_do_not_stop_the_queue(desk, receive, filters):
    first, second = receive(), receive()
    response = desk.post(f"{url(first, 'publish')}?_changelist_filters={filters}", publishing(first))
    assert response.status_code == 302
    assert response.url.startswith(page_of(second)) or response.url == "/admin/comments/comment/"


def test_after_the_last_the_list_says_that_all_is_done(desk, receive):
    comment = receive()
    response = desk.post(url(comment, "publish"), publishing(comment))
    assert response.url == "/admin/comments/comment/"
    assert "没有其他待审核的意见了。" in text(desk.get(response.url))


def test_a_redaction_without_a_reason_is_refused_and_what_was_typed_is_kept(desk, receive):
    comment = receive()
    response = desk.post(url(comment, "publish"), publishing(comment, published_body="（测试）改短了。"))
    assert response.status_code == 422
    assert "请填写隐去说明" in text(response)
    assert "（测试）改短了。" in response.content.decode()
    assert reloaded(comment).status == CommentStatus.PENDING


def test_a_redaction_with_a_reason_is_published(desk, receive):
    comment = receive(suggested_text="（测试）建议")
    desk.post(
        url(comment, "publish"),
        publishing(comment, published_body="（测试）改短了。", redaction_reason="隐去电话号码"),
    )
    comment = reloaded(comment)
    assert (comment.published_body, comment.published_suggested_text, comment.redaction_reason) == (
        "（测试）改短了。",
        "（测试）建议",
        "隐去电话号码",
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"published_body": " \u200b "}, "请填写“公开文本”。"),
        ({"published_body": "x\x00y"}, "空字符"),
        ({"redaction_reason": "长" * 201}, "最多 200 个字"),
        ({"seen_status": "approved"}, "没有办理"),
    ],
)
def test_bad_input_gets_a_clear_answer(desk, receive, changed, message):
    comment = receive()
    response = desk.post(url(comment, "publish"), publishing(comment, **changed))
    assert response.status_code == 422
    assert message in text(response)
    assert reloaded(comment).status == CommentStatus.PENDING


def test_withhold_needs_a_reason_from_the_list(desk, receive):
    comment = receive()
    for reason in ("", "不喜欢"):
        response = desk.post(
            url(comment, "withhold"), {"seen_status": "pending", "reason": reason, "note": "（测试）备注"}
        )
        assert response.status_code == 422
        assert "（测试）备注" in response.content.decode()
    assert reloaded(comment).status == CommentStatus.PENDING


def test_withhold_records_reason_and_note(desk, receive, moderator):
    comment = receive()
    desk.post(
        url(comment, "withhold"), {"seen_status": "pending", "reason": "privacy", "note": "（测试）涉及邻居"}
    )
    event = comment.events.get(kind=EventKind.WITHHELD)
    assert (reloaded(comment).withhold_reason, event.actor, event.reason) == (
        "privacy",
        moderator,
        "（测试）涉及邻居",
    )


def test_the_second_of_two_officers_is_told_and_keeps_what_they_typed(desk, receive, administrator):
    comment = receive()
    withhold(reloaded(comment), actor=administrator, reason="privacy")
    response = desk.post(
        url(comment, "publish"),
        publishing(comment, published_body="（测试）精心改过的文本", redaction_reason="隐去姓名"),
    )
    assert response.status_code == 409
    page = text(response)
    assert "已被他人改为“不予公开”" in page
    assert "（测试）精心改过的文本" in page
    assert 'name="seen_status" value="withheld"' in page
    assert reloaded(comment).status == CommentStatus.WITHHELD


def test_what_was_typed_is_kept_even_where_the_act_is_no_longer_possible(desk, receive):
    comment = receive()
    Comment.objects.filter(pk=comment.pk).update(
        status="withdrawn", withdrawn_at=comment.submission.received_at
    )
    response = desk.post(
        url(comment, "publish"), publishing(comment, published_body="（测试）改过", redaction_reason="隐去")
    )
    assert response.status_code == 409
    assert "（测试）改过" in response.content.decode()


def test_a_withdrawn_comment_offers_nothing_to_do(desk, receive, drafter, staff_client):
    comment = receive()
    Comment.objects.filter(pk=comment.pk).update(
        status="withdrawn", withdrawn_at=comment.submission.received_at
    )
    for client in (desk, staff_client(drafter)):
        page = client.get(page_of(comment)).content.decode()
        assert not re.search(r"/(publish|withhold|propose)/", page)


def test_a_published_comment_can_be_withheld_again(desk, receive, moderator):
    comment = receive()
    publish(comment, actor=moderator)
    desk.post(url(comment, "withhold"), {"seen_status": "published", "reason": "privacy"})
    assert reloaded(comment).status == CommentStatus.WITHHELD


def test_contacts_are_shown_once_and_leave_an_event_without_them(desk, receive, moderator):
    comment = receive(identity=IDENTITY)
    response = desk.post(url(comment, "reveal"))
    page = text(response)
    for shown in ("王虚构", "13800000000", "x@example.invalid", "柳江镇"):
        assert shown in page
    assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", "))
    event = comment.events.get(kind=EventKind.PERSONAL_DATA_VIEWED)
    assert (event.actor, event.after) == (moderator, {"found": True})
    assert "王虚构" not in text(desk.get(page_of(comment)))


def test_contacts_of_someone_who_left_none(desk, receive):
    assert "提交人没有留下个人信息。" in text(desk.post(url(receive(), "reveal")))


def test_a_drafter_proposes_and_sees_it_on_the_page(receive, drafter, staff_client):
    comment = receive()
    response = staff_client(drafter).post(
        url(comment, "propose"),
        {
            "seen_in_work": "",
            "outcome": "partly_adopted",
            "explanation": "（测试）部分采纳",
            "cited_change": "（测试）改文",
        },
    )
    assert response.url == page_of(comment)
    disposition = Disposition.objects.get()
    assert (
        disposition.outcome,
        disposition.explanation,
        disposition.cited_change,
        disposition.proposed_by,
    ) == (
        "partly_adopted",
        "（测试）部分采纳",
        "（测试）改文",
        drafter,
    )


@pytest.mark.parametrize("outcome", ["not_adopted", "partly_adopted", "explained"])
def test_an_outcome_without_its_reason_is_refused(receive, drafter, staff_client, outcome):
    response = staff_client(drafter).post(
        url(receive(), "propose"), {"outcome": outcome, "cited_change": "（测试）改文"}
    )
    assert response.status_code == 422
    assert "须写明理由" in text(response)
    assert "（测试）改文" in response.content.decode()
    assert not Disposition.objects.exists()


def test_a_drafter_who_saw_an_older_proposal_is_told(receive, drafter, administrator, staff_client):
    comment = receive()
    other = propose(comment, outcome="adopted", explanation="（测试）另一人写的", actor=administrator)
    response = staff_client(drafter).post(
        url(comment, "propose"), {"seen_in_work": "", "outcome": "adopted", "explanation": "（测试）我写的"}
    )
    assert response.status_code == 409
    page = text(response)
    assert "在办的采纳情况已被他人更新" in page
    assert "（测试）我写的" in page
    assert f'name="seen_in_work" value="{other.pk}"' in page
    assert Disposition.objects.get() == other


def test_an_approver_approves_and_publishes(receive, drafter, approver, staff_client):
    comment = receive()
    disposition = propose(comment, outcome="adopted", explanation="", actor=drafter)
    desk = staff_client(approver)
    assert "审签“采纳”" in text(desk.get(page_of(comment)))
    desk.post(url(comment, "approve"), {"disposition": disposition.pk})
    assert "公布“采纳”" in text(desk.get(page_of(comment)))
    desk.post(url(comment, "publish-disposition"), {"disposition": disposition.pk})
    disposition.refresh_from_db()
    assert (disposition.status, disposition.approved_by) == ("published", approver)


def test_nobody_approves_their_own_proposal_at_the_desk(receive, approver, staff_client):
    comment = receive()
    disposition = propose(comment, outcome="adopted", explanation="", actor=approver)
    desk = staff_client(approver)
    assert "须由他人审签" in text(desk.get(page_of(comment)))
    response = desk.post(url(comment, "approve"), {"disposition": disposition.pk}, follow=True)
    assert "拟办人不能审签自己拟办的采纳情况。" in text(response)
    disposition.refresh_from_db()
    assert disposition.status == "proposed"


def test_what_is_approved_is_what_was_on_the_page(receive, drafter, approver, staff_client):
    comment = receive()
    seen = propose(comment, outcome="adopted", explanation="", actor=drafter)
    newer = propose(comment, outcome="not_adopted", explanation="（测试）改了", actor=drafter)
    response = staff_client(approver).post(url(comment, "approve"), {"disposition": seen.pk}, follow=True)
    assert "现为“已被取代”" in text(response)
    newer.refresh_from_db()
    assert newer.status == "proposed"


def test_a_disposition_of_another_comment_is_not_found(receive, drafter, approver, staff_client):
    disposition = propose(receive(), outcome="adopted", explanation="", actor=drafter)
    other = receive()
    desk = staff_client(approver)
    for key in (str(disposition.pk), "", "abc", "9" * 5000, "-1"):
        assert desk.post(url(other, "approve"), {"disposition": key}).status_code == 404
    disposition.refresh_from_db()
    assert disposition.status == "proposed"


def test_an_unapproved_outcome_is_not_published(receive, drafter, approver, staff_client):
    comment = receive()
    disposition = propose(comment, outcome="adopted", explanation="", actor=drafter)
    staff_client(approver).post(url(comment, "publish-disposition"), {"disposition": disposition.pk})
    disposition.refresh_from_db()
    assert disposition.status == "proposed"


def test_the_desk_shows_who_did_what(desk, receive, drafter, approver):
    comment = receive()
    drafter.last_name, drafter.first_name = "李", "虚构"
    drafter.save()
    approve(propose(comment, outcome="adopted", explanation="", actor=drafter), actor=approver)
    page = text(desk.get(page_of(comment)))
    assert "李虚构" in page
    assert "采纳情况：采纳；状态：已审签" in page


@pytest.mark.parametrize("key", ["0", "abc", "9" * 30, "9" * 5000, "１", "-1", "1.5"])
def test_a_comment_that_does_not_exist_is_not_found(desk, receive, key):
    receive()
    assert desk.get(f"/admin/comments/comment/{key}/change/").status_code == 404
    assert desk.post(f"/admin/comments/comment/{key}/publish/").status_code == 404


def test_a_get_on_a_button_leads_to_the_page_and_changes_nothing(desk, receive):
    comment = receive()
    for act in ("publish", "withhold", "reveal"):
        response = desk.get(url(comment, act))
        assert (response.status_code, response.url) == (302, page_of(comment))
    assert [event.kind for event in comment.events.all()] == [EventKind.RECEIVED]


def test_a_post_without_token_is_refused(receive, moderator):
    comment = receive()
    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator)
    assert client.post(url(comment, "publish"), publishing(comment)).status_code == 403
    assert reloaded(comment).status == CommentStatus.PENDING


def test_the_page_itself_takes_no_post(desk, receive):
    comment = receive()
    assert desk.post(page_of(comment), {"status": "published", "body": "改写"}).status_code == 405
    assert reloaded(comment).body == comment.body
