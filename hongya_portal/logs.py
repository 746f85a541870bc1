"""Log lines that stay one line each: control characters are escaped."""

import logging


class LineFormatter(logging.Formatter):
    """``time level logger message``; a line break or an escape sequence in a value cannot forge a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.msg, record.args = _escape(record.getMessage()), ()
        return super().format(record)


def _escape(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
