import copy
import json
import unicodedata

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plan.importer import rebuild_notice, rebuild_plan
from plan.importer.data import PlanDataError
from plan.importer.parsed import ParsedNotice
from plan.models import Chapter, Consultation, Measure, Notice, Plan, Responsibility, ResponsibleUnit
from plan.services import load_plan, stored_plan

FIXTURE = settings.BASE_DIR / "fixtures" / "plan-2022.json"
SOURCE = settings.BASE_DIR / "fixtures" / "source" / "2022-08-02-notice-page.txt"
MODELS = [Plan, Chapter, Measure, ResponsibleUnit, Responsibility, Consultation, Notice]


@pytest.fixture
def data():
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


def rows():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}


def counts():
    return {model.__name__: model.objects.count() for model in MODELS}


def measure_data(data, number):
    measures = [measure for chapter in data["plan"]["chapters"] for measure in chapter["measures"]]
    return measures[number - 1]


def other_plan(data, *, sha="0" * 64, prefix="209901"):
    """The same plan as if from another page, with an invented unit in the place of the first."""
    text = json.dumps(data, ensure_ascii=False).replace("县政府办公室", "县某某局")
    other = json.loads(text)
    other["source_sha256"] = sha
    other["consultation"]["receipt_prefix"] = prefix
    return other


@pytest.mark.django_db
def test_load_creates_every_row(data):
    consultation, created = load_plan(data)
    assert created
    assert counts() == {
        "Plan": 1,
        "Chapter": 11,
        "Measure": 65,
        "ResponsibleUnit": 44,
        "Responsibility": 208,
        "Consultation": 1,
        "Notice": 1,
    }
    assert Measure.objects.filter(open_ended=True).count() == 54
    assert ResponsibleUnit.objects.filter(kind="group").count() == 4
    assert consultation.closes_at.isoformat() == "2022-08-11T00:00:00+08:00"
    assert consultation.notices.get(kind="call").issuer == "洪雅县司法局"
    assert not consultation.contacts_confirmed


@pytest.mark.django_db
def test_load_keeps_the_printed_order_of_units(data):
    load_plan(data)
    measure = Measure.objects.get(number=57)
    links = measure.responsibilities.order_by("position")
    assert [(link.position, link.unit.label) for link in links] == [
        (1, "各镇人民政府"),
        (2, "县政府办公室"),
        (3, "县司法局"),
    ]
    assert list(ResponsibleUnit.objects.values_list("position", flat=True)) == list(range(1, 45))


@pytest.mark.django_db
def test_loaded_plan_rebuilt_is_the_source(data):
    consultation, _ = load_plan(data)
    notice = consultation.notices.get()
    printed = ParsedNotice(notice.title, notice.body, notice.attachment, notice.issuer, notice.issued_on)
    rebuilt = rebuild_notice(printed) + rebuild_plan(stored_plan(Plan.objects.get()))
    normal = unicodedata.normalize("NFKC", SOURCE.read_text(encoding="utf-8"))
    start = normal.index("关于征求《")
    source = [line for line in normal[start : normal.index("县法院完善绩效考核", start)].split("\n") if line]
    source.remove("2022年8月2日")
    assert [unicodedata.normalize("NFKC", line) for line in rebuilt] == source


@pytest.mark.django_db
def test_second_load_changes_nothing(data):
    load_plan(data)
    before = rows()
    with CaptureQueriesContext(connection) as queries:
        consultation, created = load_plan(data)
    assert (consultation.pk, created) == (before["Consultation"][0]["id"], False)
    assert rows() == before
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written == []


@pytest.mark.django_db
def test_second_load_keeps_what_staff_entered(data):
    load_plan(data)
    Consultation.objects.update(contact_phone="00000000", contacts_confirmed=True)
    Measure.objects.filter(number=15).update(source_note="已核实。")
    before = rows()
    assert load_plan(data)[1] is False
    assert rows() == before


@pytest.mark.django_db
def test_load_refuses_another_text_of_the_same_source(data):
    load_plan(data)
    before = rows()
    measure_data(data, 3)["body"] += "另加一句。"
    with pytest.raises(PlanDataError, match="同一原文的方案已经载入，但内容与这份数据不同"):
        load_plan(data)
    assert rows() == before


@pytest.mark.django_db
def test_load_refuses_when_the_stored_text_was_changed(data):
    load_plan(data)
    Responsibility.objects.filter(measure__number=3, position=2).delete()
    with pytest.raises(PlanDataError, match="内容与这份数据不同"):
        load_plan(data)


@pytest.mark.django_db
def test_load_refuses_a_plan_left_without_consultation(data):
    load_plan(data)
    Notice.objects.all().delete()
    Consultation.objects.all().delete()
    with pytest.raises(PlanDataError, match="没有对应的征求意见"):
        load_plan(data)


