"""Twenty at once: one form gives one row and one answer, twenty forms give twenty."""

import contextlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.models import QuerySet
from django.test import Client

from comments.models import Comment, Submission
from comments.services import receiving
from hongya_portal import form_tokens

pytestmark = pytest.mark.django_db(transaction=True)

FILLED = {"body": "（测试）建议写明公开的时限。", "kind": "opinion", "consent": "on"}
MANY = 20


@pytest.fixture
def new_token(consultation, during) -> Callable[[], str]:
    return lambda: form_tokens.issue(f"comment/{consultation.pk}/plan/0")


def send_at_once(tokens: list[str]) -> list[tuple[int, tuple[str, ...]]]:
    """``(status, (number, code))`` of each answer, all sent at the same moment, each on its own connection."""
    barrier = threading.Barrier(len(tokens))

    def send(token: str) -> tuple[int, tuple[str, ...]]:
        barrier.wait(timeout=20)
        try:
            client = Client(raise_request_exception=False)
            response = client.post("/comment/", {**FILLED, "form_token": token})
        finally:
            connections.close_all()
        found = re.findall(
            r'<dd class="(?:receipt-number|lookup-code)">\s*([^<]+?)\s*</dd>', response.content.decode()
        )
        return response.status_code, tuple(found)

    with ThreadPoolExecutor(len(tokens)) as pool:
        return list(pool.map(send, tokens))


def test_one_form_sent_twenty_times_at_once_is_received_once(new_token):
    answers = send_at_once([new_token()] * MANY)
    assert {status for status, _ in answers} == {200}
    assert len({keys for _, keys in answers}) == 1
    assert (Submission.objects.count(), Comment.objects.count()) == (1, 1)


def test_twenty_forms_sent_at_once_are_received_each(new_token):
    answers = send_at_once([new_token() for _ in range(MANY)])
    assert {status for status, _ in answers} == {200}
    numbers = sorted(keys[0] for _, keys in answers)
    assert numbers == sorted(Submission.objects.values_list("receipt_number", flat=True))
    assert sorted(Submission.objects.values_list("serial", flat=True)) == list(range(1, MANY + 1))
    assert len({keys[1] for _, keys in answers}) == MANY


@pytest.fixture
def meet_before_storing(monkeypatch):
    """Hold whoever is about to store until a second one is, or until it is plain that none comes."""
    barrier = threading.Barrier(2)
    make_lookup_code = receiving.make_lookup_code

    def wait_and_make(nonce: str, key_id: str) -> str:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return make_lookup_code(nonce, key_id)

    monkeypatch.setattr(receiving, "make_lookup_code", wait_and_make)


def test_the_lock_keeps_the_second_out_until_the_first_is_stored(new_token, meet_before_storing):
    (first_status, first), (second_status, second) = send_at_once([new_token()] * 2)
    assert (first_status, second_status) == (200, 200)
    assert first == second
    assert Submission.objects.count() == 1


def test_without_the_lock_the_database_still_refuses_a_second_row(
    new_token, meet_before_storing, monkeypatch
):
    """The control: the same two forms without the lock. One is stored, and one person sees an error."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    statuses = sorted(status for status, _ in send_at_once([new_token()] * 2))
    assert statuses in ([200, 500], [200, 503])
    assert (Submission.objects.count(), Comment.objects.count()) == (1, 1)
