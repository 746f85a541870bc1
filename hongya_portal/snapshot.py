"""One moment of the database for as long as a paper is being read from it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_POSTGRESQL = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = '120s'"
)


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read in the block sees the same committed state; nothing may be written in it.

    Inside a transaction of the caller's that transaction is the snapshot, with whatever isolation it has.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with _deferred(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_POSTGRESQL)
            yield


@contextmanager
def _deferred() -> Iterator[None]:
    """The portal's transactions are IMMEDIATE, which would keep every writer out for as long as the reading takes."""
    connection.ensure_connection()  # Connecting sets the mode.
    mode = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
