"""Writing invented opinions batch by batch, so that memory does not grow with their number."""

import datetime as dt
import random
import secrets
from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from comments.demo import texts
from comments.models import (
    Channel,
    Comment,
    CommentEvent,
    CommentKind,
    CommentStatus,
    Disposition,
    DispositionStatus,
    EventKind,
    HoldReason,
    Outcome,
    Submission,
    Submitter,
)
from comments.receipt_numbers import hash_lookup_code, make_lookup_code, receipt_number
from comments.services.moderating import touch_public_revision
from comments.services.receiving import Identity, masked_signature
from hongya_portal import clock, crypto
from plan.models import Chapter, Consultation, Measure

BATCH = 500
# Channels and states take turns, so that a handful already shows each of them.
_CHANNELS = [
    Channel.WEB, Channel.WEB, Channel.PHONE, Channel.WEB, Channel.LETTER, Channel.WEB,
    Channel.EMAIL, Channel.WEB, Channel.MEETING, Channel.WEB, Channel.COUNTER, Channel.HOTLINE,
]  # fmt: skip
_STATUSES = [
    CommentStatus.PUBLISHED, CommentStatus.PENDING, CommentStatus.PUBLISHED, CommentStatus.PUBLISHED,
    CommentStatus.WITHHELD, CommentStatus.PUBLISHED, CommentStatus.PENDING, CommentStatus.WITHDRAWN,
    CommentStatus.PUBLISHED, CommentStatus.PUBLISHED,
]  # fmt: skip
_OUTCOMES = list(Outcome)
_DISPOSITION_STATUSES = [
    DispositionStatus.PUBLISHED,
    DispositionStatus.PROPOSED,
    DispositionStatus.PUBLISHED,
    DispositionStatus.APPROVED,
]
_REVIEW_DELAY = dt.timedelta(minutes=40)


