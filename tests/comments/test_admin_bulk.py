import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from comments.admin.dispositions import DispositionAdmin
from comments.models import Comment, CommentEvent, Disposition, EventKind
from comments.services.deciding import approve, propose
from comments.services.moderating import withhold
from comments.services.receiving import Identity

pytestmark = pytest.mark.django_db

COMMENTS = "/admin/comments/comment/"
DISPOSITIONS = "/admin/comments/disposition/"


@pytest.fixture
def desk(moderator: User, staff_client) -> Client:
    return staff_client(moderator)


def act(client: Client, page: str, action: str, rows: list, **more: object):
    data = {"action": action, "index": "0", "_selected_action": [row.pk for row in rows], **more}
    return client.post(page, data)


def results(response) -> list[tuple[str, bool, str]]:
    assert response.status_code == 200
    return [(row.label, row.done, row.message) for row in response.context["results"]]


def statuses() -> list[str]:
    return list(Comment.objects.order_by("pk").values_list("status", flat=True))


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_publish_selected_tells_each_row(desk, receive, moderator):
    first, second, third = receive(), receive(), receive()
    withhold(second, actor=moderator, reason="privacy")
    response = act(desk, COMMENTS, "publish_selected", [first, second, third])
    assert results(response) == [
        (str(first), True, "已公开"),
        (str(second), False, "现为“不予公开”；批量办理只适用于待审核的意见。"),
        (str(third), True, "已公开"),
    ]
    assert statuses() == ["published", "withheld", "published"]
    assert "共 3 条，办成 2 条" in text(response)


def test_one_event_for_each_row_that_was_done(desk, receive):
    comments = [receive(), receive()]
    act(desk, COMMENTS, "publish_selected", comments)
    act(desk, COMMENTS, "publish_selected", comments)
    assert CommentEvent.objects.filter(kind=EventKind.PUBLISHED).count() == 2


def test_withhold_selected_asks_for_the_reason_first(desk, receive):
    comments = [receive("（测试）甲"), receive("（测试）乙")]
    response = act(desk, COMMENTS, "withhold_selected", comments)
    assert response.status_code == 200
    assert "（测试）甲" in text(response)
    assert "不予公开这 2 条" in text(response)
    assert statuses() == ["pending", "pending"]


def test_withhold_selected_with_a_reason_from_the_list(desk, receive, moderator):
    comments = [receive(), receive()]
    sent = {"confirmed": "1", "reason": "advertisement", "note": "（测试）同一广告"}
    response = act(desk, f"{COMMENTS}?status=all", "withhold_selected", comments, **sent)
    assert [done for _, done, _ in results(response)] == [True, True]
    rows = CommentEvent.objects.filter(kind=EventKind.WITHHELD).values_list("actor", "reason")
    assert list(rows) == [(moderator.pk, "（测试）同一广告")] * 2


@pytest.mark.parametrize("reason", ["", "不喜欢"])
def test_withhold_selected_refuses_another_reason_and_keeps_the_note(desk, receive, reason):
    sent = {"confirmed": "1", "reason": reason, "note": "（测试）备注"}
    response = act(desk, COMMENTS, "withhold_selected", [receive()], **sent)
    assert response.status_code == 422
    assert "（测试）备注" in text(response)
    assert statuses() == ["pending"]


