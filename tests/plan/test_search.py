import re
import time

import pytest

from plan.presentation import EXCERPT_LENGTH, excerpt, highlight


def numbers(response) -> list[int]:
    return [
        int(number) for number in re.findall(r'<h3><a href="/measures/(\d+)/">', response.content.decode())
    ]


def search(client, query: str):
    return client.get("/search/", {"q": query})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("优化政府职能职责", [1]),
        ("县残联", [10]),
        ("县级有关部门(单位)", None),
        ("县级有关部门（单位）", None),
        ("１２３４５", None),
        ("没有的词语", []),
        ("%", None),
        ("_", []),
    ],
)
def test_search_finds_title_unit_and_either_width(client, consultation, during, query, found):
    folded = {"县级有关部门(单位)": "县级有关部门（单位）", "１２３４５": "12345"}.get(query, query)
    if found is None:
        measures = consultation.plan.measures.all()
        found = [
            m.number for m in measures if any(folded in t for t in (m.title, m.body, m.responsibility_text))
        ]
    assert numbers(search(client, query)) == found


@pytest.mark.parametrize("query", ["13", "１３", "十三", "第十三条", "（十三）", "第13条", "第 13 条"])
def test_a_number_finds_its_measure_first_and_then_the_text(client, consultation, during, query):
    naming = consultation.plan.measures.get(number=2)
    type(naming).objects.filter(pk=naming.pk).update(body=f"（测试）参见{query.replace(' ', '')}和 {query}。")
    assert numbers(search(client, query)) == [13, 2]


def test_a_number_that_no_measure_has_finds_only_text(client, consultation, during):
    assert numbers(search(client, "第99条")) == []
    assert 99 not in numbers(search(client, "99"))


def test_a_word_of_mixed_width_is_found(client, consultation, during):
    measure = consultation.plan.measures.get(number=1)
    type(measure).objects.filter(pk=measure.pk).update(body="（测试）ABC（单位）")
    assert numbers(search(client, "ａｂｃ(单位)")) == [1]


def test_every_word_must_be_found_in_any_order(client, consultation, during):
    both = numbers(search(client, "行政执法 监督"))
    assert both == numbers(search(client, "监督　行政执法"))
    assert set(both) == set(numbers(search(client, "行政执法"))) & set(numbers(search(client, "监督")))
    assert 0 < len(both) < 65


def test_results_are_counted_and_marked(client, consultation, during):
    response = search(client, "证照分离")
    text = response.content.decode()
    assert f"找到 {len(numbers(response))} 条举措" in text
    assert "推进“<mark>证照分离</mark>”改革" in text


@pytest.mark.parametrize("query", ["", "   ", "　", "\t\n"])
def test_an_empty_query_asks_for_words(client, consultation, during, query):
    text = search(client, query).content.decode()
    assert "输入要找的词以后" in text
    assert "没有找到" not in text


def test_no_result_repeats_the_query_as_text(client, consultation, during):
    text = search(client, '"><script>alert(1)</script>').content.decode()
    assert "没有举措同时含有" in text
    assert "<script" not in text
    assert text.count("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;") >= 2


def test_a_long_query_is_told_the_limit_and_not_searched(
    client, consultation, during, django_assert_num_queries
):
    assert "没有找到" in search(client, "字" * 100).content.decode()
    with django_assert_num_queries(1):
        response = search(client, "字" * 101)
    assert "请缩短到 100 个字以内" in response.content.decode()
    assert response.status_code == 200


def test_fifty_words_are_searched_in_one_statement(client, consultation, during, django_assert_num_queries):
    with django_assert_num_queries(2):
        response = search(client, " ".join("政府法治行执单位责任"[i % 10] for i in range(50)))
    assert response.status_code == 200


def test_highlight_escapes_first_and_marks_every_width():
    assert highlight("<b>ＡＢ（单位）</b>", ["ab(单位)", "<b>"]) == (
        "<mark>&lt;b&gt;ＡＢ（单位）</mark>&lt;/b&gt;"
    )
    assert highlight("无关", ["没有"]) == "无关"
    assert highlight("", ["没有"]) == ""
    assert highlight("文字", []) == "文字"


def test_highlight_keeps_characters_that_fold_to_several():
    assert highlight("①㎡Ⅳ", ["m2", "iv"]) == "①<mark>㎡Ⅳ</mark>"


def test_excerpt_shows_the_first_match():
    text = "前" * 300 + "要找的词" + "后" * 300
    shown = excerpt(text, ["要找的词"])
    assert "<mark>要找的词</mark>" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) == EXCERPT_LENGTH + len("<mark></mark>……")
    assert excerpt("短", ["没有"]) == "短"


def test_highlight_stays_linear_on_hostile_text():
    started = time.perf_counter()
    highlight("a" * 200_000, ["a" * 50 + "b", "a", "aa"])
    assert time.perf_counter() - started < 3
