from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments.demo.writing import DemoWriter
from plan.models import Consultation


class Command(BaseCommand):
    help = "写入虚构的演示意见（正式环境不可用）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--comments", type=int, default=12, help="意见条数")
        parser.add_argument("--seed", type=int, default=2022, help="随机种子：同一种子写入同样的意见")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("正式环境不能写入演示意见。")
        if not 1 <= options["comments"] <= 1_000_000:
            raise CommandError("--comments 应在 1 至 1000000 之间。")
        consultation = Consultation.objects.current()
        if consultation is None:
            raise CommandError("还没有征求意见，请先运行 load_plan。")
        try:
            writer = DemoWriter(consultation, total=options["comments"], seed=options["seed"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        for written in writer.write():
            if options["verbosity"] > 1:
                self.stdout.write(f"{written}/{options['comments']}")
        if options["verbosity"]:
            self.stdout.write(f"已写入演示意见 {options['comments']} 条。")