@pytest.mark.django_db
def test_another_plan_shares_known_units_and_adds_its_own(data):
    load_plan(data)
    ResponsibleUnit.objects.filter(label="县司法局").update(full_name="某县司法局")
    _, created = load_plan(other_plan(data))
    assert created
    assert counts() | {"ResponsibleUnit": 45, "Measure": 130} == counts()
    assert ResponsibleUnit.objects.get(label="县某某局").position == 45
    unit = ResponsibleUnit.objects.get(label="县司法局")
    assert (unit.full_name, unit.measures.values("plan").distinct().count()) == ("某县司法局", 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("consultation", "receipt_prefix"), "202208", "受理编号前缀"),
        (("consultation", "receipt_prefix"), "20990A", "受理编号前缀应为六位数字"),
        (("consultation", "closes_at"), "2022-08-01T00:00:00+08:00", "截止时间必须晚于开始时间"),
        (("consultation", "contact_email"), "not an address", "电子邮箱|邮件|email"),
        (("consultation", "kind"), "unheard_of", "unheard_of"),
        (("notice", "issuer"), "", "不能为空|此字段"),
    ],
)
def test_load_refuses_values_the_models_refuse_and_leaves_nothing(data, path, value, message):
    load_plan(data)
    before = rows()
    other = other_plan(data)
    other[path[0]][path[1]] = value
    with pytest.raises(ValidationError, match=message):
        load_plan(other)
    assert rows() == before


def drop_measure(data):
    data["plan"]["chapters"][1]["measures"].pop()


def drop_last_measure(data):
    data["plan"]["chapters"][-1]["measures"].pop()


def swap_units(data):
    measure_data(data, 1)["units"].reverse()


def drop_ending(data):
    measure_data(data, 1)["open_ended"] = False


def half_width(data):
    measure_data(data, 1)["body"] = measure_data(data, 1)["body"].replace("，", ",")


def renumber(data):
    measure_data(data, 2)["number"] = 100


BROKEN = {
    "measure gone": (drop_measure, "举措（十四）应为（十三），序号不连续"),
    "last measure gone": (drop_last_measure, "数量与“expected”不符"),
    "units in another order": (swap_units, "举措（一）与其文字不符"),
    "open ending lost": (drop_ending, "举措（一）与其文字不符"),
    "half-width text": (half_width, "举措（一）与其文字不符"),
    "number without numeral": (renumber, "版本或序号无法识别"),
    "unknown edition": (lambda data: data["plan"].update(edition="x"), "版本或序号无法识别"),
    "chapter without text": (
        lambda data: data["plan"]["chapters"][0].update(introduction=""),
        "章下没有正文，也没有举措",
    ),
    "units not listed": (lambda data: data["units"].pop(), "责任单位名单与各举措所列不符"),
    "key missing": (lambda data: data["plan"].pop("preamble"), "“plan”缺少：preamble。"),
    "key unknown": (lambda data: data["notice"].update(photo=""), "“notice”有不认识的项：photo。"),
    "no counts": (lambda data: data.pop("expected"), "数据缺少“expected”"),
    "text is a number": (lambda data: data["plan"].update(title=3), "“plan.title”应为文字"),
    "number is text": (
        lambda data: measure_data(data, 1).update(number="1"),
        r"measures\[1\].number”应为整数",
    ),
    "list is text": (lambda data: data.update(units="县"), "“units”应为列表"),
    "object is a list": (lambda data: data.update(notice=[]), "“notice”应为对象"),
    "day does not exist": (lambda data: data["notice"].update(issued_on="2022-02-30"), "ISO 8601"),
    "moment without zone": (
        lambda data: data["consultation"].update(opens_at="2022-08-02T00:00:00"),
        "“consultation.opens_at”应写明时区",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", BROKEN)
def test_load_refuses_data_that_do_not_add_up(data, case):
    damage, message = BROKEN[case]
    damage(data)
    with pytest.raises(PlanDataError, match=message):
        load_plan(data)
    assert set(counts().values()) == {0}


@pytest.mark.django_db
@pytest.mark.parametrize("data", [None, [], "", 3, {}])
def test_load_refuses_what_is_no_plan(data):
    with pytest.raises(PlanDataError, match="数据缺少“expected”"):
        load_plan(copy.deepcopy(data))


@pytest.mark.django_db
def test_command_says_in_one_line_what_it_did(capsys):
    call_command("load_plan")
    call_command("load_plan", str(FIXTURE))
    title = "《洪雅县法治政府建设实施方案（2021—2025年）（征求意见稿）》"
    assert capsys.readouterr().out.splitlines() == [
        f"已载入{title}：11 章 65 条举措 44 个责任单位",
        f"已存在，未作改动：{title}",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "不是有效的 JSON"),
        (b"{", "不是有效的 JSON"),
        (b"[" * 100_000, "不是有效的 JSON"),
        ("县".encode("gb18030"), "不是 UTF-8 编码"),
        (b"{}", "数据缺少“expected”"),
        (None, "不能读取"),
    ],
)
def test_command_refuses_missing_and_garbled_files(tmp_path, content, message):
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("load_plan", str(file))
    assert set(counts().values()) == {0}


@pytest.mark.django_db
def test_command_names_the_field_that_is_refused(tmp_path, data):
    data["consultation"]["receipt_prefix"] = "x"
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(CommandError, match="受理编号前缀应为六位数字。"):
        call_command("load_plan", str(file))
