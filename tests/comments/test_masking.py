import time

import pytest

from comments.reports.masking import CARD, EMAIL, IDENTITY, PHONE, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话19912345678。", f"电话{PHONE}。"),
        ("电话199-1234-5678", f"电话{PHONE}"),
        ("１９９１２３４５６７８", PHONE),
        ("+86 199 1234 5678", f"+{PHONE}"),
        ("8619912345678", PHONE),
        ("19912345678、19987654321", f"{PHONE}、{PHONE}"),
        ("19912345678 19987654321", f"{PHONE} {PHONE}"),
        ("199 1234 5678 199 8765 4321", PHONE),
        ("199‑1234‑5678", PHONE),
        ("199  1234  5678", PHONE),
        ("座机028-37400000", f"座机{PHONE}"),
        ("（028）37400000", f"（{PHONE}"),
        ("证号11010519491231002X", f"证号{IDENTITY}"),
        ("证号 110105 19491231 0021", f"证号 {IDENTITY}"),
        ("110105491231002", IDENTITY),
        ("卡号4111 1111 1111 1111", f"卡号{CARD}"),
        ("发到 yan.shi@mail.example.com 谢谢", f"发到 {EMAIL} 谢谢"),
        ("ｙａｎｓｈｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", EMAIL),
    ],
)
def test_numbers_that_lead_to_a_person_are_hidden(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "请在2022-08-10 09:00前答复",
        "拨打12345或110",
        "受理编号 202208-00001-2",
        "第1、2、3、4、5、6、7、8、9、10、11条",
        "预算12345678901元",
        "川委发〔2021〕23号",
        "服务电话4000000000",
        "@甲 你好",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text) == text


def test_masking_is_linear():
    started = time.perf_counter()
    for text in ("1" * 200_000, "1-" * 100_000, "a@b." * 50_000, "a" * 200_000, "19912345678 " * 20_000):
        mask(text)
    assert time.perf_counter() - started < 10
