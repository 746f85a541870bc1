"""``manage.py render_digest --date DAY [--to DAY] --output FILE``: a digest at once, with no worker or broker."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from comments.management.paper_command import current_consultation, write_paper
from comments.models import ReportFormat, ReportKind


class Command(BaseCommand):
    help = "生成征求意见简报（PDF）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", required=True, help="日期，或一段时间的第一天，如 2022-08-05")
        parser.add_argument("--to", help="最后一天（含）；不填则只有一天")
        parser.add_argument("--output", type=Path, required=True, help="写入的文件")

    def handle(self, *, date: str, to: str | None, output: Path, **options: Any) -> str:
        written = write_paper(
            current_consultation(),
            kind=ReportKind.DIGEST,
            report_format=ReportFormat.PDF,
            parameters={"first_day": date, "last_day": to or date},
            destination=Path(output),
        )
        return f"{output}：{written.pages} 页，SHA-256 {written.sha256}"
