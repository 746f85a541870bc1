"""Typed text as it is set on paper: nothing in it may break, slow or leave the page."""

import re
import unicodedata

from comments.reports.characters import Characters
from hongya_portal.fonts import has_glyph

# The traditional sign for a character that the type case does not hold.
GETA = "〓"
# More marks on one letter than any script uses; WeasyPrint takes quadratic time over them.
_MOST_MARKS = 4
# Runs without a place to break (no space, nothing Chinese) get one every 26 characters, a line's width.
_LONG_RUN = re.compile(r"[^\s\u200b\u2e80-\U0003ffff]{27,}")
_BREAK_EVERY = 26
# After so many lines of one text the others run on, parted by a stroke: thousands of short lines would take
# WeasyPrint quadratic time and fill a hundred pages.
_MOST_LINES = 200
_RUN_ON = "／"
# Longer paragraphs are set as several.
_LONGEST_PARAGRAPH = 1000
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class PaperText:
    """Sets texts and remembers what was changed: ``missing`` characters, how many marks and controls
    were ``dropped``, how many texts ``run_on``.
    """

    def __init__(self) -> None:
        self.characters = Characters()
        self.missing: set[str] = set()
        self.dropped = 0
        self.run_on = 0

    def line(self, text: str) -> str:
        return self._set(self.characters.hold(" ".join(text.split())))

    def paragraphs(self, text: str, longest: int | None = None) -> tuple[str, ...]:
        """The lines of ``text`` that hold anything. Past ``longest`` characters the rest is left out, which the
        last paragraph says.
        """
        text = self.characters.hold(text)
        kept = text if longest is None else text[:longest]
        lines = self._lines(kept)
        pieces = [
            line[start : start + _LONGEST_PARAGRAPH]
            for line in lines
            for start in range(0, len(line), _LONGEST_PARAGRAPH)
        ]
        if len(kept) < len(text):
            pieces.append(f"（原文较长，以下省略 {len(text) - len(kept)} 字，全文见意见登记。）")
        return tuple(self._set(piece) for piece in pieces)

    def _lines(self, text: str) -> list[str]:
        lines = [line.strip() for line in text.split("\n")]
        lines = [line for line in lines if line]
        if len(lines) <= _MOST_LINES:
            return lines
        self.run_on += 1
        return [*lines[:_MOST_LINES], _RUN_ON.join(lines[_MOST_LINES:])]

    def notes(self) -> tuple[str, ...]:
        """What the last page has to say about the texts, in Chinese."""
        notes = []
        if self.missing:
            codes = "、".join(f"U+{ord(char):04X}" for char in sorted(self.missing)[:40])
            more = "等" if len(self.missing) > 40 else ""
            notes.append(f"本机字体缺少下列字符，文中以“{GETA}”代替：{codes}{more}。")
        if self.dropped:
            notes.append(f"为便于排版，略去叠加符号和不可见的方向控制符 {self.dropped} 个。")
        if self.characters.replaced:
            notes.append(f"无法显示的控制字符 {self.characters.replaced} 个，以“\ufffd”代替。")
        if self.run_on:
            notes.append(f"有 {self.run_on} 处文字分行过多，第 {_MOST_LINES} 行以后以“{_RUN_ON}”连排。")
        return tuple(notes)

    def _set(self, text: str) -> str:
        if text.isascii():
            return _LONG_RUN.sub(_breakable, text)
        typed: list[str] = []
        marks = 0
        for char in text:
            category = unicodedata.category(char)
            marks = marks + 1 if category in ("Mn", "Me") else 0
            if marks > _MOST_MARKS or char in _BIDI_CONTROLS:
                self.dropped += 1
            elif category in ("Mn", "Me", "Cf", "Zs") or has_glyph(char):
                typed.append(char)
            else:
                self.missing.add(char)
                typed.append(GETA)
        return _LONG_RUN.sub(_breakable, "".join(typed))


def _breakable(run: re.Match[str]) -> str:
    text = run[0]
    pieces = (text[start : start + _BREAK_EVERY] for start in range(0, len(text), _BREAK_EVERY))
    return "\u200b".join(pieces)
