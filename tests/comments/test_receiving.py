import datetime as dt

import pytest
from django.db import connection

from comments.models import Channel, Comment, CommentEvent, EventKind, HoldReason, Submission, SubmitterKind
from comments.receipt_numbers import parse_receipt_number
from comments.services.errors import AlreadyReceived, NotOpen
from comments.services.receiving import Identity, Point, Receipt, look_up, masked_signature, register, submit
from plan.models import Consultation, ConsultationState

pytestmark = pytest.mark.django_db


def send(
    consultation: Consultation,
    at: dt.datetime,
    *,
    nonce: str = "nonce-1",
    body: str = "（测试）建议写明时限。",
    **kwargs,
) -> Receipt:
    points = kwargs.pop("points", [Point(body=body)])
    return submit(
        consultation=consultation,
        points=points,
        identity=kwargs.pop("identity", Identity()),
        nonce=nonce,
        arrived_at=at,
        **kwargs,
    )


def test_submit_stores_the_points_with_the_text_they_were_made_on(consultation, during):
    measure = consultation.plan.measures.get(number=13)
    receipt = send(
        consultation,
        consultation.opens_at,
        points=[Point(body="（测试）一", measure=measure), Point(body="（测试）二")],
    )
    first, second = receipt.submission.comments.order_by("position")
    assert (first.body, first.measure, first.quoted_text) == ("（测试）一", measure, measure.text)
    assert (second.body, second.measure, second.quoted_text) == ("（测试）二", None, "")
    assert list(CommentEvent.objects.values_list("kind", flat=True)) == [EventKind.RECEIVED] * 2


def test_submit_numbers_without_gaps_and_with_a_check_digit(consultation, during):
    numbers = [
        send(consultation, consultation.opens_at, nonce=f"n{i}").submission.receipt_number for i in range(3)
    ]
    assert [number[:12] for number in numbers] == ["202208-00001", "202208-00002", "202208-00003"]
    assert [parse_receipt_number(number) for number in numbers] == numbers


def test_a_refused_submission_leaves_no_gap(consultation, during):
    send(consultation, consultation.opens_at, nonce="a")
    with pytest.raises(NotOpen):
        send(consultation, consultation.closes_at, nonce="b")
    assert send(consultation, consultation.opens_at, nonce="c").submission.serial == 2


def test_the_same_form_twice_gives_the_same_receipt_and_code(consultation, during):
    first = send(consultation, consultation.opens_at)
    second = send(consultation, consultation.opens_at)
    assert (second.submission, second.lookup_code, second.repeated) == (
        first.submission,
        first.lookup_code,
        True,
    )
    assert (Submission.objects.count(), Comment.objects.count()) == (1, 1)


def test_a_retry_after_the_deadline_gets_the_receipt_of_the_stored_form(consultation, during):
    first = send(consultation, consultation.closes_at - dt.timedelta(milliseconds=1))
    assert send(consultation, consultation.closes_at).submission == first.submission


def test_the_same_form_with_another_text_is_not_stored_again(consultation, during):
    first = send(consultation, consultation.opens_at)
    with pytest.raises(AlreadyReceived) as refused:
        send(consultation, consultation.opens_at, body="（测试）改了主意。")
    assert refused.value.submission == first.submission
    assert Comment.objects.get().body == "（测试）建议写明时限。"


MOMENTS = [
    (lambda c: c.opens_at - dt.timedelta(milliseconds=1), ConsultationState.UPCOMING),
    (lambda c: c.opens_at, None),
    (lambda c: c.closes_at - dt.timedelta(milliseconds=1), None),
    (lambda c: c.closes_at, ConsultationState.CLOSED),
    (lambda c: c.closes_at + dt.timedelta(milliseconds=1), ConsultationState.CLOSED),
]


