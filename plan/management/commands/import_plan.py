"""``manage.py import_plan FILE``: reads the page on which a draft was published, proves it, writes plan data."""

import datetime as dt
import json
import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from plan.importer import ParsedPage, PlanTextError, parse_page, read_defects, rebuild_notice, rebuild_plan
from plan.importer.data import page_to_data
from plan.models import ConsultationKind
from plan.numerals import chinese_numeral

DEFECTS = settings.BASE_DIR / "fixtures" / "source-defects.json"
Count = int | list[int]
BY_CHAPTER = "measures_by_chapter"
COUNTS = {
    "chapters": "章",
    "measures": "举措",
    BY_CHAPTER: "各章举措",
    "units": "责任单位",
    "links": "责任分工",
    "open_ended": "以“等”结尾",
}


def expected_count(text: str) -> tuple[str, Count]:
    """``measures=65`` or, chapter by chapter, ``measures_by_chapter=0,13,2``."""
    name, _, value = text.partition("=")
    if name == BY_CHAPTER and re.fullmatch(r"\d{1,4}(?:,\d{1,4})*", value):
        return name, [int(count) for count in value.split(",")]
    if name in COUNTS and name != BY_CHAPTER and re.fullmatch(r"\d{1,6}", value):
        return name, int(value)
    raise ArgumentTypeError(f"应写作 名称=数量，名称为 {'、'.join(COUNTS)} 之一：{text}")


def receipt_prefix(text: str) -> str:
    if not re.fullmatch(r"[0-9]{6}", text):
        raise ArgumentTypeError("受理编号前缀应为六位数字。")
    return text


class Command(BaseCommand):
    help = "从发布征求意见稿的网页文字中提取公告和方案，逐段核对；不加 --output 时只核对，不写文件。"
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="网页文字（UTF-8）")
        parser.add_argument("--output", type=Path, help="写入的方案数据文件（JSON）")
        parser.add_argument("--expect", type=expected_count, nargs="+", default=[], metavar="NAME=N")
        parser.add_argument("--kind", choices=ConsultationKind.values, default=ConsultationKind.OTHER.value)
        parser.add_argument("--receipt-prefix", type=receipt_prefix, help="六位数字，默认为公告的年月")
        parser.add_argument("--defects", type=Path, default=DEFECTS, help="原文疑误表（JSON）")

    def handle(
        self, *, file: Path, output: Path | None, expect: list[tuple[str, Count]], **options: Any
    ) -> str:
        page = read_page(file, options["defects"], options["kind"], options["receipt_prefix"] or "")
        check_counts(page.plan.counts(), dict(expect))
        if output:
            write_atomically(output, json.dumps(page_to_data(page), ensure_ascii=False, indent=2) + "\n")
        end = f"已写入 {output}" if output else "只核对，未写文件（加 --output 写入）"
        return "\n".join([*summary(page), end])


def read_page(file: Path, defects: Path, kind: str, prefix: str) -> ParsedPage:
    try:
        text = file.read_bytes().decode("utf-8")
        return parse_page(text, defects=read_defects(defects), kind=kind, receipt_prefix=prefix)
    except OSError as error:
        raise CommandError(f"不能读取 {error.filename}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} 不是 UTF-8 编码（第 {error.start} 字节起）。") from error
    except (ValueError, KeyError, TypeError, re.error) as error:
        raise CommandError(f"原文疑误表 {defects} 不能识别：{error}") from error
    except PlanTextError as error:
        raise CommandError(f"{file} 未能通过核对，没有写入任何内容：\n{error}") from error


def check_counts(found: dict[str, Count], expected: dict[str, Count]) -> None:
    wrong = [
        f"{COUNTS[name]}应为 {count}，实为 {found[name]}"
        for name, count in expected.items()
        if found[name] != count
    ]
    if wrong:
        raise CommandError(f"数量不符，没有写入任何内容：{'；'.join(wrong)}。")


def write_atomically(path: Path, text: str) -> None:
    """The whole new file or the old one, never half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise CommandError(f"不能写入 {path}：{error.strerror}。") from error
    finally:
        temporary.unlink(missing_ok=True)


def summary(page: ParsedPage) -> list[str]:
    plan, consultation = page.plan, page.consultation
    last_moment = consultation.closes_at - dt.timedelta(microseconds=1)
    days = f"{consultation.opens_at:%Y-%m-%d} 至 {last_moment:%Y-%m-%d}"
    apart = "、".join(measure.printed_number for measure in plan.measures if measure.responsibility_apart)
    paragraphs = len(rebuild_notice(page.notice)) + len(rebuild_plan(plan))
    kind = ConsultationKind(consultation.kind)
    unstated = "（公告未载明）" if kind == ConsultationKind.OTHER else ""
    return [
        f"方案：{plan.title}",
        f"公告：{page.notice.issuer}，{page.notice.issued_on}；征求意见 {days}",
        f"事项类型：{kind.label}{unstated}；受理编号前缀 {consultation.receipt_prefix}",
        "，".join(f"{name} {plan.counts()[key]}" for key, name in COUNTS.items() if key != BY_CHAPTER),
        *chapter_lines(page),
        f"单位类别：{'、'.join(unit.label for unit in page.units if unit.kind == 'group') or '无'}",
        f"责任单位另起一段：{apart or '无'}",
        f"逐段核对：{paragraphs} 段与原文一致（NFKC）；原文校验值 {page.source_sha256}",
        *defect_lines(page),
    ]


def chapter_lines(page: ParsedPage) -> list[str]:
    return [
        f"  {chinese_numeral(chapter.number)}、{chapter.title}："
        + (f"{chapter.measures[0].number}–{chapter.measures[-1].number}" if chapter.measures else "无举措")
        for chapter in page.plan.chapters
    ]


def defect_lines(page: ParsedPage) -> list[str]:
    notes = [(f"举措{measure.printed_number}", measure.source_note) for measure in page.plan.measures]
    notes.append(("公告", page.consultation.contact_note))
    lines = [f"  {place}：{line}" for place, note in notes for line in note.splitlines()]
    return [f"原文疑误和待核实 {len(lines)} 处：", *lines] if lines else ["原文疑误和待核实：无"]
