"""``manage.py sync_groups``: gives each group exactly the permissions that ``comments.groups`` lists."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from comments.groups import GROUPS


class Command(BaseCommand):
    help = "按代码同步角色及其权限；重复运行不作改动。"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        known = _permissions_by_name()
        unknown = sorted(set().union(*GROUPS.values()) - set(known))
        if unknown:
            raise CommandError(f"没有这些权限，请先运行 migrate：{'、'.join(unknown)}")
        changed = sum(_sync(name, [known[item] for item in GROUPS[name]]) for name in GROUPS)
        return f"角色 {len(GROUPS)} 个，本次更新 {changed} 个。"


def _permissions_by_name() -> dict[str, Permission]:
    rows = Permission.objects.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}": row for row in rows}


def _sync(name: str, permissions: list[Permission]) -> bool:
    """Whether the group had to be made or changed."""
    group, created = Group.objects.get_or_create(name=name)
    wanted = {permission.pk for permission in permissions}
    if not created and set(group.permissions.values_list("pk", flat=True)) == wanted:
        return False
    group.permissions.set(permissions)
    return True
