import pytest
from django.conf import settings

from plan.importer import PlanTextError, parse_page

SOURCE = settings.BASE_DIR / "fixtures" / "source" / "2022-08-02-notice-page.txt"
LINES = SOURCE.read_text(encoding="utf-8").split("\n")


def line_of(start):
    """The number of the source line that starts so."""
    return next(number for number, line in enumerate(LINES, 1) if line.startswith(start))


def changed(start, *, old=None, new="", drop=False, after=None):
    """The source with one line changed, dropped, or moved after another; lines keep their numbers where possible."""
    lines = list(LINES)
    index = line_of(start) - 1
    if drop:
        lines[index] = ""
    elif after:
        line, lines[index] = lines[index], ""
        lines[line_of(after) - 1] += "\n" + line
    else:
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new)
    return "\n".join(lines)


def faults_of(text):
    with pytest.raises(PlanTextError) as refused:
        parse_page(text)
    assert str(refused.value) == "\n".join(map(str, refused.value.faults))
    return [str(fault) for fault in refused.value.faults]


REFUSALS = {
    "measure missing": (
        changed("(十二)", drop=True),
        [(53, "举措（十三）应为（十二），序号不连续。")],
    ),
    "first measure missing": (
        changed("(一)", drop=True),
        [(31, "举措（二）应为（一），序号不连续。")],
    ),
    "measure twice": (
        changed("(十四)", old="(十四)", new="(十三)"),
        [(59, "举措（十三）重复，已见于第 53 行。"), (61, "举措（十五）应为（十四），序号不连续。")],
    ),
    "measures swapped": (
        changed("(十四)", after="(十五)"),
        [
            (61, "举措（十五）应为（十四），序号不连续。"),
            (62, "举措（十四）应为（十六），序号不连续。"),
            (66, "举措（十六）应为（十五），序号不连续。"),
        ],
    ),
    "number not readable": (
        changed("(二十)", old="(二十)", new="(十十)"),
        [(73, "序号“十十”无法识别（限一至九十九）。")],
    ),
    "measure without number": (
        changed("(十七)", old="(十七)"),
        [
            (67, "举措（十六）的责任单位多于一处。"),
            (69, "举措（十八）应为（十七），序号不连续。"),
        ],
    ),
    "first measure of a chapter without number": (
        changed("(十四)", old="(十四)"),
        [(59, "写有责任单位，但没有举措序号。"), (61, "举措（十五）应为（十四），序号不连续。")],
    ),
    "last measure without number": (
        changed("(六十五)", old="(六十五)"),
        [(177, "写有责任单位，但没有举措序号。")],
    ),
    "chapter missing": (
        changed("三、", drop=True),
        [(63, "章“四、”应为“三、”，序号不连续。")],
    ),
    "chapter twice": (
        changed("三、", old="三、", new="二、"),
        [(57, "章“二、”重复，已见于第 27 行。"), (63, "章“四、”应为“三、”，序号不连续。")],
    ),
    "chapter without title": (changed("三、", old=LINES[56][2:]), [(57, "章没有标题。")]),
    "chapter without text": (changed("以习近平", drop=True), [(23, "章下没有正文，也没有举措。")]),
    "last chapter without measures": (
        "\n".join(LINES[:158]),
        [(157, "最后一章没有举措，无法判断方案在何处结束。"), (157, "章下没有正文，也没有举措。")],
    ),
    "no chapters at all": ("\n".join(LINES[:21]), [(0, "方案中没有找到章和举措。")]),
    "measure outside a chapter": (
        "\n".join([*LINES[:22], *[""] * 6, *LINES[28:30], *LINES[178:]]),
        [(29, "举措（一）不在任何一章之内。")],
    ),
    "no responsible units": (
        changed("(十四)", old="(责任单位:县政府办公室、县司法局等)"),
        [(59, "举措（十四）没有责任单位。")],
    ),
    "last measure without responsible units": (
        changed("(六十五)", old="(责任单位:县委宣传部、县司法局等)"),
        [(177, "举措（六十五）没有责任单位。")],
    ),
    "stray paragraph without responsible units": (
        changed("(责任单位:县司法局等)", drop=True),
        [(53, "举措（十三）没有责任单位。")],
    ),
    "bracket not closed": (
        changed("(十四)", old="县司法局等)", new="县司法局等"),
        [(59, "括号或引号“（”不成对。")],
    ),
    "bracket of the wrong style": (
        changed("(十八)", old="(单位)〕", new="(单位))"),
        [(69, "括号或引号“）”不成对。")],
    ),
    "quotation mark lost": (
        changed("(四)", old="”改革。按照", new="改革。按照"),
        [(35, "括号或引号““”不成对。")],
    ),
    "text after the bracket": (
        changed("(十四)", old="县司法局等)", new="县司法局等)另见附表。"),
        [(59, "举措（十四）：责任单位的括号之后还有文字。")],
    ),
    "paragraph after the bracket": (
        changed("(十四)", old="县司法局等)", new="县司法局等)\n另见附表。"),
        [(60, "举措（十四）的责任单位之后有不能识别的段落。")],
    ),
    "empty label": (
        changed("(十四)", old="、县司法局等)", new="、、县司法局等)"),
        [(59, "举措（十四）：责任单位中有空缺。")],
    ),
    "no labels": (
        changed("(十四)", old="县政府办公室、县司法局等)", new=")"),
        [(59, "举措（十四）：责任单位中有空缺。")],
    ),
    "label twice": (
        changed("(十四)", old="县政府办公室、县司法局等)", new="县司法局、县司法局等)"),
        [(59, "举措（十四）：责任单位“县司法局”重复。")],
    ),
    "no title": (
        changed("(十四)", old=LINES[58].partition("(责任")[0], new="(十四)没有句号"),
        [(59, "举措（十四）没有标题（首段第一个句号之前的文字）。")],
    ),
    "title over two paragraphs": (
        changed("(十四)", old="制定管理。凡", new="制定管理\n凡"),
        [(59, "举措（十四）没有标题（首段第一个句号之前的文字）。")],
    ),
    "empty title": (
        changed("(十四)", old="加强行政规范性文件制定管理。", new="。"),
        [(59, "举措（十四）没有标题（首段第一个句号之前的文字）。")],
    ),
    "no body": (
        changed("(十三)", old=LINES[52][len("(十三)完善公共法律服务体系。") :]),
        [(53, "举措（十三）没有正文。")],
    ),
    "edition twice": (
        changed("(征求意见稿)", old="稿)", new="稿)\n(征求意见稿)"),
        [(20, "与第 19 行重复。")],
    ),
    "no edition": (
        changed("(征求意见稿)", drop=True),
        [(17, "方案名称之后没有写明版本（（征求意见稿））。")],
    ),
    "control character": (changed("(十四)", old="一律", new="一\x00律"), [(59, "含有控制字符或乱码。")]),
    "broken encoding": (changed("(十四)", old="一律", new="一\ufffd律"), [(59, "含有控制字符或乱码。")]),
    "no notice": (
        changed("关于征求", drop=True),
        [(0, "没有找到征求意见的公告（标题应为“关于征求《……》意见的公告”一类）。")],
    ),
    "no plan": ("\n".join(LINES[:15]), [(7, "公告之后没有找到方案：应有一行与公告书名号内的名称相同。")]),
    "no date": (changed("2022年8月2日", drop=True), [(7, "公告没有落款日期。")]),
    "no such date": (
        changed("2022年8月2日", old="8月2日", new="8月32日"),
        [(15, "没有 2022 年 8 月 32 日这一天。")],
    ),
    "no issuer": (
        changed("洪雅县司法局", drop=True).replace("\n洪雅县司法局\n", "\n\n"),
        [(15, "公告没有署名。")],
    ),
    "no notice text": (changed("为贯彻落实", drop=True), [(7, "公告没有正文。")]),
    "no period": (
        changed("为贯彻落实", old="即日起至2022年8月10日", new="近期"),
        [(7, "公告没有写明征求意见的起止日期（如“即日起至某年某月某日”）。")],
    ),
    "period ends before it starts": (
        changed("为贯彻落实", old="至2022年8月10日", new="至2022年8月1日"),
        [(7, "征求意见的截止日期（2022-08-01）早于开始日期（2022-08-02）。")],
    ),
    "last day does not exist": (
        changed("为贯彻落实", old="至2022年8月10日", new="至2022年2月30日"),
        [(7, "没有 2022 年 2 月 30 日这一天。")],
    ),
    "text between notice and plan": (
        changed("2022年8月2日", old="2022年8月2日", new="2022年8月2日\n扫码留言"),
        [(16, "公告与方案之间有不能识别的段落。")],
    ),
    "nothing": ("", [(0, "没有找到征求意见的公告（标题应为“关于征求《……》意见的公告”一类）。")]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_text_that_does_not_add_up_is_refused(case):
    text, faults = REFUSALS[case]
    expected = [f"第 {line} 行：{reason}" if line else f"全文：{reason}" for line, reason in faults]
    assert faults_of(text) == expected


def test_every_paragraph_is_missed():
    """All but those a text may do without, and the last chapter heading and measure, which only counts can miss."""
    first, last = line_of("关于征求"), line_of("(六十五)")
    accepted = [
        line
        for number, line in enumerate(LINES, 1)
        if line and first <= number <= last and parses([*LINES[: number - 1], "", *LINES[number:]])
    ]
    assert [line[:4] for line in accepted] == ["附件:洪", "法治政府", "十一、加", "(六十五"]


def test_every_paragraph_is_missed_when_doubled():
    first, last = line_of("关于征求"), line_of("(六十五)")
    accepted = [
        number
        for number, line in enumerate(LINES, 1)
        if line and first < number <= last and parses([*LINES[:number], line, *LINES[number:]])
    ]
    assert accepted == []


def test_every_bracket_is_missed():
    first, last = line_of("关于征求"), line_of("(六十五)")
    places = [
        (number, at)
        for number in range(first - 1, last)
        for at, char in enumerate(LINES[number])
        if char in "()〔〕《》“”"
    ]
    accepted = [
        (number, at)
        for number, at in places[::7]
        if parses([*LINES[:number], LINES[number][:at] + LINES[number][at + 1 :], *LINES[number + 1 :]])
    ]
    assert len(places) > 400
    assert accepted == []


def parses(lines):
    try:
        parse_page("\n".join(lines))
    except PlanTextError:
        return False
    return True


def test_all_faults_are_named_at_once():
    text = (
        changed("(十二)", drop=True)
        .replace("(责任单位:县司法局)", "")
        .replace("(征求意见稿)\n\n法治", "\n\n法治")
    )
    assert [fault.split("：")[0] for fault in faults_of(text)] == ["第 17 行", "第 53 行", "第 117 行"]
