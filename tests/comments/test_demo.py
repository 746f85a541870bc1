import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Max

from comments.models import (
    Channel,
    Comment,
    CommentEvent,
    CommentStatus,
    Disposition,
    DispositionStatus,
    Submission,
)

pytestmark = pytest.mark.django_db


def test_a_handful_shows_every_state_and_says_that_it_is_invented(consultation, during):
    call_command("load_demo", comments=12, seed=1, verbosity=0)
    assert Comment.objects.count() == 12
    assert set(Comment.objects.values_list("status", flat=True)) == set(CommentStatus)
    assert all(body.startswith("（演示）") for body in Comment.objects.values_list("body", flat=True))
    assert DispositionStatus.PUBLISHED in set(Disposition.objects.values_list("status", flat=True))


def test_many_cover_channels_and_targets_and_keep_serials_gapless(consultation, during):
    call_command("load_demo", comments=700, seed=1, verbosity=0)
    assert Comment.objects.count() == 700
    assert set(Submission.objects.values_list("channel", flat=True)) == set(Channel)
    assert Submission.objects.aggregate(last=Max("serial"))["last"] == Submission.objects.count()
    consultation.refresh_from_db()
    assert consultation.last_serial == Submission.objects.count()
    assert Comment.objects.values("measure").distinct().count() > 40
    assert Comment.objects.filter(chapter__isnull=False).count() > 20


def test_the_same_seed_writes_the_same_opinions(consultation, during):
    call_command("load_demo", comments=30, seed=7, verbosity=0)
    call_command("load_demo", comments=30, seed=7, verbosity=0)
    rows = list(Comment.objects.order_by("pk").values_list("body", "status", "measure", "suggested_text"))
    assert rows[:30] == rows[30:]


def test_nothing_lies_in_the_future_or_before_the_opening(consultation, during):
    call_command("load_demo", comments=60, seed=3, verbosity=0)
    now = dt.datetime.now(dt.UTC)
    moments = Submission.objects.values_list("received_at", "entered_at")
    assert all(consultation.opens_at <= received <= entered <= now for received, entered in moments)
    assert CommentEvent.objects.filter(at__gt=now).count() == 0


def test_late_letters_exist_only_after_the_deadline(consultation, during):
    call_command("load_demo", comments=100, seed=3, verbosity=0)
    assert Submission.objects.late().count() == 0
    during.move_to(consultation.closes_at + dt.timedelta(days=9))
    call_command("load_demo", comments=100, seed=3, verbosity=0)
    assert Submission.objects.late().exclude(received_at__lt=consultation.closes_at).count() > 0


def test_load_demo_is_refused_where_it_makes_no_sense(consultation, during, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="正式环境"):
        call_command("load_demo")
    settings.PRODUCTION = False
    with pytest.raises(CommandError, match="应在"):
        call_command("load_demo", comments=0)
    during.move_to(consultation.opens_at - dt.timedelta(days=1))
    with pytest.raises(CommandError, match="尚未开始"):
        call_command("load_demo")


def test_what_is_withheld_deserves_its_reason_and_the_record_says_which(consultation, during):
    call_command("load_demo", comments=40, seed=1, verbosity=0)
    withheld = Comment.objects.filter(status=CommentStatus.WITHHELD)
    reasons = dict(withheld.values_list("withhold_reason", "body"))
    assert set(reasons) == {"advertisement", "duplicate", "off_topic"}
    assert "茶叶" in reasons["advertisement"]
    assert set(withheld.values_list("kind", "suggested_text")) == {("other", "")}
    for comment in withheld:
        event = comment.events.get(kind="withheld")
        assert event.after == {"status": "withheld", "withhold_reason": comment.withhold_reason}
