import dataclasses
import datetime as dt
import hashlib
import json
import re
import unicodedata

import pytest
from django.conf import settings

import plan.importer
from plan.importer import PlanTextError, parse_page, read_defects, rebuild_notice, rebuild_plan
from plan.importer.data import page_from_data, page_to_data
from plan.importer.faults import FaultList
from plan.importer.page import Paragraph
from plan.importer.proof import compare
from plan.importer.responsibility import read_responsibility, unbalanced, unit_kind

FIXTURES = settings.BASE_DIR / "fixtures"
SOURCE = FIXTURES / "source" / "2022-08-02-notice-page.txt"
TEXT = SOURCE.read_text(encoding="utf-8")
LINES = TEXT.split("\n")
DEFECTS = read_defects(FIXTURES / "source-defects.json")
OPEN_LIST = (
    "县卫健局、县应急局、县市场监管局等",
    ("县卫健局", "县应急局", "县市场监管局"),
)

# An invented county: explicit dates, title and edition on one line, a measure of two paragraphs, no preamble.
OTHER_PAGE = """\ufeff首页 > 通知
关于征求《示例市养老方案》意见的公告
关于征求《乙县绿化方案（试行）（征求意见稿）》公众意见的通知
　　现公开征求意见。期限自2031年12月20日起至2032年1月5日，见http://a.example/x?y=1,2。
　　来信请寄 lvhua@example.gov.cn，电话：(0000)12345678。
乙县绿化局
2031年12月19日
乙县绿化方案(试行)(征求意见稿)
一、多种树
种树为民。
(一)种一棵。种在路旁。

也种在河边。(责任单位：各村,县绿化局等部门)
二、少砍树
(二)不乱砍。砍前先问。〔责任单位：县级有关部门(单位)；省级各单位〕
相关阅读
"""


@pytest.fixture(scope="module")
def page():
    return parse_page(TEXT, defects=DEFECTS)


def measure(page, number):
    return next(measure for measure in page.plan.measures if measure.number == number)


def test_source_page_is_the_one_that_was_published():
    assert hashlib.sha256(SOURCE.read_bytes()).hexdigest().startswith("0991019ff16101ad96196d095ec81e99")


def test_page_has_expected_counts(page):
    assert page.plan.counts() == {
        "chapters": 11,
        "measures": 65,
        "measures_by_chapter": [0, 13, 2, 5, 9, 5, 6, 7, 5, 3, 10],
        "units": 44,
        "links": 208,
        "open_ended": 54,
    }


def test_page_has_measures_in_their_chapters(page):
    ranges = {
        chapter.number: (chapter.measures[0].number, chapter.measures[-1].number, len(chapter.measures))
        for chapter in page.plan.chapters
        if chapter.measures
    }
    assert ranges == {
        2: (1, 13, 13),
        3: (14, 15, 2),
        4: (16, 20, 5),
        5: (21, 29, 9),
        6: (30, 34, 5),
        7: (35, 40, 6),
        8: (41, 47, 7),
        9: (48, 52, 5),
        10: (53, 55, 3),
        11: (56, 65, 10),
    }
    assert [measure.number for measure in page.plan.measures] == list(range(1, 66))


def test_page_first_chapter_has_introduction_only(page):
    first, *others = page.plan.chapters
    assert (first.number, first.title, first.measures) == (1, "总体要求", ())
    assert first.introduction.startswith("以习近平新时代")
    assert first.introduction.endswith("新的台阶。")
    assert [chapter.introduction for chapter in others] == [""] * 10


def test_page_heading_and_preamble(page):
    assert (page.plan.title, page.plan.edition) == ("洪雅县法治政府建设实施方案（2021—2025年）", "draft")
    assert page.plan.preamble.startswith("法治政府建设是")
    assert page.plan.preamble.endswith("制定本方案。")
    assert "\n" not in page.plan.preamble


def test_page_measure_title_body_and_responsibility(page):
    found = measure(page, 6)
    assert found.title == "健全“双随机、一公开”监管"
    assert found.body.startswith("深入推进“双随机、一公开”")
    assert found.body.endswith("停产停业的措施。")
    assert found.responsibility_text == f"（责任单位：{OPEN_LIST[0]}）"
    assert (found.units, found.open_ended, found.responsibility_apart) == (OPEN_LIST[1], True, False)


def test_page_square_bracket_with_group_labels(page):
    found = measure(page, 18)
    assert found.responsibility_text == "〔责任单位：各镇人民政府，县级有关部门（单位）〕"
    assert (found.units, found.open_ended) == (("各镇人民政府", "县级有关部门（单位）"), False)


