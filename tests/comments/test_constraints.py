"""The database refuses a bad row by itself, whatever code writes it."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from comments.models import Comment, Disposition, Submission, Submitter
from comments.services.deciding import propose
from comments.services.receiving import Identity, Point, submit
from plan.models import Consultation

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment(consultation, during) -> Comment:
    receipt = submit(
        consultation=consultation,
        points=[Point(body="（测试）建议。", measure=consultation.plan.measures.get(number=1))],
        identity=Identity(name="王演示"),
        nonce="nonce",
        arrived_at=consultation.opens_at,
    )
    return receipt.submission.comments.get()


COMMENT_ROWS = [
    {"body": ""},
    {"status": "published"},
    {"status": "withheld"},
    {"status": "withheld", "withheld_at": "2022-08-08T00:00Z"},
    {"status": "withdrawn"},
    {"published_at": "2022-08-08T00:00Z"},
    {"withhold_reason": "insult"},
    {"status": "published", "published_at": "2022-08-08T00:00Z", "published_body": "别的文字"},
]


@pytest.mark.parametrize("values", COMMENT_ROWS)
def test_a_bad_comment_row_is_refused(comment, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**values)


def test_a_comment_has_one_target(comment, consultation):
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(chapter=consultation.plan.chapters.first())


@pytest.mark.parametrize(
    "values", [{"serial": 0}, {"channel": "letter"}, {"late": True}, {"entered_at": "2000-01-01T00:00Z"}]
)
def test_a_bad_submission_row_is_refused(comment, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=comment.submission_id).update(**values)


@pytest.mark.parametrize("values", [{"purged_at": "2022-08-08T00:00Z"}, {"publish_name": True, "name": ""}])
def test_a_bad_submitter_row_is_refused(comment, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Submitter.objects.update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"outcome": "not_adopted", "explanation": ""},
        {"status": "approved"},
        {"status": "published"},
        {"status": "superseded"},
        {"approved_at": "2022-08-08T00:00Z"},
    ],
)
def test_a_bad_disposition_row_is_refused(comment, drafter, values):
    propose(comment, outcome="adopted", explanation="", actor=drafter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposition.objects.update(**values)


def test_the_database_refuses_self_approval(comment, drafter):
    propose(comment, outcome="adopted", explanation="", actor=drafter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposition.objects.update(status="approved", approved_by=drafter, approved_at="2022-08-08T00:00Z")


def test_one_disposition_in_work_per_comment(comment, drafter):
    first = propose(comment, outcome="adopted", explanation="", actor=drafter)
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_a_consultation_closes_after_it_opens(consultation):
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.update(closes_at=consultation.opens_at)


def test_removing_a_person_or_a_text_never_removes_an_opinion(comment, drafter):
    propose(comment, outcome="adopted", explanation="", actor=drafter)
    for record in (
        drafter,
        comment.measure,
        comment.measure.chapter,
        comment.submission,
        comment.submission.consultation,
    ):
        with pytest.raises(ProtectedError):
            record.delete()


def test_removing_the_submitter_leaves_the_opinion(comment):
    comment.submission.submitter.delete()
    comment.refresh_from_db()
    assert (comment.body, comment.submission.signature) == ("（测试）建议。", "王**")
