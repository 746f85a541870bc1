"""What a file format cannot hold: the one treatment for every paper."""

import re

REPLACEMENT = "\ufffd"
# Not in XML 1.0: controls but tab and line ends, surrogates, the noncharacters U+FFFE and U+FFFF. The other
# noncharacters and C1 are allowed there but mean nothing to a reader.
_UNHOLDABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)


class Characters:
    """Replaces what cannot be held by U+FFFD and counts it, so that the paper can say so."""

    def __init__(self) -> None:
        self.replaced = 0

    def hold(self, text: str) -> str:
        text, count = _UNHOLDABLE.subn(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))
        self.replaced += count
        return text