def test_the_form_of_the_reason_page_does_what_it_says(desk, receive):
    """Posts exactly the fields that the page holds, as a browser would."""
    page = act(desk, COMMENTS, "withhold_selected", [receive(), receive()]).content.decode()
    form = page[page.index('class="desk-form"') :]
    data: dict[str, list[str]] = {"reason": ["insult"], "note": [""]}
    for name, value in re.findall(r'<input\s+type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form):
        data.setdefault(name, []).append(value)
    target = re.search(r'action="([^"]+)"\s+class="desk-form"', page).group(1)
    assert [done for _, done, _ in results(desk.post(target, data))] == [True, True]


def test_select_across_takes_what_is_listed(desk, receive):
    on_13, other = receive(number=13), receive(number=1)
    query = f"{COMMENTS}?measure={on_13.measure_id}"
    response = act(desk, query, "publish_selected", [on_13], select_across="1")
    assert [label for label, _, _ in results(response)] == [str(on_13)]
    other.refresh_from_db()
    assert other.status == "pending"


def test_more_than_a_person_can_have_looked_at_is_refused(desk, receive, monkeypatch):
    monkeypatch.setattr("comments.admin.bulk.MOST_AT_ONCE", 2)
    comments = [receive() for _ in range(3)]
    for across in ("0", "1"):
        for action in ("publish_selected", "withhold_selected"):
            response = act(desk, COMMENTS, action, comments, select_across=across)
            assert response.status_code == 302
            assert "一次最多办理 2 条" in text(desk.get(COMMENTS))
    assert statuses() == ["pending"] * 3


def test_nothing_selected_changes_nothing(desk, receive):
    receive()
    response = desk.post(COMMENTS, {"action": "publish_selected", "index": "0"}, follow=True)
    assert "没有条目" in text(response) or "必须选中" in text(response)
    assert statuses() == ["pending"]


@pytest.mark.parametrize("key", ["abc", "", "9" * 30, "-1", "1 OR 1=1", "１"])
def test_a_selection_that_is_no_list_of_keys_is_a_bad_request(desk, receive, key):
    receive()
    data = {"action": "publish_selected", "index": "0", "_selected_action": [key]}
    assert desk.post(COMMENTS, data).status_code == 400
    assert statuses() == ["pending"]


@pytest.mark.parametrize("action", ["publish_selected", "withhold_selected", "delete_selected", "nonsense"])
def test_an_action_that_is_not_offered_is_refused(receive, drafter, staff_client, action):
    comment = receive()
    client = staff_client(drafter)
    assert 'name="action"' not in client.get(COMMENTS).content.decode()
    response = act(client, COMMENTS, action, [comment], confirmed="1", reason="insult")
    assert response.status_code == 403
    assert statuses() == ["pending"]


def test_nothing_is_deleted_from_any_list(desk, receive, administrator, staff_client):
    comment = receive()
    for client in (desk, staff_client(administrator)):
        for page in (COMMENTS, "/admin/comments/submission/", "/admin/comments/commentevent/"):
            assert act(client, page, "delete_selected", [comment], post="yes").status_code == 403
    assert Comment.objects.count() == 1


def test_approve_selected_leaves_out_ones_own(receive, drafter, approver, staff_client):
    theirs = propose(receive(), outcome="adopted", explanation="", actor=drafter)
    own = propose(receive(), outcome="adopted", explanation="", actor=approver)
    response = act(staff_client(approver), DISPOSITIONS, "approve_selected", [theirs, own])
    assert [(done, message) for _, done, message in results(response)] == [
        (True, "已审签"),
        (False, "拟办人不能审签自己拟办的采纳情况。"),
    ]
    theirs.refresh_from_db()
    own.refresh_from_db()
    assert (theirs.status, own.status) == ("approved", "proposed")


def test_publish_selected_dispositions_takes_the_approved_only(receive, drafter, approver, staff_client):
    ready = propose(receive(), outcome="adopted", explanation="", actor=drafter)
    approve(ready, actor=approver)
    raw = propose(receive(), outcome="adopted", explanation="", actor=drafter)
    response = act(staff_client(approver), DISPOSITIONS, "publish_selected", [ready, raw])
    assert [done for _, done, _ in results(response)] == [True, False]
    ready.refresh_from_db()
    assert ready.status == "published"


def test_dispositions_are_filtered_by_state_and_outcome(receive, drafter, approver, staff_client):
    first = propose(receive(), outcome="adopted", explanation="", actor=drafter)
    second = propose(receive(), outcome="out_of_scope", explanation="", actor=drafter)
    approve(second, actor=approver)
    client = staff_client(approver)
    for query, expected in (
        ("", {first, second}),
        ("status__exact=proposed", {first}),
        ("outcome__exact=out_of_scope", {second}),
    ):
        assert set(client.get(f"{DISPOSITIONS}?{query}").context["cl"].result_list) == {*expected}


@pytest.mark.parametrize("count", [1, 3])
def test_results_name_receipt_numbers_without_asking_for_each(receive, drafter, approver, count):
    rows = [propose(receive(), outcome="adopted", explanation="", actor=drafter) for _ in range(count)]
    request = RequestFactory().get(DISPOSITIONS)
    with CaptureQueriesContext(connection) as queries:
        labels = [str(row) for row in DispositionAdmin(Disposition, admin.site).get_queryset(request)]
    assert labels == [f"{row.comment} 采纳" for row in reversed(rows)]
    assert len(queries) == 1


def test_a_full_name_is_never_published_unread_among_many(desk, receive):
    named = receive(identity=Identity(kind="person", name="王虚构", publish_name=True))
    masked = receive(identity=Identity(kind="person", name="李虚构"))
    response = act(desk, COMMENTS, "publish_selected", [named, masked])
    assert results(response) == [
        (str(named), False, "提交人同意公开全名，请打开这条意见，核对署名后逐条公开。"),
        (str(masked), True, "已公开"),
    ]
    assert statuses() == ["pending", "published"]
