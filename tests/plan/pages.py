"""What tests of the public pages share: the pages, their text, and opinions to show on them."""

import datetime as dt
import html
import re
import unicodedata
from itertools import count

from django.contrib.auth.models import User

from comments.models import Comment
from comments.services.moderating import publish
from comments.services.receiving import Identity, Point, submit
from plan.models import Consultation

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
PAGES = [
    "/",
    "/plan/",
    "/chapters/1/",
    "/chapters/2/",
    "/measures/13/",
    "/units/",
    "/units/县司法局/",
    "/search/",
    "/search/?q=行政执法",
]
_nonces = count()


def page_text(response) -> str:
    """What a reader sees of the page's main part, without any white space, NFKC."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return nfkc(html.unescape(re.sub(r"<[^>]+>", "", main)))


def nfkc(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def at(month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0, micro: int = 0) -> dt.datetime:
    return dt.datetime(2022, month, day, hour, minute, second, micro, tzinfo=SHANGHAI)


def receive(consultation: Consultation, body: str, **point: object) -> Comment:
    receipt = submit(
        consultation=consultation,
        points=[Point(body=body, **point)],
        identity=Identity(name="王测试"),
        nonce=f"nonce-{next(_nonces)}",
        arrived_at=at(8, 5),
    )
    return receipt.submission.comments.get()


def received_and_published(consultation: Consultation, actor: User, body: str, **point: object) -> Comment:
    comment = receive(consultation, body, **point)
    publish(comment, actor=actor)
    return comment
