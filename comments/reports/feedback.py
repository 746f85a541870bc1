"""意见采纳情况汇总表: every opinion that a filter lets through, as a stream of rows, with totals that reconcile."""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field

from django.utils import timezone

from comments.models import Comment
from comments.reports.answers import Answer, answers_prefetch
from comments.reports.parameters import FeedbackFilter
from comments.reports.quoting import quote
from comments.reports.totals import Totals, TotalsMismatch, count
from hongya_portal import clock
from plan.models import Consultation

HEADINGS = (
    "序号",
    "针对条款",
    "责任单位",
    "提出人（脱敏）",
    "意见内容",
    "修改建议",
    "渠道",
    "采纳情况",
    "理由",
    "受理编号",
    "审核状态",
    "收到时间",
)
_CHUNK = 1000


@dataclass(frozen=True)
class FeedbackRow:
    """In the order of ``HEADINGS``. Texts are the sealed originals with contact data masked."""

    number: int
    target: str
    units: str
    signature: str
    body: str
    suggested_text: str
    channel: str
    outcome: str
    reason: str
    receipt: str
    status: str
    received: str


@dataclass
class Tail:
    """What is known once the last row was read: how many rows, and the SHA-256 over all their texts."""

    rows: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()


@dataclass(frozen=True)
class FeedbackReport:
    """``rows()`` may be read once, within the snapshot that the report was built in; then ``tail`` is complete."""

    title: str
    plan_title: str
    scope: str
    moment: dt.datetime
    totals: Totals
    consultation: Consultation
    wanted: FeedbackFilter
    tail: Tail = field(default_factory=Tail)

    def rows(self) -> Iterator[FeedbackRow]:
        """In plan order, oldest first. Raises TotalsMismatch at the end where the rows are not what was counted."""
        outcomes: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        for row, answer in _rows(self.consultation, self.wanted):
            self.tail.rows += 1
            self.tail.digest.update(json.dumps(astuple(row), ensure_ascii=False).encode("utf-8", "replace"))
            outcomes[answer.outcome] += 1
            statuses[row.status] += 1
            yield row
        counted = {tally.label: tally.comments for tally in self.totals.by_outcome if tally.comments}
        by_status = {tally.label: tally.comments for tally in self.totals.by_status if tally.comments}
        if (self.tail.rows, outcomes, statuses) != (self.totals.comments, counted, by_status):
            raise TotalsMismatch(f"{self.tail.rows} rows for {self.totals.comments} comments")


def build_feedback_report(consultation: Consultation, wanted: FeedbackFilter) -> FeedbackReport:
    """Count as of now; to be called, and its rows read, within one snapshot. Raises TotalsMismatch."""
    plan_title = consultation.plan.quoted_title
    return FeedbackReport(
        title=f"{plan_title}意见采纳情况汇总表",
        plan_title=plan_title,
        scope=wanted.words(consultation),
        moment=timezone.localtime(clock.now()),
        totals=count(wanted.comments(consultation)),
        consultation=consultation,
        wanted=wanted,
    )


def _rows(consultation: Consultation, wanted: FeedbackFilter) -> Iterator[tuple[FeedbackRow, Answer]]:
    units = _units_by_measure(consultation)
    comments = (
        wanted.comments(consultation)
        .select_related("submission", "measure", "chapter")
        .prefetch_related(answers_prefetch())
        .in_plan_order()
    )
    for number, comment in enumerate(comments.iterator(chunk_size=_CHUNK), start=1):
        answer = Answer.of(comment)
        yield _row(number, comment, units.get(comment.measure_id, ""), answer), answer


def _units_by_measure(consultation: Consultation) -> dict[int | None, str]:
    """The responsible units of each measure in printed order; 等 stays where the list is an open one."""
    measures = consultation.plan.measures.prefetch_related("responsibilities__unit")
    return {
        measure.pk: "、".join(part.unit.label for part in measure.responsibilities.all())
        + ("等" if measure.open_ended else "")
        for measure in measures
    }


def _row(number: int, comment: Comment, units: str, answer: Answer) -> FeedbackRow:
    submission = comment.submission
    quoted = quote(comment)
    return FeedbackRow(
        number=number,
        target=comment.target_label,
        units=units,
        signature=submission.signature,
        body=quoted.body,
        suggested_text=quoted.suggested_text,
        channel=submission.get_channel_display() + ("（逾期）" if submission.late else ""),
        outcome=answer.words,
        reason=answer.reason,
        receipt=f"{submission.receipt_number}-{comment.position}",
        status=comment.get_status_display(),
        received=f"{timezone.localtime(submission.received_at):%Y-%m-%d %H:%M}",
    )
