"""How a consultation and a search are put into words: pure functions of what is stored and of the moment."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from hongya_portal.text import fold
from plan.models import MINIMUM_PERIODS, Consultation, ConsultationState, Measure

EXCERPT_LENGTH = 110
# Words at the head of an excerpt, before the first match.
_LEAD = 24


def consultation_version(consultation: Consultation | None, at: dt.datetime) -> str:
    """A digest that changes whenever a public page may: revision, state, day, or the consultation's own values.

    Of ``last_serial`` only whether it is 0 can be seen in public, so a new submission changes nothing by itself.
    """
    if not consultation:
        return f"none {timezone.localdate(at)}"
    values = {
        field.attname: getattr(consultation, field.attname) for field in consultation._meta.concrete_fields
    }
    values["last_serial"] = bool(consultation.last_serial)
    seen = [repr(sorted(values.items())), consultation.state(at), str(timezone.localdate(at))]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


@dataclass(frozen=True)
class StatusWords:
    """``key`` names the shape in the style sheet, so that colour alone never tells the state."""

    key: str
    word: str
    detail: str


def _day(day: dt.date) -> str:
    return f"{day.month} 月 {day.day} 日"


def closing_words(consultation: Consultation) -> str:
    """``8 月 10 日 24 时`` for a window that ends with its last day, else the day and the time."""
    closes_at = timezone.localtime(consultation.closes_at)
    if closes_at.time() == dt.time.min:
        return f"{_day(consultation.last_day)} 24 时"
    return f"{_day(consultation.last_day)} {closes_at:%H:%M}"


def _open_words(consultation: Consultation, at: dt.datetime) -> StatusWords:
    days = consultation.days_left(at)
    closing = closing_words(consultation)
    if days == 1:
        return StatusWords("last-day", "今天截止", f"{closing}前都可以提出意见")
    return StatusWords("open", "正在征集", f"还有 {days} 天（至 {closing}）")


def status_words(consultation: Consultation, at: dt.datetime) -> StatusWords:
    state = consultation.state(at)
    if state == ConsultationState.OPEN:
        return _open_words(consultation, at)
    if state == ConsultationState.UPCOMING:
        return StatusWords(state, "尚未开始", f"{_day(consultation.first_day)}开始")
    if consultation.results_published_at and state == ConsultationState.RESULTS_PUBLISHED:
        published_on = timezone.localdate(consultation.results_published_at)
        return StatusWords(state, "已公布结果", f"{published_on.year} 年 {_day(published_on)}公布")
    return StatusWords(state, "已结束", "意见研究中，结果将在本站公布")


def _weekdays(first_day: dt.date, last_day: dt.date) -> int:
    """Mondays to Fridays after ``first_day`` up to ``last_day``. Holidays are not known: the true number is lower."""
    days = (last_day - first_day).days
    return sum((first_day + dt.timedelta(days=offset)).weekday() < 5 for offset in range(1, days + 1))


def is_shortened(consultation: Consultation) -> bool:
    """Whether the window is certainly shorter than the usual minimum for its kind."""
    number, working_days = MINIMUM_PERIODS[consultation.kind]
    first, last = consultation.first_day, consultation.last_day
    return (_weekdays(first, last) if working_days else consultation.length_in_days) < number


def shortening_words(consultation: Consultation) -> str:
    """The reason given for a shorter window; 未载明 where there is none; empty where none is due."""
    return consultation.shortened_reason or ("未载明" if is_shortened(consultation) else "")


def _folded(text: str) -> tuple[str, list[int]]:
    """``text`` as it is matched, and for each of its characters the index in ``text`` that it came from."""
    pieces = [(piece, index) for index, char in enumerate(text) for piece in fold(char)]
    return "".join(piece for piece, _ in pieces), [index for _, index in pieces]


def _matches(text: str, words: Iterable[str]) -> list[bool]:
    """For each character of ``text``, whether it belongs to a match of one of ``words``."""
    folded, origins = _folded(text)
    marked = [False] * len(text)
    for word in {fold(word) for word in words} - {""}:
        start = folded.find(word)
        while start >= 0:
            end = start + len(word)
            marked[origins[start] : origins[end - 1] + 1] = [True] * (origins[end - 1] + 1 - origins[start])
            start = folded.find(word, end)
    return marked


def _runs(text: str, marked: list[bool]) -> Iterator[tuple[bool, str]]:
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or marked[index] != marked[start]:
            yield marked[start], text[start:index]
            start = index


def highlight(text: str, words: Iterable[str]) -> SafeString:
    """``text`` escaped, with every match of a word in ``<mark>``; full and half width match each other."""
    parts = (
        ("<mark>", run, "</mark>") if hit else ("", run, "")
        for hit, run in _runs(text, _matches(text, words))
    )
    return format_html_join(
        "", "{}{}{}", ((SafeString(before), run, SafeString(after)) for before, run, after in parts)
    )


def excerpt(text: str, words: Iterable[str]) -> SafeString:
    """The part of ``text`` around the first match, highlighted; its beginning where nothing matches."""
    words = list(words)
    marked = _matches(text, words)
    start = max(marked.index(True) - _LEAD, 0) if True in marked else 0
    end = start + EXCERPT_LENGTH
    cut = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
    return highlight(cut, words)


@dataclass(frozen=True)
class SearchHit:
    measure: Measure
    title: SafeString
    excerpt: SafeString
    responsibility: SafeString


def search_hit(measure: Measure, words: list[str]) -> SearchHit:
    return SearchHit(
        measure=measure,
        title=highlight(measure.title, words),
        excerpt=excerpt(measure.body, words),
        responsibility=highlight(measure.responsibility_text, words),
    )
