"""The system checks, in production (errors) and in a demonstration (warnings)."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.core.checks import run_checks
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from django.utils.connection import ConnectionDoesNotExist
from environ import Env

from hongya_portal import checks, fonts
from tests.servers import ROOT, postgresql

SAFE = {
    "PRODUCTION": True,
    "DEMONSTRATION": False,
    "SECRET_KEY": secrets.token_urlsafe(64),
    "SECRET_KEY_FALLBACKS": [],
    "DATA_KEYS": [f"1:{secrets.token_urlsafe(32)}"],
    "DEBUG": False,
    "CLOCK_START": "",
    "ALLOWED_HOSTS": ["opinions.example.test"],
}


def findings(**changed: object) -> list[str]:
    """The ids of what is found in a safe production that is ``changed``."""
    with override_settings(**{**SAFE, **changed}):
        return sorted(message.id for message in run_checks(tags=[checks.TAG]))


def test_safe_production_passes():
    assert findings() == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"SECRET_KEY": "insecure-key-for-development-and-tests-only"}, ["portal.E001"]),
        ({"SECRET_KEY": "x9-" * 16}, ["portal.E001"]),
        ({"SECRET_KEY": "abcd" * 20}, ["portal.E001"]),
        ({"DATA_KEYS": [f"0:{SAFE['SECRET_KEY']}"]}, ["portal.E002"]),
        ({"DATA_KEYS": [*SAFE["DATA_KEYS"], "0:short"]}, ["portal.E002"]),
        ({"SECRET_KEY_FALLBACKS": [SAFE["DATA_KEYS"][0].partition(":")[2]]}, ["portal.E002"]),
        ({"DATA_KEYS": ["no-colon"]}, ["portal.E002"]),
        ({"DATA_KEYS": []}, ["portal.E002"]),
        ({"DEBUG": True}, ["portal.E003"]),
        ({"CLOCK_START": "2022-08-08T09:00:00+08:00"}, ["portal.E004"]),
        ({"ALLOWED_HOSTS": []}, ["portal.E005"]),
        ({"ALLOWED_HOSTS": ["opinions.example.test", "*"]}, ["portal.E005"]),
    ],
)
def test_unsafe_production_is_an_error(changed, found):
    assert findings(**changed) == found


def test_demonstration_warns_and_takes_its_clock_and_its_data_key_as_they_are():
    unsafe = {
        "PRODUCTION": False,
        "DEMONSTRATION": True,
        "SECRET_KEY": "short",
        "DATA_KEYS": ["0:short"],
        "DEBUG": True,
        "CLOCK_START": "2022-08-08T09:00:00+08:00",
        "ALLOWED_HOSTS": ["*"],
    }
    assert findings(**unsafe) == ["portal.W001", "portal.W003", "portal.W005"]


@pytest.fixture
def _fresh_fonts() -> Iterator[None]:
    """What is known of this process's environment is forgotten before and after."""
    fonts.environment.cache_clear()
    yield
    fonts.environment.cache_clear()


