"""``manage.py load_plan [FILE]``: loads plan data and its consultation; loading again changes nothing."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from plan.importer.data import PlanDataError
from plan.models import Plan, ResponsibleUnit
from plan.services import load_plan

DEFAULT = settings.BASE_DIR / "fixtures" / "plan-2022.json"


class Command(BaseCommand):
    help = "载入方案数据和对应的征求意见；重复载入不作改动。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, help="方案数据文件（JSON）")

    def handle(self, *, file: Path, **options: Any) -> str:
        data = read_data(file)
        try:
            consultation, created = load_plan(data)
        except PlanDataError as error:
            raise CommandError(f"{file}：{error}") from error
        except ValidationError as error:
            raise CommandError(f"{file}：{'；'.join(error.messages)}") from error
        if not created:
            return f"已存在，未作改动：{consultation.plan.quoted_title}"
        return f"已载入{consultation.plan.quoted_title}：{size(consultation.plan)}"


def read_data(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise CommandError(f"不能读取 {file}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} 不是 UTF-8 编码。") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise CommandError(f"{file} 不是有效的 JSON：{error}") from error


def size(plan: Plan) -> str:
    units = ResponsibleUnit.objects.filter(measures__plan=plan).distinct().count()
    return f"{plan.chapters.count()} 章 {plan.measures.count()} 条举措 {units} 个责任单位"
