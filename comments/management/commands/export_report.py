"""``manage.py export_report --format xlsx|csv|pdf --output FILE``: the feedback report at once."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from comments.management.paper_command import current_consultation, write_paper
from comments.models import ReportKind


class Command(BaseCommand):
    help = "导出意见采纳情况汇总表。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", required=True, help="xlsx、csv 或 pdf")
        parser.add_argument("--output", type=Path, required=True, help="写入的文件")
        parser.add_argument("--measure", type=int, help="只要针对这条举措的（序号）")
        parser.add_argument("--chapter", type=int, help="只要针对这一章及其举措的（序号）")
        parser.add_argument("--unit", help="只要这个责任单位的（原文简称）")
        parser.add_argument("--status", help="只要这个审核状态的：pending、published、withheld 或 withdrawn")

    def handle(self, *, output: Path, **options: Any) -> str:
        written = write_paper(
            current_consultation(),
            kind=ReportKind.FEEDBACK_REPORT,
            report_format=options["format"],
            parameters={name: options[name] for name in ("measure", "chapter", "unit", "status")},
            destination=Path(output),
        )
        pages = f"{written.pages} 页，" if written.pages else ""
        return f"{output}：{pages}SHA-256 {written.sha256}"