def test_page_open_ending_within_the_list(page):
    found = measure(page, 27)
    assert found.units == ("县人民检察院", "县公安局", "县司法局", "县级有关行政执法部门（单位）")
    assert found.open_ended


def test_page_stray_responsibility_paragraph(page):
    found = measure(page, 13)
    assert found.responsibility_text == "（责任单位：县司法局等）"
    assert found.body.endswith("强化特殊群体基本公共法律服务保障。")
    assert [measure.number for measure in page.plan.measures if measure.responsibility_apart] == [13]


def test_page_closed_lists_are_those_without_the_word(page):
    closed = [measure.number for measure in page.plan.measures if not measure.open_ended]
    assert closed == [18, 19, 20, 26, 29, 39, 42, 43, 54, 58, 61]


def test_page_group_labels(page):
    assert [unit.label for unit in page.units if unit.kind == "group"] == [
        "各镇人民政府",
        "县级有关部门（单位）",
        "县级有关行政执法部门（单位）",
        "县级各部门（单位）",
    ]
    assert page.units[0].label == "县政府办公室"


def test_page_rebuilt_is_the_source(page):
    normal = unicodedata.normalize("NFKC", TEXT)
    start = normal.index("关于征求《")
    end = normal.index("县法院完善绩效考核", start)
    source = [line for line in normal[start:end].split("\n") if line]
    source.remove("2022年8月2日")
    rebuilt = rebuild_notice(page.notice) + rebuild_plan(page.plan)
    assert [unicodedata.normalize("NFKC", line) for line in rebuilt] == source


def test_page_text_is_typeset_full_width(page):
    stored = "\n".join(rebuild_notice(page.notice) + rebuild_plan(page.plan))
    assert re.findall(r"[,:;?!()]", stored) == []
    assert "“互联网+监管”" in stored


def test_page_strips_what_is_not_the_document(page):
    stored = json.dumps(page_to_data(page), ensure_ascii=False)
    assert not any(word in stored for word in ("法院完善", "插图", "读了文章", "发表回复", "必填项"))


def test_page_notice(page):
    notice = page.notice
    assert (
        notice.title
        == "关于征求《洪雅县法治政府建设实施方案（2021—2025年）（征求意见稿）》社会公众意见的公告"
    )
    assert notice.attachment == "附件：洪雅县法治政府建设实施方案（2021—2025年）（征求意见稿）"
    assert (notice.issuer, notice.issued_on) == ("洪雅县司法局", dt.date(2022, 8, 2))
    assert notice.body.startswith("为贯彻落实")
    assert notice.body.endswith("联系电话：374751。")


def test_page_consultation(page):
    found = page.consultation
    assert found.opens_at.isoformat() == "2022-08-02T00:00:00+08:00"
    assert found.closes_at.isoformat() == "2022-08-11T00:00:00+08:00"
    assert (found.kind, found.receipt_prefix) == ("other", "202208")
    assert (found.contact_email, found.contact_phone, found.contact_person) == (
        "1172785090@qq.com",
        "374751",
        "欧良红",
    )
    assert "联系电话“374751”为 6 位" in found.contact_note
    assert "不是政务邮箱" in found.contact_note


def test_page_defects_are_noted_and_kept(page):
    noted = {measure.number: measure.source_note for measure in page.plan.measures if measure.source_note}
    assert sorted(noted) == [10, 15, 16, 27, 36, 49, 65]
    assert noted[15] == noted[27] == "“达1%”疑为“达100%”，原文如此，未作改动。"
    assert "规范率达1%。" in measure(page, 15).body
    assert "条列》" in measure(page, 36).body


def test_page_without_defect_table_has_no_notes():
    assert {measure.source_note for measure in parse_page(TEXT).plan.measures} == {""}


