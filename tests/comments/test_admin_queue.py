import datetime as dt
import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import Comment, HoldReason
from comments.services.deciding import approve, propose, publish_disposition
from comments.services.moderating import publish, withhold
from comments.services.receiving import Identity

pytestmark = pytest.mark.django_db

LIST = "/admin/comments/comment/"


@pytest.fixture
def desk(moderator: User, staff_client) -> Client:
    return staff_client(moderator)


def listed(desk: Client, query: str = "") -> set[Comment]:
    response = desk.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_list_opens_on_what_is_pending(desk, receive, moderator):
    waiting, shown, hidden = receive(), receive(), receive()
    publish(shown, actor=moderator)
    withhold(hidden, actor=moderator, reason="insult")
    assert listed(desk) == {waiting}
    assert listed(desk, "status=") == {waiting}
    assert listed(desk, "status=published") == {shown}
    assert listed(desk, "status=withheld") == {hidden}
    assert listed(desk, "status=all") == {waiting, shown, hidden}


def test_the_oldest_comes_first(desk, receive):
    first, second = receive(), receive()
    assert list(desk.get(LIST).context["cl"].result_list) == [first, second]


def test_a_row_tells_what_an_officer_needs(desk, receive, drafter):
    comment = receive("（测试）<b>不是标签</b>" + "长" * 100, hold_reasons=[HoldReason.RATE])
    propose(comment, outcome="adopted", explanation="", actor=drafter)
    page = text(desk.get(LIST))
    assert f"{comment.submission.receipt_number}-1" in page
    assert "（十三）完善公共法律服务体系" in page
    assert f"<bdi>（测试）&lt;b&gt;不是标签&lt;/b&gt;{'长' * 45}…</bdi>" in page
    assert "网页" in page
    assert "2022-08-02 00:00" in page
    assert "同一网络提交频繁" in page
    assert "采纳（拟办）" in page


def test_an_empty_queue_reads_well(desk, consultation, during):
    page = text(desk.get(LIST))
    assert "没有待审核的意见。" in page
    assert 'href="?status=all"' in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_list(desk, receive, drafter, count):
    for number in range(1, count + 1):
        propose(receive(number=number), outcome="adopted", explanation="", actor=drafter)
    with CaptureQueriesContext(connection) as queries:
        assert len(listed(desk)) == count
    own = [row["sql"] for row in queries if "django_session" not in row["sql"]]
    assert len([sql for sql in own if sql.startswith("SELECT")]) == 9


def test_filters_by_target(desk, receive):
    on_13, on_1 = receive(number=13), receive(number=1)
    on_chapter, on_plan = receive(chapter=1), receive(number=None)
    plan = on_13.submission.consultation.plan
    chapter = {number: plan.chapters.get(number=number).pk for number in (1, 2)}
    assert listed(desk, f"chapter={chapter[2]}") == {on_13, on_1}
    assert listed(desk, f"chapter={chapter[1]}") == {on_chapter}
    assert listed(desk, "chapter=plan") == {on_plan}
    assert listed(desk, f"measure={on_13.measure_id}") == {on_13}
    assert listed(desk, "measure=&chapter=") == {on_13, on_1, on_chapter, on_plan}


def test_filter_by_responsible_unit_counts_a_comment_once(desk, receive):
    comment, other = receive(number=13), receive(number=1)
    units = set(comment.measure.units.all())
    only = next(iter(units - set(other.measure.units.all())))
    assert listed(desk, f"unit={only.pk}") == {comment}
    assert desk.get(f"{LIST}?unit={only.pk}").context["cl"].result_count == 1


def test_filters_by_channel_and_hold(desk, receive):
    plain, held = receive(), receive(hold_reasons=[HoldReason.TOO_FAST])
    assert listed(desk, "held=yes") == {held}
    assert listed(desk, "held=no") == {plain}
    assert listed(desk, "channel=web") == {plain, held}
    assert listed(desk, "channel=phone") == set()


def test_filter_by_day_is_a_day_in_shanghai(desk, receive, consultation):
    midnight = consultation.opens_at + dt.timedelta(days=3)
    before = receive(arrived_at=midnight - dt.timedelta(milliseconds=1))
    after = receive(arrived_at=midnight)
    assert listed(desk, "day=2022-08-04") == {before}
    assert listed(desk, "day=2022-08-05") == {after}


