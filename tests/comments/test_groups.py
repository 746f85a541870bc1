from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command

from comments import groups

pytestmark = pytest.mark.django_db


def sync() -> str:
    out = StringIO()
    call_command("sync_groups", stdout=out)
    return out.getvalue().strip()


def held(name: str) -> set[str]:
    rows = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def test_each_group_holds_exactly_what_is_listed():
    sync()
    assert {name: held(name) for name in groups.GROUPS} == groups.GROUPS


def test_a_second_run_changes_nothing_and_says_so():
    assert sync() == "角色 4 个，本次更新 4 个。"
    assert sync() == "角色 4 个，本次更新 0 个。"


def test_a_permission_that_is_not_listed_is_taken_away():
    sync()
    Group.objects.get(name="起草人").permissions.add(Permission.objects.get(codename="approve_disposition"))
    assert sync() == "角色 4 个，本次更新 1 个。"
    assert held("起草人") == groups.GROUPS["起草人"]


def test_members_stay_in_their_group():
    sync()
    user = User.objects.create_user("invented")
    user.groups.add(Group.objects.get(name="审核员"))
    sync()
    assert user.groups.get().name == "审核员"


def test_an_unknown_permission_is_refused_and_nothing_is_written(monkeypatch):
    monkeypatch.setitem(groups.GROUPS, "审核员", frozenset({"comments.fly"}))
    with pytest.raises(CommandError, match=r"comments\.fly"):
        sync()
    assert not Group.objects.exists()


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("comments.moderate_comment", {"审核员"}),
        ("comments.propose_disposition", {"起草人"}),
        ("comments.approve_disposition", {"审签人"}),
        ("comments.publish_disposition", {"审签人"}),
        ("comments.view_submitter", {"审核员", "管理员"}),
        ("comments.request_report", {"审核员", "起草人", "管理员"}),
        ("auth.change_user", {"管理员"}),
        ("plan.change_consultation", {"管理员"}),
    ],
)
def test_powers_are_kept_apart(permission, holders):
    assert {name for name, permissions in groups.GROUPS.items() if permission in permissions} == holders


def test_nobody_may_delete_or_edit_what_was_received():
    forbidden = {f"comments.{verb}_{model}" for verb in ("add", "change", "delete") for model in (
        "comment", "submission", "submitter", "disposition", "commentevent", "consultationevent", "report",
    )} | {"auth.delete_user", "plan.change_measure", "plan.delete_measure"}  # fmt: skip
    assert not forbidden & set().union(*groups.GROUPS.values())
