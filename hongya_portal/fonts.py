"""Which fonts papers are set in, and which characters no installed font can show.

The figures' first choice is whatever 仿宋, 小标宋, 楷体 and 黑体 the machine has. The bureau may put its licensed
fonts into ``fonts`` under ``PORTAL_VAR``. The free fonts at the end of each stack always do.
"""

import os
import subprocess
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from django.conf import settings

_FANGSONG = (
    "FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "华文仿宋", "Zhuque Fangsong",
    "Zhuque Fangsong (technical preview)", "FandolFang R", "FandolFang",
)  # fmt: skip
_TITLE = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "方正小标宋_GBK", "STZhongsong", "华文中宋")
_KAI = ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "LXGW WenKai", "AR PL UKai CN")
_HEI = ("SimHei", "黑体", "STHeiti", "Heiti SC")
_SERIF = ("Noto Serif CJK SC", "Noto Serif SC")
_SANS = ("Noto Sans CJK SC", "Noto Sans SC")


@dataclass(frozen=True)
class PaperFonts:
    """CSS ``font-family`` lists. ``title_weight`` is 700 only where the title falls back to Noto Serif: a made-up
    bold of 小标宋 would be wrong. ``fangsong`` names the 仿宋 in use, or is empty where it was substituted.
    """

    body: str
    title: str
    title_weight: int
    kai: str
    hei: str
    song: str
    fangsong: str


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """What programs that use fontconfig are started with: fonts under ``PORTAL_VAR`` come with the system's."""
    folder = settings.VAR_DIR / "fonts"
    if not folder.is_dir():
        return dict(os.environ)
    configuration = settings.VAR_DIR / "fonts.conf"
    configuration.write_text(
        "<?xml version='1.0'?><fontconfig><include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"
        f"<dir>{escape(str(folder))}</dir></fontconfig>"
    )
    return {**os.environ, "FONTCONFIG_FILE": str(configuration)}


def _fc_list(*arguments: str) -> list[str]:
    """Lines of ``fc-list``; none where it is not installed."""
    try:
        done = subprocess.run(  # noqa: S603
            ["fc-list", *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()


def has_chinese() -> bool:
    """Whether any font is made for simplified Chinese."""
    return bool(_fc_list(":lang=zh-cn", "family"))


@lru_cache(maxsize=1)
def installed_families() -> frozenset[str]:
    return frozenset(name.replace("\\", "") for line in _fc_list(":", "family") for name in line.split(","))


def _stack(*families: str) -> str:
    """The families that are installed, then the generic one, which comes last and unquoted."""
    *named, generic = families
    known = [f'"{family}"' for family in named if family in installed_families()]
    return ", ".join([*known, generic])


@lru_cache(maxsize=1)
def paper_fonts() -> PaperFonts:
    installed = installed_families()
    return PaperFonts(
        body=_stack(*_FANGSONG, *_SERIF, "serif"),
        title=_stack(*_TITLE, *_SERIF, "serif"),
        title_weight=400 if installed.intersection(_TITLE) else 700,
        kai=_stack(*_KAI, *_SERIF, "serif"),
        hei=_stack(*_HEI, *_SANS, "sans-serif"),
        song=_stack(*_SERIF, "serif"),
        fangsong=next((family for family in _FANGSONG if family in installed), ""),
    )


@lru_cache(maxsize=1)
def _coverage() -> tuple[list[int], list[int]]:
    """Starts and ends of the code point ranges that any installed font covers, merged and sorted."""
    ranges: set[tuple[int, int]] = set()
    for line in _fc_list("--format", "%{charset}\n"):
        for part in line.split():
            start, _, end = part.partition("-")
            ranges.add((int(start, 16), int(end or start, 16)))
    starts: list[int] = []
    ends: list[int] = []
    for first, last in sorted(ranges):
        if ends and first <= ends[-1] + 1:
            ends[-1] = max(ends[-1], last)
        else:
            starts.append(first)
            ends.append(last)
    return starts, ends


def has_glyph(char: str) -> bool:
    """Whether some installed font shows ``char``; always True where fontconfig cannot be asked."""
    starts, ends = _coverage()
    if not starts:
        return True
    index = bisect_right(starts, ord(char)) - 1
    return index >= 0 and ord(char) <= ends[index]