def test_search_by_receipt_number_and_text(desk, receive):
    first, second = receive("（测试）无障碍坡道"), receive("（测试）公交站牌")
    assert listed(desk, "q=坡道") == {first}
    assert listed(desk, f"q={second.submission.receipt_number}") == {second}


@pytest.mark.parametrize(
    "query",
    [
        "status=approved", "measure=abc", "measure=" + "9" * 30, "chapter=0", "unit=-1", "channel=%27", "held=1",
        "disposition=superseded",
        "day=2022-13-01", "day=0001-01-01", "day=99999", "nonsense=1", "id=abc", "id__in=x",
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_says_so(desk, receive, query):
    receive()
    response = desk.get(f"{LIST}?{query}", follow=True)
    assert response.status_code == 200
    assert "筛选条件有误，已显示默认列表。" in text(response)


@pytest.mark.parametrize(
    "query",
    ["p=" + "9" * 30, "p=" + "9" * 5000, "id=" + "9" * 30, "o=99.x.-1", "p=-1", "p=abc", "q=" + "x" * 5000],
)
def test_odd_parameters_never_fail(desk, receive, query):
    receive()
    assert desk.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_personal_data_cannot_be_asked_for_by_a_filter(desk, receive):
    receive(identity=Identity(name="王虚构"))
    for lookup in ("submission__submitter__name__startswith", "submission__lookup_hash__startswith"):
        assert desk.get(f"{LIST}?{lookup}=a").status_code == 400


def test_long_lists_are_paged(desk, receive, monkeypatch):
    from comments.admin.comments import CommentAdmin

    monkeypatch.setattr(CommentAdmin, "list_per_page", 2)
    comments = [receive() for _ in range(3)]
    assert listed(desk) == set(comments[:2])
    assert listed(desk, "p=2") == {comments[2]}


def test_the_front_page_counts_what_waits(receive, moderator, approver, drafter, staff_client):
    propose(receive(), outcome="adopted", explanation="", actor=drafter)
    assert "待审核意见 <strong>1</strong> 条" in text(staff_client(moderator).get("/admin/"))
    page = text(staff_client(approver).get("/admin/"))
    assert "待审签采纳情况 <strong>1</strong> 条" in page
    assert "待审核意见" not in page
    assert "待拟办" not in page


def test_the_drafter_is_led_to_what_nobody_has_answered(receive, moderator, drafter, approver, staff_client):
    """Also what is withheld or still pending; an answer that was superseded without a successor counts as none."""
    pending, shown, hidden, withdrawn, in_work, answered, dropped = (receive() for _ in range(7))
    publish(shown, actor=moderator)
    withhold(hidden, actor=moderator, reason="insult")
    for comment in (in_work, answered, dropped):
        propose(comment, outcome="adopted", explanation="", actor=drafter)
    disposition = answered.dispositions.get()
    approve(disposition, actor=approver)
    publish_disposition(disposition, actor=approver)
    dropped.dispositions.update(status="superseded", superseded_at=disposition.proposed_at)
    Comment.objects.filter(pk=withdrawn.pk).update(
        status="withdrawn", withdrawn_at=withdrawn.submission.received_at
    )
    client = staff_client(drafter)
    page = client.get("/admin/").content.decode()
    link = re.search(r'<a href="([^"]+)">待拟办意见 <strong>4</strong> 条', page).group(1)
    assert set(client.get(html.unescape(link)).context["cl"].result_list) == {pending, shown, hidden, dropped}
    assert listed(client, "disposition=proposed") == {in_work}
    assert listed(client, "disposition=published") == {answered}


def test_only_a_moderator_starts_with_what_is_pending(receive, moderator, drafter, approver, staff_client):
    waiting, shown = receive(), receive()
    publish(shown, actor=moderator)
    for user in (drafter, approver):
        assert listed(staff_client(user)) == {waiting, shown}
        assert listed(staff_client(user), "status=pending") == {waiting}


def test_an_empty_list_tells_a_drafter_no_tale_of_moderating(drafter, staff_client, consultation, during):
    page = text(staff_client(drafter).get(LIST))
    assert "没有符合条件的意见。" in page
    assert "没有待审核的意见。" not in page
