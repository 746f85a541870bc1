import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.receipt_numbers import (
    codes_match,
    fold_lookup_code,
    hash_lookup_code,
    make_lookup_code,
    parse_receipt_number,
    receipt_number,
)
from hongya_portal import crypto

SERIALS = st.integers(min_value=1, max_value=9_999_999)
TEXT = st.text(max_size=40)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def test_a_number_is_prefix_serial_and_check_digit():
    assert receipt_number("202208", 17) == "202208-00017-4"


@given(SERIALS)
def test_every_number_is_read_back_in_each_spelling(serial):
    number = receipt_number("202208", serial)
    spellings = [
        number,
        number.replace("-", ""),
        number.replace("-", " "),
        number.replace("-", "—"),
        f"  {number}\n",
        full_width(number),
        number.replace("0", "o").replace("1", "l"),
        number.replace("0", "O").replace("1", "I"),
    ]
    assert [parse_receipt_number(spelling) for spelling in spellings] == [number] * len(spellings)


@given(SERIALS, st.integers(min_value=0, max_value=11), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_noticed(serial, position, shift):
    digits = receipt_number("202208", serial).replace("-", "")
    position = min(position, len(digits) - 1)
    wrong = str((int(digits[position]) + shift) % 10)
    assert parse_receipt_number(digits[:position] + wrong + digits[position + 1 :]) is None


@given(TEXT)
def test_whatever_is_typed_is_a_number_or_none(typed):
    number = parse_receipt_number(typed)
    assert number is None or parse_receipt_number(number) == number


@pytest.mark.parametrize(
    "typed", ["", "２０２２０８", "202208-1-1", "一二三四五六七八九十一二", "٢٠٢٢٠٨٠٠٠١٧٤"]
)
def test_what_cannot_be_a_number_is_none(typed):
    assert parse_receipt_number(typed) is None


def test_a_code_is_two_groups_of_five_from_an_alphabet_without_lookalikes():
    codes = [make_lookup_code(f"nonce-{index}", "0") for index in range(300)]
    assert {len(code) for code in codes} == {11}
    assert {code[5] for code in codes} == {"-"}
    assert set("".join(codes)) - {"-"} == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert len(set(codes)) == 300


def test_a_retried_form_gets_the_same_code_and_another_form_another():
    assert make_lookup_code("nonce", "0") == make_lookup_code("nonce", "0")
    assert make_lookup_code("nonce", "0") != make_lookup_code("other", "0")


def test_a_code_matches_in_each_spelling_and_no_other_does():
    code = make_lookup_code("nonce", "0")
    stored = hash_lookup_code(code, "0")
    loose = code.replace("0", "o").replace("1", "i").replace("V", "u")
    for typed in (code, code.lower(), code.replace("-", ""), full_width(code), f" {loose} "):
        assert codes_match(stored, "0", typed)
    for typed in ("", code[:-1], f"{code}0", make_lookup_code("other", "0")):
        assert not codes_match(stored, "0", typed)


def test_a_code_whose_key_is_gone_matches_nothing():
    code = make_lookup_code("nonce", "0")
    assert not codes_match(hash_lookup_code(code, "0"), "gone", code)


@given(TEXT)
def test_folding_a_code_never_fails_and_is_bounded(typed):
    assert len(fold_lookup_code(typed)) <= 11


def test_the_stored_hash_is_keyed(settings):
    before = hash_lookup_code("7K3QX-9M2ZT", "0")
    settings.DATA_KEYS = ["0:another-invented-secret"]
    assert crypto.current_key_id() == "0"
    assert hash_lookup_code("7K3QX-9M2ZT", "0") != before
