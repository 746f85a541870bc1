import logging

from hongya_portal.logs import LineFormatter


def line(message: str, *args: object) -> str:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, message, args, None)
    return LineFormatter().format(record)


def test_a_value_cannot_forge_a_line():
    written = line("path %s", "/x\n2022-08-08 ERROR forged\r\x1b[31m\u2028")
    assert written.count("\n") == 0
    assert "\x1b" not in written
    assert r"/x\n2022-08-08 ERROR forged\r\x1b[31m\u2028" in written


def test_chinese_stays_readable():
    assert line("受理 %s", "第一件").endswith("portal 受理 第一件")