@pytest.mark.parametrize(("moment", "refusal"), MOMENTS)
def test_the_gate_is_a_half_open_window(consultation, during, moment, refusal):
    at = moment(consultation)
    assert consultation.is_open(at) is (refusal is None)
    assert Consultation.objects.open(at).exists() is (refusal is None)
    if refusal is None:
        assert send(consultation, at).submission.received_at == at
        return
    with pytest.raises(NotOpen) as refused:
        send(consultation, at)
    assert refused.value.state == refusal
    assert not Submission.objects.exists()


def test_hold_reasons_are_kept_and_never_refuse(consultation, during):
    receipt = send(consultation, consultation.opens_at, hold_reasons=[HoldReason.HONEYPOT, HoldReason.RATE])
    assert receipt.submission.hold_labels == ["填写了隐藏栏", "同一网络提交频繁"]


def test_contact_data_is_encrypted_in_the_database(consultation, during):
    identity = Identity(
        kind=SubmitterKind.PERSON, name="赵演示", phone="00000000000", email="yanshi@example.com"
    )
    submission = send(consultation, consultation.opens_at, identity=identity).submission
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone, email FROM comments_submitter")
        stored = "".join(cursor.fetchone())
    assert not any(secret in stored for secret in ("赵演示", "00000000000", "yanshi@example.com"))
    submission.refresh_from_db()
    assert (submission.submitter.name, submission.submitter.phone) == ("赵演示", "00000000000")


def test_no_submitter_row_where_nothing_was_given(consultation, during):
    assert not hasattr(send(consultation, consultation.opens_at).submission, "submitter")


@pytest.mark.parametrize(
    ("identity", "signature"),
    [
        (Identity(), "群众"),
        (Identity(town="511423117"), "柳江镇群众"),
        (Identity(name="王演示", town="511423117"), "王**"),
        (Identity(name="王"), "王**"),
        (Identity(name="\u202e\u0301王演示"), "王**"),
        (Identity(name="***"), "群众"),
        (Identity(kind=SubmitterKind.ORGANISATION, name="演示合作社"), "某单位"),
    ],
)
def test_signatures_are_masked_by_rule(identity, signature):
    assert masked_signature(identity) == signature


def test_the_full_name_is_shown_only_by_consent(consultation, during):
    hidden = send(consultation, consultation.opens_at, identity=Identity(name="王演示"))
    shown = send(
        consultation, consultation.opens_at, nonce="n2", identity=Identity(name="王演示", publish_name=True)
    )
    assert (hidden.submission.public_signature, shown.submission.public_signature) == ("王**", "王演示")


def test_register_counts_an_item_after_the_window_as_late(consultation, moderator, during):
    during.move_to(consultation.closes_at + dt.timedelta(days=1))

    def enter(received_at: dt.datetime) -> Submission:
        return register(
            consultation=consultation,
            channel=Channel.LETTER,
            points=[Point(body="（测试）来信")],
            identity=Identity(),
            received_at=received_at,
            actor=moderator,
        ).submission

    on_time, late = enter(consultation.closes_at - dt.timedelta(hours=1)), enter(consultation.closes_at)
    assert (on_time.late, late.late, late.entered_by) == (False, True, moderator)
    with pytest.raises(NotOpen):
        enter(consultation.opens_at - dt.timedelta(days=1))


def test_look_up_accepts_what_people_type(consultation, during):
    receipt = send(consultation, consultation.opens_at)
    number, code = receipt.submission.receipt_number, receipt.lookup_code
    full_width = number.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    for typed_number, typed_code in [
        (number, code),
        (number.replace("-", " "), code.lower()),
        (full_width, code.replace("-", "")),
        (number.replace("0", "O"), code.replace("0", "o").replace("1", "l")),
    ]:
        assert look_up(typed_number, typed_code) == receipt.submission


def test_look_up_finds_nothing_for_a_wrong_code_or_number(consultation, during):
    receipt = send(consultation, consultation.opens_at)
    other = send(consultation, consultation.opens_at, nonce="n2")
    assert look_up(receipt.submission.receipt_number, other.lookup_code) is None
    assert look_up("202208-00001-0", receipt.lookup_code) is None
    assert look_up("", "") is None
    assert look_up("😀", receipt.lookup_code) is None
