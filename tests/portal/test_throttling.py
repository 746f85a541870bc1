import pytest
import time_machine
from django.db.models import QuerySet
from django.test import RequestFactory

from hongya_portal import throttling
from hongya_portal.crypto import keyed_hash
from hongya_portal.models import ThrottleCounter
from hongya_portal.throttling import Limit, client_network, hit

pytestmark = pytest.mark.django_db

THREE_A_MINUTE = Limit("test", hits=3, seconds=60)
# A multiple of 60: a window begins here.
START = 1_660_000_020


@pytest.fixture
def clock():
    assert START % 60 == 0
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def verdicts(count: int, key: str = "203.0.113.7") -> list[bool]:
    return [hit(THREE_A_MINUTE, key) for _ in range(count)]


def test_the_hit_after_the_last_allowed_exceeds(clock):
    assert verdicts(5) == [False, False, False, True, True]


def test_keys_and_limits_are_counted_apart(clock):
    verdicts(4)
    assert verdicts(1, "203.0.113.8") == [False]
    assert hit(Limit("other", hits=3, seconds=60), "203.0.113.7") is False


def test_the_window_slides(clock):
    assert verdicts(3) == [False] * 3
    clock.shift(60 + 30)  # Half of the three still counts: 1.5 + 1, then 1.5 + 2.
    assert verdicts(2) == [False, True]


def test_two_windows_later_nothing_is_left(clock):
    verdicts(10)
    clock.shift(120)
    assert verdicts(3) == [False] * 3


def test_no_address_is_stored(clock):
    verdicts(1)
    assert "203.0.113" not in ThrottleCounter.objects.get().bucket


def test_a_counter_made_by_another_process_meanwhile_is_counted_on(clock, monkeypatch):
    update = QuerySet.update

    def update_and_lose_the_race(counters, **values):
        changed = update(counters, **values)
        if not ThrottleCounter.objects.exists():
            bucket = f"test:{keyed_hash('203.0.113.7', 'throttle')}"
            ThrottleCounter.objects.create(bucket=bucket, window=START // 60, hits=1)
        return changed

    monkeypatch.setattr(QuerySet, "update", update_and_lose_the_race)
    verdicts(1)
    assert ThrottleCounter.objects.get().hits == 2


def test_a_hit_costs_the_same_with_many_rows(clock, django_assert_num_queries):
    ThrottleCounter.objects.bulk_create(
        ThrottleCounter(bucket=f"test:{index:064}", window=1, hits=1) for index in range(1000)
    )
    verdicts(1)
    with django_assert_num_queries(2):
        verdicts(1)


def test_purge_keeps_what_still_counts(clock):
    for limit in throttling.LIMITS:
        hit(limit, "203.0.113.7")
    clock.shift(86_400)
    for limit in throttling.LIMITS:
        hit(limit, "203.0.113.7")
    clock.shift(700)
    assert throttling.purge() == len(throttling.LIMITS)
    assert ThrottleCounter.objects.count() == len(throttling.LIMITS)


FORWARDED = "198.51.100.1, 203.0.113.9"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "network"),
    [
        (0, "203.0.113.7", None, "203.0.113.7"),
        (0, "203.0.113.7", FORWARDED, "203.0.113.7"),
        (1, "127.0.0.1", FORWARDED, "203.0.113.9"),
        (2, "127.0.0.1", FORWARDED, "198.51.100.1"),
        (3, "127.0.0.1", FORWARDED, "127.0.0.1"),
        (1, "127.0.0.1", "203.0.113.9, rubbish", "unknown"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (0, "::ffff:203.0.113.7", None, "203.0.113.7"),
        (0, "", None, "unknown"),
    ],
)
def test_client_network(settings, trusted, peer, forwarded, network):
    settings.TRUSTED_PROXIES = trusted
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    assert client_network(request) == network
