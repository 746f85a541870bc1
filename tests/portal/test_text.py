import unicodedata

import pytest

from hongya_portal.text import typeset

TYPESET = [
    ("甲,乙:丙;丁?戊!(己)", "甲，乙：丙；丁？戊！（己）"),
    ("电话:374751。12:30至1,000元", "电话：374751。12:30至1,000元"),
    ("邮箱a.b-c@example.cn,联系人:某", "邮箱a.b-c@example.cn，联系人：某"),
    ("(028)12345678,(a)b", "（028）12345678，（a）b"),
    ("f(x)号,法(A)b;甲(中(y)z)", "f(x)号，法（A）b；甲（中（y）z）"),
    (
        "见http://a.example/x?y=1,请看(https://b.example/f(z))。",
        "见http://a.example/x?y=1，请看（https://b.example/f(z)）。",
    ),
    ("(单位))(", "（单位））（"),
    ("（甲)(乙）", "（甲）（乙）"),
    ("〔2021〕33号“互联网+监管”…", "〔2021〕33号“互联网+监管”…"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), TYPESET)
def test_typeset(text, expected):
    assert typeset(text) == expected


@pytest.mark.parametrize("text", [text for text, _ in TYPESET])
def test_typeset_changes_width_only_and_only_once(text):
    assert unicodedata.normalize("NFKC", typeset(text)) == unicodedata.normalize("NFKC", text)
    assert typeset(typeset(text)) == typeset(text)
