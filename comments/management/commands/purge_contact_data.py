from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from comments.services.retaining import purge_contact_data


class Command(BaseCommand):
    help = "清除保存期已满的姓名和联系方式；意见内容不受影响。不加 --apply 时只统计，不清除。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="真正清除")

    def handle(self, *, apply: bool, **options: Any) -> str:
        count = purge_contact_data(dry_run=not apply)
        return (
            f"已清除 {count} 人的个人信息。" if apply else f"保存期已满的有 {count} 人（加 --apply 清除）。"
        )
