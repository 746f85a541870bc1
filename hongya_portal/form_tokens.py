"""Signed tokens for public forms: they name the form once, tell its age, and need no cookie.

A token is ``nonce:signature`` with 128 random bits and the issuing time inside; it is bound to the form's target,
so a token of one form is worth nothing on another. It stands in for the CSRF token, because the public forms act
without a session, and it is the idempotency key of the submission.
"""

import secrets
import time
from dataclasses import dataclass

from django.core import signing

MAX_AGE_SECONDS = 24 * 3600


class StaleToken(Exception):
    """The token was ours and is too old."""


class BadToken(Exception):
    """The token is missing, forged, or was issued for another form."""


@dataclass(frozen=True)
class FormToken:
    nonce: str
    age_seconds: float


def _signer(target: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"form-token/{target}")


def issue(target: str) -> str:
    return _signer(target).sign(secrets.token_urlsafe(16))


def read(token: str, target: str) -> FormToken:
    """The token's nonce and age. Raises StaleToken or BadToken."""
    signer = _signer(target)
    try:
        nonce = signer.unsign(token, max_age=MAX_AGE_SECONDS)
    except signing.SignatureExpired as error:
        raise StaleToken from error
    except signing.BadSignature as error:
        raise BadToken from error
    issued_at = signing.b62_decode(token.rsplit(":", 2)[1])
    return FormToken(nonce=nonce, age_seconds=max(0.0, time.time() - issued_at))
