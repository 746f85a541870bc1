"""Receipt numbers (受理编号) and look-up codes (查询码): made, checked and folded from what a person types.

A receipt number is ``prefix-serial-check``, e.g. ``202208-00017-4``: digits only, so that it can be read out over a
telephone; the check digit is ISO/IEC 7064 MOD 11,10. A look-up code is ten characters of Crockford's base 32 (50
bits), shown as ``7K3QX-9M2ZT``.
"""

import hashlib
import hmac
import unicodedata

from stdnum.iso7064 import mod_11_10

from hongya_portal import crypto

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_CODE_LENGTH = 10


def receipt_number(prefix: str, serial: int) -> str:
    digits = f"{prefix}{serial:05d}"
    return f"{prefix}-{serial:05d}-{mod_11_10.calc_check_digit(digits)}"


def _folded(typed: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", typed).upper() if char.isalnum())


def parse_receipt_number(typed: str) -> str | None:
    """The receipt number a person meant, or None where it cannot be one (length, letters, check digit).

    Accepts full-width digits, spaces, any dashes, and O or I typed for 0 or 1.
    """
    digits = _folded(typed).translate(_LOOKALIKES)
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 16 and mod_11_10.is_valid(digits)):
        return None
    return f"{digits[:6]}-{digits[6:-1]}-{digits[-1]}"


def make_lookup_code(nonce: str, key_id: str) -> str:
    """The code of the submission whose form carried ``nonce``.

    The nonce is 128 random bits the server drew and forgot; only the person's form holds it. So a retried form gets
    the same code again, while the database, which keeps hashes alone, cannot give it to anybody.
    """
    number = int(crypto.keyed_hash(nonce, "lookup-code", key_id), 16)
    characters = [_ALPHABET[(number >> (5 * index)) & 31] for index in range(_CODE_LENGTH)]
    return "".join(characters[:5]) + "-" + "".join(characters[5:])


def fold_lookup_code(typed: str) -> str:
    return _folded(typed).translate(_LOOKALIKES)[: _CODE_LENGTH + 1]


def hash_lookup_code(code: str, key_id: str) -> str:
    return crypto.keyed_hash(fold_lookup_code(code), "lookup-hash", key_id)


def codes_match(stored_hash: str, key_id: str, typed: str) -> bool:
    """Compare in constant time. A key that is no longer held matches nothing."""
    try:
        candidate = hash_lookup_code(typed, key_id)
    except KeyError:
        candidate = hashlib.sha256(b"no such key").hexdigest()
        return hmac.compare_digest(candidate, "0" * 64)
    return hmac.compare_digest(candidate, stored_hash)
