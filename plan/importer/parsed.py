"""What a page holds, as plain values. Texts are typeset full-width; paragraphs are parted by ``\\n``."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from plan.numerals import chinese_numeral


@dataclass(frozen=True)
class ParsedMeasure:
    """``units`` are the labels in printed order. The note is for staff and is not part of the text."""

    number: int
    title: str
    body: str
    responsibility_text: str
    responsibility_apart: bool
    open_ended: bool
    units: tuple[str, ...]
    source_note: str = field(default="", compare=False)

    @property
    def printed_number(self) -> str:
        return f"（{chinese_numeral(self.number)}）"


@dataclass(frozen=True)
class ParsedChapter:
    number: int
    title: str
    introduction: str
    measures: tuple[ParsedMeasure, ...]


@dataclass(frozen=True)
class ParsedPlan:
    title: str
    edition: str
    preamble: str
    chapters: tuple[ParsedChapter, ...]

    @property
    def measures(self) -> Iterator[ParsedMeasure]:
        return (measure for chapter in self.chapters for measure in chapter.measures)

    @property
    def unit_labels(self) -> list[str]:
        """Each label once, in the order of first appearance."""
        return list(dict.fromkeys(label for measure in self.measures for label in measure.units))

    def counts(self) -> dict[str, int | list[int]]:
        """What a text can lose without a gap in its numbers shows here alone."""
        measures = list(self.measures)
        return {
            "chapters": len(self.chapters),
            "measures": len(measures),
            "measures_by_chapter": [len(chapter.measures) for chapter in self.chapters],
            "units": len(self.unit_labels),
            "links": sum(len(measure.units) for measure in measures),
            "open_ended": sum(measure.open_ended for measure in measures),
        }


@dataclass(frozen=True)
class ParsedUnit:
    label: str
    kind: str


@dataclass(frozen=True)
class ParsedConsultation:
    """``closes_at`` is exclusive: the first moment after the last day."""

    kind: str
    receipt_prefix: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    contact_email: str
    contact_phone: str
    contact_person: str
    contact_note: str


@dataclass(frozen=True)
class ParsedNotice:
    title: str
    body: str
    attachment: str
    issuer: str
    issued_on: dt.date


@dataclass(frozen=True)
class ParsedPage:
    source_sha256: str
    plan: ParsedPlan
    units: tuple[ParsedUnit, ...]
    consultation: ParsedConsultation
    notice: ParsedNotice
