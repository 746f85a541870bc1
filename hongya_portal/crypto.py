"""Keyed hashes, signed form tokens' keys and encrypted columns, all from ``PORTAL_DATA_KEYS``.

``PORTAL_DATA_KEYS`` is a list ``id:secret``; the first key serves new rows, the others stay readable, so keys can
be rotated. Each use derives its own key, so a hash of one kind is never valid as another.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

UNREADABLE = "（无法解密）"


def _derive(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"hongya-portal/{purpose}".encode(), hashlib.sha256).digest()


@lru_cache(maxsize=4)
def _key_ring(entries: tuple[str, ...]) -> dict[str, str]:
    ring: dict[str, str] = {}
    for entry in entries:
        key_id, separator, secret = entry.partition(":")
        if not separator or not key_id or not secret or key_id in ring:
            raise ImproperlyConfigured("PORTAL_DATA_KEYS must be 'id:secret' pairs with distinct ids.")
        ring[key_id] = secret
    return ring


def key_ring() -> dict[str, str]:
    """Key id → secret, the current key first."""
    return _key_ring(tuple(settings.DATA_KEYS))


def current_key_id() -> str:
    return next(iter(key_ring()))


def keyed_hash(value: str, purpose: str, key_id: str | None = None) -> str:
    """HMAC-SHA256 of ``value`` in hex (64 characters). Raises KeyError for a key id that is no longer held."""
    secret = key_ring()[key_id or current_key_id()]
    return hmac.new(_derive(secret, purpose), value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(secret, "column"))) for secret in secrets])


def encrypt(text: str) -> str:
    return _fernet(tuple(key_ring().values())).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The plain text, or ``UNREADABLE`` where no held key opens the token: a page must not fail for one row."""
    try:
        return _fernet(tuple(key_ring().values())).decrypt(token.encode()).decode()
    except InvalidToken:
        return UNREADABLE


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database and plain in Python. Empty text stays empty. Not searchable."""

    def get_prep_value(self, value: str | None) -> str | None:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value
