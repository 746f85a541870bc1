"""What the tests of papers share: opinions put straight into the register, and a PDF's text."""

import datetime as dt
import subprocess
from pathlib import Path

from django.contrib.auth.models import User

from comments.models import Channel, Comment, CommentKind
from comments.services.receiving import Identity, Point, register
from hongya_portal import clock
from plan.models import Chapter, Consultation, Measure


def at(day: int, hour: int = 10) -> dt.datetime:
    return dt.datetime(2022, 8, day, hour, tzinfo=clock.ZONE)


def enter(
    consultation: Consultation,
    actor: User,
    body: str = "（测试）建议写明时限。",
    *,
    day: int = 5,
    name: str = "王演示",
    measure: Measure | None = None,
    chapter: Chapter | None = None,
    suggested_text: str = "",
    channel: Channel = Channel.LETTER,
) -> Comment:
    point = Point(
        body=body,
        suggested_text=suggested_text,
        measure=measure,
        chapter=chapter,
        kind=CommentKind.OPINION,
    )
    receipt = register(
        consultation=consultation,
        channel=channel,
        points=[point],
        identity=Identity(kind="person", name=name, phone="00000000000", email="yanshi@example.com"),
        received_at=at(day),
        actor=actor,
    )
    return receipt.submission.comments.get()


def pdf_text(path: Path) -> str:
    """All text of a PDF without white space, which line ends would be otherwise."""
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split())
