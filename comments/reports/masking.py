"""Hiding telephone, identity-card and bank-card numbers and e-mail addresses that stand inside an opinion.

The rule: an e-mail address; a run of digits (full or half width, single spaces, dashes, dots or brackets between
them) that is a mainland mobile number, a land line with its area code, an 18- or 15-digit identity number with a
possible date of birth, or a bank card number (16-19 digits, Luhn). A bare local number of 7 or 8 digits is left:
it may as well be a date. The rule misses what is spelt out in words, so a person still looks.
"""

import datetime as dt
import re

from stdnum import luhn

_TO_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_DIGIT_RUN = re.compile(r"\d(?:[ \u00a0\-‐‑–—.·()]{0,2}\d){9,}[Xx]?", re.ASCII)
_DIGITS = re.compile(r"\d+[Xx]?", re.ASCII)
_MOBILE = re.compile(r"(?:00)?(?:86)?1[3-9]\d{9}")
_LAND_LINE = re.compile(r"(?:0086|86)?0?(?:10|2\d|[3-9]\d\d)\d{7,8}")

PHONE = "［电话号码已隐去］"
IDENTITY = "［证件号码已隐去］"
CARD = "［卡号已隐去］"
EMAIL = "［邮箱已隐去］"


def mask(text: str) -> str:
    """``text`` with every such number or address replaced by a word in brackets."""
    flat = text.translate(_TO_HALF_WIDTH)
    spans = [(match.span(), EMAIL) for match in _EMAIL.finditer(flat)]
    for match in _DIGIT_RUN.finditer(flat):
        spans += _found(match)
    masked, end = [], 0
    for (start, stop), word in sorted(spans):
        if start >= end:
            masked += [text[end:start], word]
            end = stop
    return "".join([*masked, text[end:]])


def _found(run: re.Match[str]) -> list[tuple[tuple[int, int], str]]:
    """What to hide of a run: all of it as one number; else each number between its separators; else all of it
    where a mobile number can begin at one of them (two numbers written side by side with spaces inside).
    """
    digits = re.sub(r"[^\dXx]", "", run[0])
    whole = _kind(digits)
    if whole:
        return [(run.span(), whole)]
    offset = run.start()
    tokens = list(_DIGITS.finditer(run[0]))
    apart = [
        ((offset + token.start(), offset + token.end()), kind)
        for token in tokens
        if (kind := _kind(token[0]))
    ]
    if apart:
        return apart
    return [(run.span(), PHONE)] if len(tokens) > 1 and _mobile_at_a_token(digits, tokens) else []


def _mobile_at_a_token(digits: str, tokens: list[re.Match[str]]) -> bool:
    start = 0
    for token in tokens:
        if _MOBILE.match(digits, start):
            return True
        start += len(token[0])
    return False


def _kind(digits: str) -> str:
    """The word for a number without separators, or empty. A land line counts only with its leading 0 or 86."""
    if _MOBILE.fullmatch(digits):
        return PHONE
    if digits.startswith(("0", "86")) and _LAND_LINE.fullmatch(digits):
        return PHONE
    if len(digits) in (15, 18) and _has_birth_date(digits):
        return IDENTITY
    if 16 <= len(digits) <= 19 and digits.isdecimal() and luhn.is_valid(digits):
        return CARD
    return ""


def _has_birth_date(digits: str) -> bool:
    """Any checksum passes: a mistyped identity number still tells who somebody is."""
    birth = digits[6:14] if len(digits) == 18 else f"19{digits[6:12]}"
    if not birth.isdecimal() or not digits[:-1].isdecimal():
        return False
    try:
        born = dt.datetime.strptime(birth, "%Y%m%d").replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return 1900 <= born.year <= 2100
