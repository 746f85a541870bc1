import pytest

from plan.numerals import chinese_numeral, parse_typed_number


@pytest.mark.parametrize(
    "typed",
    [
        "13",
        "１３",
        "十三",
        "第十三条",
        "（十三）",
        "(十三)",
        "第13条",
        "第 13 条",
        "第１３条",
        "13条",
        " （13） ",
    ],
)
def test_a_number_as_people_type_it(typed):
    assert parse_typed_number(typed) == 13


def test_every_printed_number_is_read():
    assert [parse_typed_number(f"（{chinese_numeral(n)}）") for n in range(1, 100)] == list(range(1, 100))


@pytest.mark.parametrize(
    "typed", ["", "0", "00", "100", "十十", "三三", "１ ３", "第条", "-1", "1.3", "٣", "十三届"]
)
def test_what_is_no_number_of_a_measure(typed):
    assert parse_typed_number(typed) is None