@pytest.mark.parametrize(
    "text", ["\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), TEXT.replace("\n", "  \n\u3000")]
)
def test_page_line_ends_and_spaces_do_not_matter(page, text):
    assert parse_page(text, defects=DEFECTS).plan == page.plan


def test_page_may_start_with_a_byte_order_mark_and_the_notice(page):
    assert parse_page("\ufeff" + TEXT[TEXT.index("关于征求《") :], defects=DEFECTS).plan == page.plan


def test_page_may_repeat_the_title_of_the_notice(page):
    title = page.notice.title
    assert parse_page(f"{title}\n首页\n{title} 打印\n{TEXT}", defects=DEFECTS).notice == page.notice


@pytest.mark.parametrize(
    ("reader", "fault"),
    [("read_plan", "第 17 行：存入的文字与原文不符。"), ("read_notice", "第 7 行：存入的文字与原文不符。")],
)
def test_page_whose_reader_changes_a_word_is_refused(monkeypatch, reader, fault):
    original = getattr(plan.importer, reader)

    def careless(*arguments):
        read = original(*arguments)
        document, *rest = read if isinstance(read, tuple) else (read,)
        document = dataclasses.replace(document, title=document.title.replace("方案", "计划"))
        return (document, *rest) if rest else document

    monkeypatch.setattr(plan.importer, reader, careless)
    with pytest.raises(PlanTextError) as refused:
        parse_page(TEXT)
    assert str(refused.value) == fault


def test_other_page_is_read_by_the_same_rules():
    page = parse_page(OTHER_PAGE, kind="regulation", receipt_prefix="123456")
    first, second = page.plan.measures
    assert page.plan.title == "乙县绿化方案（试行）"
    assert (len(page.plan.chapters), len(page.units)) == (2, 4)
    assert (page.plan.preamble, page.plan.chapters[0].introduction) == ("", "种树为民。")
    assert (first.title, first.body) == ("种一棵", "种在路旁。\n也种在河边。")
    assert (first.units, first.open_ended) == (("各村", "县绿化局"), True)
    assert second.units == ("县级有关部门（单位）", "省级各单位")
    assert {unit.label: unit.kind for unit in page.units} == {
        "各村": "group",
        "县绿化局": "named",
        "县级有关部门（单位）": "group",
        "省级各单位": "group",
    }
    assert page.consultation.opens_at.isoformat() == "2031-12-20T00:00:00+08:00"
    assert page.consultation.closes_at.isoformat() == "2032-01-06T00:00:00+08:00"
    assert (page.consultation.kind, page.consultation.receipt_prefix) == ("regulation", "123456")
    assert page.consultation.contact_email == "lvhua@example.gov.cn"
    assert page.consultation.contact_phone == "(0000)12345678"
    assert page.consultation.contact_note == ""
    assert (page.notice.attachment, page.notice.issued_on) == ("", dt.date(2031, 12, 19))
    assert page_from_data(page_to_data(page)) == page


def test_notice_without_contacts_is_noted():
    text = re.sub(r"　　来信.*\n", "", OTHER_PAGE)
    assert parse_page(text).consultation.contact_note == "公告未载明电子邮箱。\n公告未载明联系电话。"


def test_last_day_without_year_is_in_the_first_days_year():
    text = OTHER_PAGE.replace("2032年1月5日", "12月31日")
    assert parse_page(text).consultation.closes_at.isoformat() == "2032-01-01T00:00:00+08:00"


@pytest.mark.parametrize(
    ("rebuilt", "fault"),
    [
        (["甲，乙"], "第 3 行：原文 2 段，存入 1 段，段数不符。"),
        (["甲，乙", "丙丁"], "第 5 行：存入的文字与原文不符。"),
    ],
)
def test_comparison_finds_lost_and_changed_paragraphs(rebuilt, fault):
    faults = FaultList()
    compare(rebuilt, [Paragraph(3, "甲,乙"), Paragraph(5, "丙")], faults)
    assert str(faults.error()) == fault


def test_comparison_ignores_width_alone():
    faults = FaultList()
    compare(["甲，乙（１）"], [Paragraph(3, "甲,乙(1)")], faults)
    assert not faults


@pytest.mark.parametrize(
    ("text", "char"),
    [
        ("（甲〔乙〕《丙》“丁”）", ""),
        ("（甲〔乙）〕", "）"),
        ("乙）", "）"),
        ("《甲", "《"),
        ("(a)（b)", ""),
        ("", ""),
    ],
)
def test_unbalanced(text, char):
    assert unbalanced(text) == char


def test_responsibility_keeps_what_stands_before_it():
    found = read_responsibility("做事。（责任单位：甲局（含乙、丙所）、丁局等单位）")
    assert (found.before, found.text) == ("做事。", "（责任单位：甲局（含乙、丙所）、丁局等单位）")
    assert (found.units, found.open_ended) == (("甲局（含乙、丙所）", "丁局"), True)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("各镇人民政府", "group"),
        ("县级有关部门（单位）", "group"),
        ("市级各部门", "group"),
        ("县司法局", "named"),
        ("县级机关事务中心", "named"),
        ("洪雅各界联合会", "named"),
    ],
)
def test_unit_kind(label, kind):
    assert unit_kind(label) == kind
