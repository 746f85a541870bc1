import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from comments.models import Comment, Disposition, DispositionStatus, EventKind, Outcome
from comments.services.deciding import approve, propose, publish_disposition, publish_results
from comments.services.errors import Conflict
from comments.services.receiving import Identity, Point, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment(consultation, during) -> Comment:
    receipt = submit(
        consultation=consultation,
        points=[Point(body="（测试）建议写明时限。")],
        identity=Identity(),
        nonce="nonce",
        arrived_at=consultation.opens_at,
    )
    return receipt.submission.comments.get()


def adopted(comment: Comment, drafter) -> Disposition:
    return propose(comment, outcome=Outcome.ADOPTED, explanation="已写明。", actor=drafter)


@pytest.mark.parametrize("outcome", [Outcome.NOT_ADOPTED, Outcome.PARTLY_ADOPTED, Outcome.EXPLAINED])
def test_an_outcome_that_needs_a_reason_is_refused_without_one(comment, drafter, outcome):
    with pytest.raises(ValidationError, match="须写明理由"):
        propose(comment, outcome=outcome, explanation="  ", actor=drafter)
    assert not Disposition.objects.exists()


def test_nobody_approves_their_own_proposal(comment, drafter):
    with pytest.raises(ValidationError, match="不能审签自己"):
        approve(adopted(comment, drafter), actor=drafter)


def test_propose_approve_publish_leaves_three_events(comment, drafter, approver, consultation):
    disposition = adopted(comment, drafter)
    approve(disposition, actor=approver)
    publish_disposition(disposition, actor=approver)
    assert disposition.status == DispositionStatus.PUBLISHED
    assert list(comment.events.values_list("kind", "actor__username")) == [
        (EventKind.RECEIVED, None),
        (EventKind.DISPOSITION_PROPOSED, "drafter"),
        (EventKind.DISPOSITION_APPROVED, "approver"),
        (EventKind.DISPOSITION_PUBLISHED, "approver"),
    ]
    consultation.refresh_from_db()
    assert consultation.public_revision == 1


def test_a_proposal_cannot_be_published_unapproved(comment, drafter, approver):
    with pytest.raises(Conflict, match="现为“拟办”"):
        publish_disposition(adopted(comment, drafter), actor=approver)


def test_a_new_proposal_supersedes_the_one_in_work(comment, drafter):
    first = adopted(comment, drafter)
    second = propose(comment, outcome=Outcome.NOT_ADOPTED, explanation="已有规定。", actor=drafter)
    first.refresh_from_db()
    assert (first.status, second.status) == (DispositionStatus.SUPERSEDED, DispositionStatus.PROPOSED)


def test_a_published_answer_stays_public_until_its_successor_is_published(comment, drafter, approver):
    first = adopted(comment, drafter)
    approve(first, actor=approver)
    publish_disposition(first, actor=approver)
    second = propose(comment, outcome=Outcome.NOT_ADOPTED, explanation="已有规定。", actor=drafter)
    assert comment.dispositions.published().get() == first
    approve(second, actor=approver)
    publish_disposition(second, actor=approver)
    assert comment.dispositions.published().get() == second


def test_a_withdrawn_comment_is_not_answered(comment, drafter):
    Comment.objects.filter(pk=comment.pk).update(
        status="withdrawn", withdrawn_at=comment.submission.received_at
    )
    with pytest.raises(Conflict, match="撤回"):
        adopted(comment, drafter)


def test_results_are_published_together_after_closing_and_once(
    comment, drafter, approver, consultation, during
):
    approve(adopted(comment, drafter), actor=approver)
    with pytest.raises(ValidationError, match="征集结束以后"):
        publish_results(consultation, actor=approver)
    during.move_to(consultation.closes_at + dt.timedelta(days=3))
    assert publish_results(consultation, actor=approver) == 1
    consultation.refresh_from_db()
    assert consultation.state() == "results_published"
    with pytest.raises(Conflict):
        publish_results(consultation, actor=approver)


def withdraw(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(
        status="withdrawn", withdrawn_at=comment.submission.received_at
    )


def test_an_answer_to_what_was_withdrawn_meanwhile_is_neither_approved_nor_published(
    comment, drafter, approver
):
    disposition = adopted(comment, drafter)
    withdraw(comment)
    with pytest.raises(Conflict, match="撤回"):
        approve(disposition, actor=approver)
    Comment.objects.filter(pk=comment.pk).update(status="pending", withdrawn_at=None)
    approve(disposition, actor=approver)
    withdraw(comment)
    with pytest.raises(Conflict, match="撤回"):
        publish_disposition(disposition, actor=approver)
    disposition.refresh_from_db()
    assert disposition.status == DispositionStatus.APPROVED


def test_the_results_leave_out_what_was_withdrawn(comment, drafter, approver, consultation, during):
    approve(adopted(comment, drafter), actor=approver)
    withdraw(comment)
    during.move_to(consultation.closes_at + dt.timedelta(days=3))
    assert publish_results(consultation, actor=approver) == 0
    assert not Disposition.objects.published().exists()