class DemoWriter:
    """Writes ``total`` submissions of one to three points each over the measures of ``consultation``.

    Raises ValueError before the opening: nothing can have come in.
    """

    def __init__(self, consultation: Consultation, *, total: int, seed: int) -> None:
        self.consultation = consultation
        self.total = total
        self.rng = random.Random(seed)  # noqa: S311  (texts, not secrets)
        self.until = min(clock.now(), consultation.closes_at) - 2 * _REVIEW_DELAY
        if self.until <= consultation.opens_at:
            raise ValueError("征求意见尚未开始，没有可演示的意见。")
        self.measures = list(consultation.plan.measures.select_related("chapter"))
        self.chapters = list(consultation.plan.chapters.all())
        self.clerk, self.drafter, self.approver = (
            _demo_user(username) for username in ("moderator", "drafter", "approver")
        )
        self.submission_index = 0
        self.comment_index = 0

    def write(self) -> Iterator[int]:
        """Write everything, yielding after each batch how many comments stand so far."""
        written = 0
        while written < self.total:
            written += self._write_batch(min(BATCH, self.total - written))
            yield written
        touch_public_revision(self.consultation.pk)

    @transaction.atomic
    def _write_batch(self, size: int) -> int:
        consultation = Consultation.objects.select_for_update(of=("self",)).get(pk=self.consultation.pk)
        sizes = self._split(size)
        first = consultation.last_serial
        identities = [
            texts.identity(self.submission_index + offset, self.rng) for offset in range(len(sizes))
        ]
        submissions = Submission.objects.bulk_create(
            self._submission(serial, identity) for serial, identity in enumerate(identities, start=first + 1)
        )
        Submitter.objects.bulk_create(
            Submitter(submission=submission, **vars(identity))
            for submission, identity in zip(submissions, identities, strict=True)
            if identity.given
        )
        consultation.last_serial = first + len(sizes)
        consultation.save(update_fields=["last_serial"])
        comments = Comment.objects.bulk_create(
            self._comment(submission, position)
            for submission, points in zip(submissions, sizes, strict=True)
            for position in range(1, points + 1)
        )
        dispositions = Disposition.objects.bulk_create(self._dispositions(comments))
        CommentEvent.objects.bulk_create(self._events(comments, dispositions))
        return size

    def _split(self, comments: int) -> list[int]:
        """``comments`` points shared out over submissions: most have one, some two or three."""
        sizes: list[int] = []
        while (left := comments - sum(sizes)) > 0:
            sizes.append(min(left, self.rng.choices([1, 2, 3], weights=[8, 2, 1])[0]))
        return sizes

    def _submission(self, serial: int, identity: Identity) -> Submission:
        index = self.submission_index
        self.submission_index += 1
        channel = _CHANNELS[index % len(_CHANNELS)]
        late = channel != Channel.WEB and index % 17 == 16 and clock.now() > self.consultation.closes_at
        received_at = self._moment(late=late)
        nonce, key_id = secrets.token_urlsafe(16), crypto.current_key_id()
        return Submission(
            consultation=self.consultation,
            serial=serial,
            receipt_number=receipt_number(self.consultation.receipt_prefix, serial),
            lookup_hash=hash_lookup_code(make_lookup_code(nonce, key_id), key_id),
            lookup_key_id=key_id,
            idempotency_key=crypto.keyed_hash(nonce, "idempotency"),
            content_hash=crypto.keyed_hash(nonce, "content"),
            channel=channel,
            received_at=received_at,
            entered_at=received_at if channel == Channel.WEB else received_at + _REVIEW_DELAY / 2,
            entered_by=None if channel == Channel.WEB else self.clerk,
            late=late,
            signature=masked_signature(identity),
            hold_reasons=[HoldReason.TOO_FAST] if channel == Channel.WEB and index % 19 == 7 else [],
        )

    def _moment(self, *, late: bool) -> dt.datetime:
        """A moment by day, between the opening and the end of what can have happened."""
        if late:
            return self.consultation.closes_at + dt.timedelta(hours=self.rng.randint(9, 17))
        opens_at = self.consultation.opens_at
        moment = opens_at + (self.until - opens_at) * self.rng.random()
        by_day = moment.astimezone(clock.ZONE).replace(hour=self.rng.randint(8, 21))
        return min(max(by_day, opens_at), self.until)

    def _target(self, index: int) -> tuple[Measure | None, Chapter | None]:
        if index % 12 == 7:
            return None, self.rng.choice(self.chapters)
        if index % 14 == 9:
            return None, None
        # Some measures draw many opinions and most a few, as people do.
        return self.measures[int(len(self.measures) * self.rng.random() ** 2)], None

    def _comment(self, submission: Submission, position: int) -> Comment:
        index = self.comment_index
        self.comment_index += 1
        measure, chapter = self._target(index)
        kind = texts.kind_of(index)
        comment = Comment(
            submission=submission,
            position=position,
            measure=measure,
            chapter=chapter,
            kind=kind,
            body=texts.body(kind, measure, chapter, self.rng),
            suggested_text=texts.suggested_text(measure, self.rng)
            if measure and kind == CommentKind.AMEND
            else "",
            quoted_text=measure.text if measure else str(chapter or ""),
            status=_STATUSES[index % len(_STATUSES)],
        )
        if comment.status == CommentStatus.WITHHELD:
            self._make_unfit(comment, index)
        self._stamp(comment, _reviewed_at(submission))
        return comment

    def _make_unfit(self, comment: Comment, index: int) -> None:
        """A text that deserves its reason: nobody is to see a supporter silenced."""
        comment.withhold_reason, comment.body = texts.withheld(index // len(_STATUSES))
        comment.kind, comment.suggested_text = CommentKind.OTHER, ""

    def _stamp(self, comment: Comment, at: dt.datetime) -> None:
        if comment.status == CommentStatus.PUBLISHED:
            comment.published_at = at
            comment.published_body, comment.published_suggested_text = comment.body, comment.suggested_text
        elif comment.status == CommentStatus.WITHHELD:
            comment.withheld_at = at
        elif comment.status == CommentStatus.WITHDRAWN:
            comment.withdrawn_at = at

    def _dispositions(self, comments: Sequence[Comment]) -> Iterator[Disposition]:
        """Two of three published comments have one; states and outcomes take turns."""
        for index, comment in enumerate(comments, start=self.comment_index - len(comments)):
            if comment.status == CommentStatus.PUBLISHED and index % 3 != 2:
                yield self._disposition(comment, index)

    def _disposition(self, comment: Comment, index: int) -> Disposition:
        outcome = _OUTCOMES[index % len(_OUTCOMES)]
        status = _DISPOSITION_STATUSES[index // 2 % len(_DISPOSITION_STATUSES)]
        approved = status != DispositionStatus.PROPOSED
        at = _reviewed_at(comment.submission)
        return Disposition(
            comment=comment,
            outcome=outcome,
            explanation=texts.explanation(outcome),
            cited_change=texts.cited_change(outcome, comment.measure),
            status=status,
            proposed_by=self.drafter,
            proposed_at=at,
            approved_by=self.approver if approved else None,
            approved_at=at if approved else None,
            published_at=at if status == DispositionStatus.PUBLISHED else None,
        )

    def _events(
        self, comments: Sequence[Comment], dispositions: Sequence[Disposition]
    ) -> Iterator[CommentEvent]:
        for comment in comments:
            submission = comment.submission
            yield CommentEvent(
                comment=comment,
                kind=EventKind.RECEIVED,
                at=submission.entered_at,
                actor=submission.entered_by,
                after={
                    "channel": submission.channel,
                    "late": submission.late,
                    "held": submission.hold_reasons,
                },
            )
            if comment.status != CommentStatus.PENDING:
                yield self._review_event(comment)
        for disposition in dispositions:
            yield from self._disposition_events(disposition)

    def _review_event(self, comment: Comment) -> CommentEvent:
        withdrawn = comment.status == CommentStatus.WITHDRAWN
        after = {"status": comment.status}
        if comment.withhold_reason:
            after["withhold_reason"] = comment.withhold_reason
        return CommentEvent(
            comment=comment,
            kind=EventKind(comment.status),
            at=_reviewed_at(comment.submission),
            actor=None if withdrawn else self.clerk,
            before={"status": CommentStatus.PENDING},
            after=after,
        )

    def _disposition_events(self, disposition: Disposition) -> Iterator[CommentEvent]:
        steps = [
            (EventKind.DISPOSITION_PROPOSED, self.drafter, disposition.proposed_at),
            (EventKind.DISPOSITION_APPROVED, self.approver, disposition.approved_at),
            (EventKind.DISPOSITION_PUBLISHED, self.approver, disposition.published_at),
        ]
        for kind, actor, at in steps:
            if at:
                yield CommentEvent(
                    comment=disposition.comment,
                    kind=kind,
                    at=at,
                    actor=actor,
                    after={"outcome": disposition.outcome},
                )


def _reviewed_at(submission: Submission) -> dt.datetime:
    return submission.entered_at + _REVIEW_DELAY


def _demo_user(username: str) -> User:
    """The demonstration's staff account, or one by that name that nobody can log in with."""
    user, created = User.objects.get_or_create(username=username, defaults={"is_active": False})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
