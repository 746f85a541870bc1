import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

FIXTURE = settings.BASE_DIR / "fixtures" / "plan-2022.json"
SOURCE = settings.BASE_DIR / "fixtures" / "source" / "2022-08-02-notice-page.txt"
TEXT = SOURCE.read_text(encoding="utf-8")


def without(start):
    """The source without the text of the line that starts so."""
    return "\n".join("" if line.startswith(start) else line for line in TEXT.split("\n"))


def test_fixture_is_what_the_importer_makes(tmp_path):
    call_command("import_plan", SOURCE, output=tmp_path / "plan.json", verbosity=0)
    assert (tmp_path / "plan.json").read_bytes() == (FIXTURE).read_bytes()
    assert list(tmp_path.iterdir()) == [tmp_path / "plan.json"]


def test_command_prints_what_it_found(capsys):
    counts = [
        "chapters=11",
        "measures=65",
        "measures_by_chapter=0,13,2,5,9,5,6,7,5,3,10",
        "units=44",
        "links=208",
        "open_ended=54",
    ]
    call_command("import_plan", str(SOURCE), "--expect", *counts)
    lines = capsys.readouterr().out.splitlines()
    assert "章 11，举措 65，责任单位 44，责任分工 208，以“等”结尾 54" in lines
    assert "  十一、加强党的领导，完善法治政府建设推进机制：56–65" in lines
    assert "责任单位另起一段：（十三）" in lines
    assert "事项类型：其他（公告未载明）；受理编号前缀 202208" in lines
    assert "  举措（十五）：“达1%”疑为“达100%”，原文如此，未作改动。" in lines
    assert lines[-1] == "只核对，未写文件（加 --output 写入）"
    assert len(lines) <= 35


def import_text(path: Path, text: str, *arguments: str) -> None:
    page = path / "page.txt"
    page.write_text(text, encoding="utf-8")
    call_command("import_plan", str(page), "--output", str(path / "plan.json"), *arguments)


def test_command_writes_nothing_for_a_refused_text(tmp_path):
    (tmp_path / "plan.json").write_text("旧", encoding="utf-8")
    with pytest.raises(CommandError, match="没有写入任何内容：\n第 53 行：举措（十三）应为（十二）"):
        import_text(tmp_path, without("(十二)"))
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == "旧"


def test_command_refuses_other_counts_than_expected(tmp_path):
    with pytest.raises(CommandError, match="举措应为 65，实为 64；责任单位应为 45，实为 44"):
        import_text(tmp_path, without("(六十五)"), "--expect", "measures=65", "units=45")
    assert not (tmp_path / "plan.json").exists()


def test_command_takes_kind_and_prefix(tmp_path):
    import_text(tmp_path, TEXT, "--kind", "regulation", "--receipt-prefix", "000123")
    consultation = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["consultation"]
    assert (consultation["kind"], consultation["receipt_prefix"]) == ("regulation", "000123")


def test_command_refuses_a_measure_moved_to_another_chapter(tmp_path):
    lines = TEXT.split("\n")
    heading, first = (
        next(i for i, line in enumerate(lines) if line.startswith(s)) for s in ("三、", "(十四)")
    )
    lines[heading], lines[first] = lines[first], lines[heading]
    with pytest.raises(CommandError, match=r"各章举措应为 \[0, 13, 2, .*实为 \[0, 14, 1, "):
        import_text(tmp_path, "\n".join(lines), "--expect", "measures_by_chapter=0,13,2,5,9,5,6,7,5,3,10")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--expect", "towns=3"],
        ["--expect", "units=x"],
        ["--expect", "measures_by_chapter=1,"],
        ["--expect", "measures=1,2"],
        ["--receipt-prefix", "２０２２０８"],
        ["--kind", "x"],
    ],
)
def test_command_refuses_bad_options(arguments):
    with pytest.raises(CommandError):
        call_command("import_plan", str(SOURCE), *arguments)


def test_command_refuses_files_it_cannot_read(tmp_path):
    foreign = tmp_path / "gb.txt"
    foreign.write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(CommandError, match="不是 UTF-8 编码"):
        call_command("import_plan", str(foreign))
    with pytest.raises(CommandError, match="不能读取"):
        call_command("import_plan", str(tmp_path / "absent.txt"))
    with pytest.raises(CommandError, match="不能写入"):
        call_command("import_plan", str(SOURCE), "--output", str(tmp_path / "absent" / "plan.json"))


@pytest.mark.parametrize("table", ["{", "[{}]", '[{"pattern": "(", "note": ""}]', "3"])
def test_command_refuses_a_garbled_table_of_defects(tmp_path, table):
    (tmp_path / "defects.json").write_text(table, encoding="utf-8")
    with pytest.raises(CommandError, match="原文疑误表"):
        call_command("import_plan", str(SOURCE), "--defects", str(tmp_path / "defects.json"))
