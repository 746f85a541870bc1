"""One cast and one stage for every test: the 2022 consultation, its staff, and a moment within the window."""

import datetime as dt
import os
import secrets
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from plan.models import Consultation

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
DURING = dt.datetime(2022, 8, 8, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database of this run's own: runs may share a server. SQLite in a file, as it is served: one in
    memory knows neither WAL nor threads that wait for each other.
    """
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        database["TEST"]["NAME"] = f"test_portal_{os.getpid()}_{secrets.token_hex(3)}"


@pytest.fixture(autouse=True)
def _test_settings(settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cheap passwords, files in a folder of the test's own, static files without a manifest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def during() -> Iterator[time_machine.Traveller]:
    """The morning of 2022-08-08, two days before the last day; time goes on ticking."""
    with time_machine.travel(DURING) as traveller:
        yield traveller


@pytest.fixture
def consultation(db) -> Consultation:
    """The first consultation as ``manage.py load_plan`` loads it."""
    call_command("load_plan", verbosity=0)
    return Consultation.objects.get()


def _member(username: str, group: str | None) -> User:
    user = User.objects.create_user(username, password="invented-password", is_staff=True)
    if group:
        call_command("sync_groups", verbosity=0)
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def moderator(db) -> User:
    return _member("moderator", "审核员")


@pytest.fixture
def drafter(db) -> User:
    return _member("drafter", "起草人")


@pytest.fixture
def approver(db) -> User:
    return _member("approver", "审签人")


@pytest.fixture
def administrator(db) -> User:
    return _member("administrator", "管理员")


@pytest.fixture
def stranger(db) -> User:
    """May log in to the desk and belongs to no group."""
    return _member("stranger", None)


@pytest.fixture
def staff_client() -> Callable[[User], Client]:
    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in
