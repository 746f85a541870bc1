"""Chinese numerals from 1 to 99, as plans number their chapters and measures."""

import re
import unicodedata

_DIGITS = "零一二三四五六七八九"


def chinese_numeral(number: int) -> str:
    """``65`` → ``六十五``. Raises ValueError outside 1–99."""
    if not 1 <= number <= 99:
        raise ValueError(f"no numeral for {number}")
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


_NUMBERS = {chinese_numeral(number): number for number in range(1, 100)}


def parse_chinese_numeral(text: str) -> int:
    """``六十五`` → ``65``. Raises ValueError for anything else."""
    try:
        return _NUMBERS[text]
    except KeyError:
        raise ValueError(f"not a numeral from 1 to 99: {text!r}") from None


# Brackets and 第…条 around the number are as the reader likes; NFKC has made them and the digits half-width.
_TYPED = re.compile(r"\(?\s*第?\s*([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*(?:条(?:举措)?)?\s*\)?")


def parse_typed_number(text: str) -> int | None:
    """``13``, ``１３``, ``十三``, ``（十三）``, ``第 13 条`` → ``13``; None for anything else."""
    typed = _TYPED.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not typed:
        return None
    number = int(typed[1]) if typed[1].isdigit() else _NUMBERS.get(typed[1])
    return number or None
