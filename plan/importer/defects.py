"""Known ways in which a source is visibly defective. The text is kept as printed; staff see a note."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Defect:
    pattern: re.Pattern[str]
    note: str


def read_defects(path: Path) -> tuple[Defect, ...]:
    """The table at ``path``: a JSON list of ``{"pattern": regular expression, "note": text for staff}``."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Defect(re.compile(row["pattern"]), row["note"]) for row in rows)


def note_for(text: str, defects: Sequence[Defect]) -> str:
    """The notes of every defect that ``text`` shows, one a line."""
    return "\n".join(defect.note for defect in defects if defect.pattern.search(text))
