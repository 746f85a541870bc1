"""Taking opinions in: the one gate for the public, the register for staff, and the look-up by receipt."""

import datetime as dt
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.contrib.auth.models import User
from django.db import transaction

from comments.models import (
    Channel,
    Comment,
    CommentEvent,
    CommentKind,
    EventKind,
    HoldReason,
    Submission,
    Submitter,
    SubmitterKind,
    Town,
)
from comments.receipt_numbers import (
    codes_match,
    hash_lookup_code,
    make_lookup_code,
    parse_receipt_number,
    receipt_number,
)
from comments.services.errors import AlreadyReceived, NotOpen
from hongya_portal import clock, crypto
from plan.models import Chapter, Consultation, Measure


@dataclass(frozen=True)
class Point:
    """One opinion as typed and cleaned, on a measure, a chapter or (neither) the whole plan."""

    body: str
    kind: CommentKind = CommentKind.OPINION
    suggested_text: str = ""
    measure: Measure | None = None
    chapter: Chapter | None = None


@dataclass(frozen=True)
class Identity:
    """What the person chose to say of themselves; every part may be empty."""

    kind: str = ""
    town: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    publish_name: bool = False

    @property
    def given(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class Receipt:
    """``lookup_code`` is known only here, while the answer is written; ``repeated`` marks a retried form."""

    submission: Submission
    lookup_code: str
    repeated: bool


def masked_signature(identity: Identity) -> str:
    """``王**`` for a named person, 某单位 for an organisation, else 群众, with the town where it was given.

    What is kept of a name is its first letter: never a mark that turns or hides the text around it.
    """
    if identity.kind == SubmitterKind.ORGANISATION:
        return "某单位"
    first = next((char for char in identity.name if unicodedata.category(char)[0] == "L"), "")
    if first:
        return f"{first}**"
    town = Town(identity.town).label if identity.town else ""
    return f"{town}群众"


def _content_hash(points: Sequence[Point], identity: Identity) -> str:
    content = [
        [
            point.body,
            point.kind,
            point.suggested_text,
            point.measure.pk if point.measure else None,
            point.chapter.pk if point.chapter else None,
        ]
        for point in points
    ]
    document = json.dumps([content, asdict(identity)], ensure_ascii=False)
    return crypto.keyed_hash(hashlib.sha256(document.encode()).hexdigest(), "content", _hash_key_id())


def _hash_key_id() -> str:
    """Content and idempotency hashes need one stable key: the oldest one held."""
    return list(crypto.key_ring())[-1]


def _quoted(point: Point) -> str:
    if point.measure:
        return point.measure.text
    return str(point.chapter) if point.chapter else ""


def _store(
    consultation: Consultation,
    points: Sequence[Point],
    identity: Identity,
    *,
    nonce: str,
    idempotency_key: str,
    received_at: dt.datetime,
    channel: Channel,
    entered_by: User | None = None,
    late: bool = False,
    hold_reasons: Sequence[HoldReason] = (),
) -> Receipt:
    """Write submission, submitter, comments and events; ``consultation`` is locked by the caller."""
    key_id = crypto.current_key_id()
    code = make_lookup_code(nonce, key_id)
    consultation.last_serial += 1
    consultation.save(update_fields=["last_serial"])
    entered_at = clock.now()
    submission = Submission.objects.create(
        consultation=consultation,
        serial=consultation.last_serial,
        receipt_number=receipt_number(consultation.receipt_prefix, consultation.last_serial),
        lookup_hash=hash_lookup_code(code, key_id),
        lookup_key_id=key_id,
        idempotency_key=idempotency_key,
        content_hash=_content_hash(points, identity),
        channel=channel,
        received_at=received_at,
        entered_at=max(entered_at, received_at),
        entered_by=entered_by,
        late=late,
        signature=masked_signature(identity),
        hold_reasons=list(hold_reasons),
    )
    if identity.given:
        Submitter.objects.create(submission=submission, **asdict(identity))
    comments = Comment.objects.bulk_create(
        Comment(
            submission=submission,
            position=position,
            measure=point.measure,
            chapter=point.chapter,
            kind=point.kind,
            body=point.body,
            suggested_text=point.suggested_text,
            quoted_text=_quoted(point),
        )
        for position, point in enumerate(points, start=1)
    )
    CommentEvent.objects.bulk_create(
        CommentEvent(
            comment=comment,
            kind=EventKind.RECEIVED,
            at=entered_at,
            actor=entered_by,
            after={"channel": channel, "late": late, "held": list(hold_reasons)},
        )
        for comment in comments
    )
    return Receipt(submission, code, repeated=False)


def _repeat(submission: Submission, nonce: str, content_hash: str) -> Receipt:
    if submission.content_hash != content_hash:
        raise AlreadyReceived(submission)
    return Receipt(submission, make_lookup_code(nonce, submission.lookup_key_id), repeated=True)


@transaction.atomic
def submit(
    *,
    consultation: Consultation,
    points: Sequence[Point],
    identity: Identity,
    nonce: str,
    arrived_at: dt.datetime,
    hold_reasons: Sequence[HoldReason] = (),
) -> Receipt:
    """Take a form from the web. In order: lock the consultation; give the same receipt to a retried form; pass
    the gate at ``arrived_at``; write submission, submitter, comments and one event per comment.

    Raises AlreadyReceived (same form, other content) and NotOpen. ``hold_reasons`` never refuse.
    """
    consultation = (
        Consultation.objects.select_for_update(of=("self",)).select_related("plan").get(pk=consultation.pk)
    )
    idempotency_key = crypto.keyed_hash(nonce, "idempotency", _hash_key_id())
    earlier = Submission.objects.filter(idempotency_key=idempotency_key).first()
    if earlier:
        return _repeat(earlier, nonce, _content_hash(points, identity))
    if not consultation.is_open(arrived_at):
        raise NotOpen(consultation.state(arrived_at))
    return _store(
        consultation,
        points,
        identity,
        nonce=nonce,
        idempotency_key=idempotency_key,
        received_at=arrived_at,
        channel=Channel.WEB,
        hold_reasons=hold_reasons,
    )


@transaction.atomic
def register(
    *,
    consultation: Consultation,
    channel: Channel,
    points: Sequence[Point],
    identity: Identity,
    received_at: dt.datetime,
    actor: User,
) -> Receipt:
    """Enter what came by telephone, letter, e-mail or at a meeting. After the window it is 逾期, counted apart.

    Raises NotOpen where it was received before the opening: nobody could have been asked yet.
    """
    consultation = (
        Consultation.objects.select_for_update(of=("self",)).select_related("plan").get(pk=consultation.pk)
    )
    if received_at < consultation.opens_at:
        raise NotOpen(consultation.state(received_at))
    nonce = secrets.token_urlsafe(16)
    return _store(
        consultation,
        points,
        identity,
        nonce=nonce,
        idempotency_key=crypto.keyed_hash(nonce, "idempotency", _hash_key_id()),
        received_at=received_at,
        channel=channel,
        entered_by=actor,
        late=not consultation.is_open(received_at),
    )


# Compared against when no submission matches, so that an unknown number costs the same as a wrong code.
_NOBODY_HASH = "0" * 64


def look_up(typed_number: str, typed_code: str) -> Submission | None:
    """The submission whose number and code were typed, or None. The same work is done in either case."""
    number = parse_receipt_number(typed_number)
    submission = Submission.objects.filter(receipt_number=number or "").first()
    stored = submission.lookup_hash if submission else _NOBODY_HASH
    key_id = submission.lookup_key_id if submission else crypto.current_key_id()
    return submission if codes_match(stored, key_id, typed_code) else None
