from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from hongya_portal.models import ThrottleCounter
from hongya_portal.snapshot import snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def write_elsewhere() -> None:
    """On a connection of another thread; it must not have to wait for the reader."""

    def write() -> None:
        ThrottleCounter.objects.create(bucket="test", window=ThrottleCounter.objects.count())
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result(timeout=15)


@pytest.mark.parametrize("connected", [True, False])
def test_reads_see_one_moment_while_others_write(connected):
    connection.ensure_connection() if connected else connection.close()
    with snapshot():
        before = ThrottleCounter.objects.count()
        write_elsewhere()
        assert ThrottleCounter.objects.count() == before
    assert ThrottleCounter.objects.count() == before + 1


def test_without_a_snapshot_reads_see_what_others_wrote():
    before = ThrottleCounter.objects.count()
    write_elsewhere()
    assert ThrottleCounter.objects.count() == before + 1


def test_the_usual_transaction_mode_is_back_afterwards():
    mode = getattr(connection, "transaction_mode", None)
    with pytest.raises(ZeroDivisionError), snapshot():
        raise ZeroDivisionError
    assert getattr(connection, "transaction_mode", None) == mode
    assert not connection.in_atomic_block