@pytest.fixture
def _no_fonts(monkeypatch, tmp_path, _fresh_fonts):
    """A fontconfig that knows an empty folder alone."""
    empty = tmp_path / "fonts"
    empty.mkdir()
    configuration = tmp_path / "fonts.conf"
    configuration.write_text(f"<fontconfig><dir>{empty}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(configuration))


@pytest.mark.usefixtures("_no_fonts")
def test_no_chinese_font_is_an_error_in_production_and_a_warning_in_a_demonstration():
    assert findings() == ["portal.E006"]
    assert findings(PRODUCTION=False, DEMONSTRATION=True) == ["portal.W006"]


@pytest.mark.usefixtures("_fresh_fonts")
def test_no_fontconfig_counts_as_no_chinese_font(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert findings() == ["portal.E006"]


def durability_findings() -> list[str]:
    with override_settings(**SAFE):
        messages = checks.check_durability(databases=["default"])
    return [f"{message.id} {message.msg}" for message in messages]


@pytest.fixture
def own_connection(transactional_db):
    """The test database outside any transaction, with its settings put back by a new connection."""
    connection.ensure_connection()
    yield connection
    connection.close()


@pytest.mark.usefixtures("own_connection")
def test_durable_database_passes():
    assert durability_findings() == []


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "fault"),
    [
        (
            "PRAGMA synchronous=NORMAL",
            "SET synchronous_commit=off",
            ("synchronous=1", "synchronous_commit=off"),
        ),
        (
            "PRAGMA synchronous=OFF",
            "SET synchronous_commit='off'",
            ("synchronous=0", "synchronous_commit=off"),
        ),
    ],
)
def test_session_without_durable_commits_is_found(own_connection, sqlite, postgresql, fault):
    vendor_is_sqlite = own_connection.vendor == "sqlite"
    with own_connection.cursor() as cursor:
        cursor.execute(sqlite if vendor_is_sqlite else postgresql)

    message = (
        f"数据库没有保证落盘（{fault[0 if vendor_is_sqlite else 1]}），已出具回执的意见可能在断电后丢失。"
    )
    assert durability_findings() == [f"portal.E007 {message}"]


def test_journal_in_memory_is_found(own_connection):
    if own_connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with own_connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode=MEMORY").fetchone() == ("memory",)

    try:
        assert "journal_mode=memory" in durability_findings()[0]
    finally:
        with own_connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


@pytest.fixture
def other(db):
    """Registers a database at a URL as ``other``, with the portal's settings otherwise."""

    def connect(url: str) -> BaseDatabaseWrapper:
        default = connections["default"]
        connections["other"] = type(default)({**default.settings_dict, **Env.db_url_config(url)}, "other")
        return connections["other"]

    yield connect
    with suppress(ConnectionDoesNotExist):
        connections["other"].close()
        del connections["other"]


@pytest.mark.processes
def test_postgresql_without_fsync_and_full_pages_is_found(other):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    with postgresql("fsync=off", "full_page_writes=off") as url:
        assert checks.durability_faults(other(url)) == ["fsync=off", "full_page_writes=off"]


def test_unreachable_database_is_a_warning(other, tmp_path):
    sqlite = f"sqlite:///{tmp_path}/missing/portal.sqlite3"
    other({"sqlite": sqlite, "postgresql": "postgresql://nobody@127.0.0.1:1/none"}[connection.vendor])

    [message] = checks.check_durability(databases=["other"])

    assert (message.id, message.msg) == ("portal.W008", "数据库连接不上，未能检查落盘设置。")


@pytest.mark.usefixtures("own_connection")
def test_refusal_lists_every_error():
    with (
        override_settings(**{**SAFE, "DEBUG": True, "ALLOWED_HOSTS": []}),
        pytest.raises(checks.UnsafeStart) as refusal,
    ):
        checks.refuse_unsafe_start()

    assert [line.split()[0] for line in str(refusal.value).splitlines()] == ["portal.E003", "portal.E005"]


@pytest.mark.usefixtures("own_connection")
def test_demonstration_starts_with_a_logged_warning(caplog):
    with override_settings(**{**SAFE, "PRODUCTION": False, "DEMONSTRATION": True, "DEBUG": True}):
        checks.refuse_unsafe_start()

    assert [message.split()[0] for message in caplog.messages] == ["portal.W003"]


@pytest.mark.parametrize("entry", ["hongya_portal.wsgi", "serve"])
def test_unsafe_production_does_not_start(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_MODE", "production")
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path))
    monkeypatch.setenv("PORTAL_BIND", "127.0.0.1:65431")
    monkeypatch.setenv("SECRET_KEY", SAFE["SECRET_KEY"])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    command = ["-m", entry] if "." in entry else ["manage.py", entry]

    started = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert started.returncode == 1
    assert "portal.E002 PORTAL_DATA_KEYS 没有设置" in started.stderr
