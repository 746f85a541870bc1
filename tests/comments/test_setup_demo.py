import stat
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from comments.models import Comment

pytestmark = pytest.mark.django_db

ROLES = {"moderator": "审核员", "drafter": "起草人", "approver": "审签人", "administrator": "管理员"}


def run(**options: object) -> str:
    out = StringIO()
    call_command("setup_demo", stdout=out, **options)
    return out.getvalue()


def printed_passwords(output: str) -> dict[str, str]:
    rows = [line.split("\t") for line in output.splitlines() if "\t" in line]
    return {name: password for name, password, _ in rows}


def test_each_role_gets_an_account_that_can_log_in(consultation, during):
    passwords = printed_passwords(run())
    assert set(passwords) == set(ROLES)
    for name, password in passwords.items():
        user = authenticate(username=name, password=password)
        assert (user.is_staff, user.is_superuser, user.groups.get().name) == (True, False, ROLES[name])


def test_passwords_are_shown_once_and_accounts_left_alone(consultation, during):
    passwords = printed_passwords(run())
    assert printed_passwords(run()) == {}
    assert authenticate(username="moderator", password=passwords["moderator"])


def test_an_account_that_was_switched_off_stays_off(consultation, during):
    run()
    User.objects.filter(username="drafter").update(is_active=False)
    assert printed_passwords(run()) == {}
    assert not User.objects.get(username="drafter").is_active


def test_a_name_that_only_load_demo_left_becomes_an_account(consultation, during):
    call_command("load_demo", comments=1, seed=1, verbosity=0)
    assert set(printed_passwords(run())) == set(ROLES)


def test_the_passwords_file_is_private(consultation, during, tmp_path: Path):
    path = tmp_path / "passwords"
    path.write_text("left by somebody\n")
    path.chmod(0o644)
    shown = printed_passwords(run(passwords_file=path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert printed_passwords(path.read_text()) == shown


def test_no_account_is_made_whose_password_cannot_be_kept(consultation, during, tmp_path: Path):
    with pytest.raises(CommandError, match="不能写入"):
        run(passwords_file=tmp_path / "missing" / "passwords")
    assert not User.objects.exists()


def test_opinions_are_written_once(consultation, during):
    run()
    assert Comment.objects.count() == 12
    run()
    assert Comment.objects.count() == 12


def test_before_the_opening_there_are_accounts_and_no_opinions(consultation, during):
    during.move_to("2022-08-01T09:00:00+08:00")
    assert "未写入演示意见" in run()
    assert (User.objects.count(), Comment.objects.count()) == (4, 0)


def test_without_a_consultation_it_says_what_to_do(db):
    with pytest.raises(CommandError, match="load_plan"):
        run()


def test_production_refuses(consultation, during, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="正式环境"):
        run()
    assert not User.objects.exists()
