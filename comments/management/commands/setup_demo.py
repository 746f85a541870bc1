"""``manage.py setup_demo``: the staff accounts and a handful of invented opinions of a demonstration."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from comments.models import Submission
from plan.models import Consultation

ACCOUNTS = {"moderator": "审核员", "drafter": "起草人", "approver": "审签人", "administrator": "管理员"}


class Command(BaseCommand):
    help = "建立演示账号并写入少量虚构意见（正式环境不可用）；已有的账号和意见不作改动。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--passwords-file", type=Path, help="同时把新账号的密码写入此文件（权限 0600）")

    def handle(self, *, passwords_file: Path | None, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("正式环境不能建立演示账号。")
        consultation = Consultation.objects.current()
        if consultation is None:
            raise CommandError("还没有征求意见，请先运行 load_plan。")
        call_command("sync_groups", stdout=self.stdout, verbosity=options["verbosity"])
        lines = _create_accounts(passwords_file)
        if lines:
            self.stdout.write("\n".join(["演示账号（密码只显示这一次）：", *lines]))
        if not Submission.objects.filter(consultation=consultation).exists():
            self._load_opinions(options["verbosity"])

    def _load_opinions(self, verbosity: int) -> None:
        """A demonstration that begins before the opening has no opinions, which is no reason to stop."""
        try:
            call_command("load_demo", comments=12, seed=2022, stdout=self.stdout, verbosity=verbosity)
        except CommandError as error:
            self.stdout.write(f"未写入演示意见：{error}")


@transaction.atomic
def _create_accounts(passwords_file: Path | None) -> list[str]:
    """A line per account made now. No account is made whose password cannot be written down."""
    made = [(name, group, _create_account(name, group)) for name, group in ACCOUNTS.items()]
    lines = [f"{name}\t{password}\t{group}" for name, group, password in made if password]
    if lines and passwords_file:
        _write_privately(passwords_file, lines)
    return lines


def _create_account(username: str, group: str) -> str:
    """The password of the new account, or nothing where one stands already."""
    user = User.objects.filter(username=username).first() or User(username=username, is_active=False)
    # load_demo may have left a name that nobody can log in with; a real account is never touched.
    if user.is_active or (user.pk and user.has_usable_password()):
        return ""
    password = secrets.token_urlsafe(12)
    user.is_active = user.is_staff = True
    user.last_name = group
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=group)])
    return password


def _write_privately(path: Path, lines: list[str]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise CommandError(f"不能写入 {path}：{error.strerror}。") from error
