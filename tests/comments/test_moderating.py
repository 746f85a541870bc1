import pytest
from django.core.exceptions import ValidationError

from comments.models import Comment, CommentEvent, CommentStatus, EventKind, WithholdReason
from comments.models.comment import TRANSITIONS
from comments.models.event import AppendOnly
from comments.services.errors import Conflict
from comments.services.moderating import public_text_sha256, publish, withhold
from comments.services.receiving import Identity, Point, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment(consultation, during) -> Comment:
    measure = consultation.plan.measures.get(number=13)
    receipt = submit(
        consultation=consultation,
        points=[Point(body="（测试）请打 00000000000 找我。", suggested_text="新的文字", measure=measure)],
        identity=Identity(),
        nonce="nonce",
        arrived_at=consultation.opens_at,
    )
    return receipt.submission.comments.get()


def test_publish_shows_the_original(comment, moderator):
    publish(comment, actor=moderator)
    comment.refresh_from_db()
    assert (comment.status, comment.published_body, comment.published_suggested_text) == (
        CommentStatus.PUBLISHED,
        comment.body,
        "新的文字",
    )
    assert comment.published_at is not None
    assert comment.is_redacted is False


def test_publish_records_who_and_bumps_the_public_revision(comment, moderator, consultation):
    publish(comment, actor=moderator)
    event = comment.events.get(kind=EventKind.PUBLISHED)
    assert (event.actor, event.before, event.after["status"]) == (
        moderator,
        {"status": "pending"},
        "published",
    )
    consultation.refresh_from_db()
    assert consultation.public_revision == 1


def test_redaction_needs_a_reason_and_keeps_the_original(comment, moderator):
    with pytest.raises(ValidationError, match="请填写隐去说明"):
        publish(comment, actor=moderator, published_body="（测试）请找我。")
    publish(comment, actor=moderator, published_body="（测试）请找我。", redaction_reason="隐去电话号码")
    comment.refresh_from_db()
    assert (comment.body, comment.published_body) == ("（测试）请打 00000000000 找我。", "（测试）请找我。")
    assert comment.is_redacted is True


def test_an_empty_public_text_is_refused(comment, moderator):
    with pytest.raises(ValidationError, match="公开文本不能为空"):
        publish(comment, actor=moderator, published_body="  ", redaction_reason="全部隐去")


def test_withhold_needs_a_listed_reason(comment, moderator):
    with pytest.raises(ValidationError, match="请从清单中选择"):
        withhold(comment, actor=moderator, reason="不喜欢")
    withhold(comment, actor=moderator, reason=WithholdReason.PRIVACY, note="整条涉及他人")
    comment.refresh_from_db()
    assert (comment.status, comment.withhold_reason, comment.published_body) == ("withheld", "privacy", "")
    assert comment.events.last().reason == "整条涉及他人"


def test_withholding_a_published_comment_takes_its_public_text_back(comment, moderator):
    publish(comment, actor=moderator)
    withhold(comment, actor=moderator, reason=WithholdReason.INSULT)
    comment.refresh_from_db()
    assert (comment.published_body, comment.published_at) == ("", None)


def test_of_two_officers_the_second_is_told_what_happened(comment, moderator, drafter):
    seen_by_second = Comment.objects.get(pk=comment.pk)
    publish(comment, actor=moderator)
    with pytest.raises(Conflict, match="已被他人改为“已公开”"):
        withhold(seen_by_second, actor=drafter, reason=WithholdReason.PRIVACY)
    assert Comment.objects.get(pk=comment.pk).status == CommentStatus.PUBLISHED
    assert CommentEvent.objects.filter(kind=EventKind.WITHHELD).count() == 0


def test_nothing_leaves_withdrawn(comment, moderator):
    Comment.objects.filter(pk=comment.pk).update(
        status="withdrawn", withdrawn_at=comment.submission.received_at
    )
    comment.refresh_from_db()
    for act in (
        lambda: publish(comment, actor=moderator),
        lambda: withhold(comment, actor=moderator, reason="insult"),
    ):
        with pytest.raises(Conflict, match="现为“已撤回”"):
            act()


def test_every_status_has_its_transitions():
    assert set(TRANSITIONS) == set(CommentStatus)


def test_events_can_be_neither_changed_nor_deleted(comment):
    event = comment.events.get()
    event.reason = "改写"
    for act in (event.save, event.delete, CommentEvent.objects.all().delete):
        with pytest.raises(AppendOnly):
            act()
    with pytest.raises(AppendOnly):
        CommentEvent.objects.update(reason="改写")


def test_a_correction_keeps_the_first_day_and_records_both_texts_by_their_hashes(
    comment, moderator, consultation, during
):
    publish(comment, actor=moderator)
    first_at, leaked = comment.published_at, public_text_sha256(comment)
    during.shift(3600)
    publish(comment, actor=moderator, published_body="（测试）请找我。", redaction_reason="隐去电话号码")
    comment.refresh_from_db()
    assert (comment.published_body, comment.published_at) == ("（测试）请找我。", first_at)
    event = comment.events.last()
    assert (event.kind, event.actor, event.reason) == (EventKind.PUBLISHED, moderator, "隐去电话号码")
    assert (event.before["redacted"], event.after["redacted"]) == (False, True)
    assert (event.before["text_sha256"], event.after["text_sha256"]) == (leaked, public_text_sha256(comment))
    assert "00000000000" not in str((event.before, event.after))
    consultation.refresh_from_db()
    assert consultation.public_revision == 2


def test_a_correction_needs_its_reason_and_something_to_correct(comment, moderator):
    publish(comment, actor=moderator)
    with pytest.raises(ValidationError, match="请填写隐去说明"):
        publish(comment, actor=moderator, published_body="（测试）请找我。")
    with pytest.raises(ValidationError, match="没有改动"):
        publish(comment, actor=moderator)
    assert comment.events.filter(kind=EventKind.PUBLISHED).count() == 1


def test_of_two_corrections_the_second_is_told(comment, moderator, drafter):
    publish(comment, actor=moderator)
    seen_by_second = Comment.objects.get(pk=comment.pk)
    publish(comment, actor=moderator, published_body="（测试）甲", redaction_reason="隐去")
    with pytest.raises(Conflict, match="公开文本已被他人更正"):
        publish(seen_by_second, actor=drafter, published_body="（测试）乙", redaction_reason="隐去")
    with pytest.raises(Conflict, match="公开文本已被他人更正"):
        withhold(seen_by_second, actor=drafter, reason=WithholdReason.PRIVACY)
    assert Comment.objects.get(pk=comment.pk).published_body == "（测试）甲"


def test_reasons_longer_than_their_columns_are_refused_in_words(comment, moderator):
    with pytest.raises(ValidationError, match="隐去说明最多 200 个字"):
        publish(comment, actor=moderator, published_body="（测试）短", redaction_reason="长" * 201)
    with pytest.raises(ValidationError, match="内部备注最多 500 个字"):
        withhold(comment, actor=moderator, reason=WithholdReason.PRIVACY, note="长" * 501)
    publish(comment, actor=moderator, published_body="（测试）短", redaction_reason="长" * 200)
    withhold(comment, actor=moderator, reason=WithholdReason.PRIVACY, note="长" * 500)
