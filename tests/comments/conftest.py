"""Opinions that came in, for the tests of what the desk does with them."""

import itertools
from collections.abc import Callable

import pytest

from comments.models import Comment
from comments.services.receiving import Identity, Point, submit


@pytest.fixture
def receive(consultation, during) -> Callable[..., Comment]:
    """Takes an invented opinion in through the public's own door, by default on measure 13."""
    nonces = itertools.count()

    def taken(
        body: str = "（测试）建议写明办理时限。", *, number: int | None = 13, **given: object
    ) -> Comment:
        measure = consultation.plan.measures.get(number=number) if number else None
        chapter = consultation.plan.chapters.get(number=given.pop("chapter")) if "chapter" in given else None
        receipt = submit(
            consultation=consultation,
            points=[
                Point(
                    body=body,
                    suggested_text=given.pop("suggested_text", ""),
                    measure=None if chapter else measure,
                    chapter=chapter,
                )
            ],
            identity=given.pop("identity", Identity()),
            nonce=f"invented-nonce-{next(nonces)}",
            arrived_at=given.pop("arrived_at", consultation.opens_at),
            **given,
        )
        return receipt.submission.comments.get()

    return taken
