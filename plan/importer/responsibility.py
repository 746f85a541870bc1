"""The printed bracket that names the responsible units: （责任单位：甲局、乙局等）."""

import re
from dataclasses import dataclass

_PAIRS = {"（": "）", "(": ")", "〔": "〕", "《": "》", "【": "】", "“": "”"}
_CLOSERS = set(_PAIRS.values())
_SAME = {"(": "（", ")": "）"}
_OPENING = re.compile(r"[（〔]责任单位：")
_AND_OTHERS = re.compile(r"等(?:部门|单位)?$")
# Labels that stand for many units: every one of a kind (各…), or those of a level that are concerned.
_GROUP = re.compile(r"^(?:各|[省市州县区]级(?:各|有关))")


@dataclass(frozen=True)
class Responsibility:
    """``text`` is the bracket as printed; ``before`` is what stands before it in its paragraph."""

    before: str
    text: str
    units: tuple[str, ...]
    open_ended: bool


def unbalanced(text: str) -> str:
    """The first bracket or quotation mark of ``text`` without its partner, or an empty string."""
    stack: list[str] = []
    for char in text:
        if char in _PAIRS:
            stack.append(char)
        elif char in _CLOSERS and (not stack or not _match(stack.pop(), char)):
            return char
    return stack[-1] if stack else ""


def count_openings(text: str) -> int:
    return len(_OPENING.findall(text))


def read_responsibility(text: str) -> Responsibility:
    """Reads the bracket at the end of a balanced paragraph. Raises ValueError with the reason in Chinese."""
    found = _OPENING.search(text)
    if not found:
        raise ValueError("没有责任单位。")
    bracket = text[found.start() :]
    if _end_of_bracket(bracket) != len(bracket):
        raise ValueError("责任单位的括号之后还有文字。")
    printed = _split(text[found.end() : -1])
    units = tuple(_AND_OTHERS.sub("", label) for label in printed)
    if not all(units):
        raise ValueError("责任单位中有空缺。")
    repeated = sorted({label for label in units if units.count(label) > 1})
    if repeated:
        raise ValueError(f"责任单位“{'、'.join(repeated)}”重复。")
    return Responsibility(text[: found.start()], bracket, units, units != printed)


def unit_kind(label: str) -> str:
    return "group" if _GROUP.match(label) else "named"


def _match(opener: str, closer: str) -> bool:
    return _SAME.get(_PAIRS[opener], _PAIRS[opener]) == _SAME.get(closer, closer)


def _end_of_bracket(text: str) -> int:
    """The index after the partner of the bracket that opens ``text``."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in _PAIRS) - (char in _CLOSERS)
        if depth == 0:
            return index + 1
    return len(text)


def _split(text: str) -> tuple[str, ...]:
    """The labels between 、 ， ； that stand outside nested brackets."""
    labels, depth = [""], 0
    for char in text:
        depth += (char in _PAIRS) - (char in _CLOSERS)
        if char in "、，；" and depth == 0:
            labels.append("")
        else:
            labels[-1] += char
    return tuple(label.strip() for label in labels)
