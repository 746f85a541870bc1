"""The one documented cleaning of typed text, and the typesetting rule for Chinese punctuation."""

import re
import unicodedata

# Characters that show nothing: a text of these alone is empty. Cf, Zs and the Hangul and Braille blanks.
_BLANKS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\ufe0e"}
_KEPT_CONTROLS = {"\n", "\t"}
_HALF_TO_FULL = str.maketrans({",": "，", ":": "：", ";": "；", "?": "？", "!": "！", "(": "（", ")": "）"})
_ASCII_WORD = re.compile(r"[A-Za-z0-9]")
_WEB_ADDRESS = re.compile(r"https?://[!-~]*[A-Za-z0-9/]")


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def clean_text(text: str) -> str:
    """``text`` as it is stored: line ends as ``\\n``, no C0/C1 control but tab and newline, no surrogate, no
    noncharacter, no space at the ends. Every other character, however rare, is kept as typed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        char
        for char in text
        if char in _KEPT_CONTROLS
        or not (unicodedata.category(char) in ("Cc", "Cs") or _is_noncharacter(ord(char)))
    )
    return "".join(kept).strip()


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen."""
    return all(
        char in _BLANKS or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn") for char in text
    )


def typeset(text: str) -> str:
    """Half-width ``, : ; ? ! ( )`` as full-width ones, except between ASCII letters or digits (``12:30``) and in
    web addresses. A closing bracket is as wide as its opening one.

    The rule changes width only: ``NFKC(typeset(text)) == NFKC(text)``; a second run changes nothing.
    """
    kept = {index for match in _WEB_ADDRESS.finditer(text) for index in range(*match.span())}
    typed, openers = [], []
    for index, char in enumerate(text):
        between_words = index and _ASCII_WORD.match(text, index - 1) and _ASCII_WORD.match(text, index + 1)
        typed.append(char if between_words or index in kept else char.translate(_HALF_TO_FULL))
        if char in "(（":
            openers.append(typed[-1])
        elif char in ")）" and openers:
            opener = openers.pop()
            typed[-1] = char if index in kept or char == "）" else ")" if opener == "(" else "）"
    return "".join(typed)


def fold(text: str) -> str:
    """``text`` for matching: NFKC, lower case, no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()
