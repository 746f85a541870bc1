"""Files that appear whole or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(destination: Path) -> Iterator[Path]:
    """A path beside ``destination`` to write to; it takes the final name, mode 0600, once the block ends well.

    The bytes and the name are on disk when this returns. After an error nothing is left, and an older file at
    ``destination`` stays as it was. Raises OSError.
    """
    temporary = destination.with_name(f".{destination.name[:40]}.{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield temporary
        _sync(temporary, os.O_RDONLY)
        temporary.replace(destination)
        _sync(destination.parent, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
