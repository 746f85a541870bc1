"""``./run`` in a small tree of its own: a wheel made here, a ``manage.py`` that tells what it was given."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.servers import PORTAL_VARIABLES, ROOT

pytestmark = pytest.mark.processes

TELL = """
import json, os, sys
names = ("PORTAL_VAR", "PORTAL_CLOCK", "PORTAL_MODE", "PORTAL_BIND", "DATABASE_URL", "SECRET_KEY")
given = {name: os.environ[name] for name in names if name in os.environ}
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "prefix": sys.prefix, **given}))
"""


def make_wheel(folder: Path) -> Path:
    """A package ``django`` of one empty module: what ``./run`` asks for to see that the installation works."""
    wheel = folder / "django-0.1-py3-none-any.whl"
    information = "django-0.1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("django/__init__.py", "")
        archive.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: django\nVersion: 0.1\n")
        archive.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(
            f"{information}/RECORD",
            f"django/__init__.py,,\n{information}/METADATA,,\n{information}/WHEEL,,\n{information}/RECORD,,\n",
        )
    return wheel


def write_requirements(tree: Path, digest: str | None = None) -> None:
    wheel = tree / "django-0.1-py3-none-any.whl"
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tree / "requirements.txt").write_text(f"django @ {wheel.as_uri()} --hash=sha256:{digest}\n")


def make_tree(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(ROOT / "run", folder / "run")
    (folder / "manage.py").write_text(TELL)
    make_wheel(folder)
    write_requirements(folder)
    (folder / "requirements-dev.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree whose environment is installed; the tests leave it so."""
    tree = make_tree(tmp_path_factory.mktemp("run") / "目录 with blanks")
    assert run(tree, "manage").returncode == 0
    return tree


def environment(**changed: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in PORTAL_VARIABLES and not name.startswith("PORTAL_")
    }
    # The python3 of this run first, as on a machine that has one alone.
    path = f"{Path(sys.base_prefix, 'bin')}:{kept['PATH']}"
    return {**kept, "PATH": path, **changed}


def run(tree: Path, *arguments: str, cwd: Path | None = None, **changed: str) -> subprocess.CompletedProcess:
    changed = environment(**changed)
    command = [str(tree / "run"), *arguments]
    return subprocess.run(command, cwd=cwd, env=changed, capture_output=True, text=True, timeout=120)


def told(finished: subprocess.CompletedProcess) -> dict:
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_manage_passes_arguments_and_folder_and_sets_the_demonstration(tree, tmp_path):
    given = told(run(tree, "manage", "import_plan", "方案 一.txt", "--x=a b", cwd=tmp_path))

    secret = (tree / "var" / "secret-key").read_text().strip()
    assert given == {
        "arguments": ["import_plan", "方案 一.txt", "--x=a b"],
        "folder": str(tmp_path),
        "prefix": str(tree / ".venv"),
        "PORTAL_VAR": str(tree / "var"),
        "PORTAL_CLOCK": "2022-08-08T09:00:00+08:00",
        "SECRET_KEY": secret,
    }
    assert len(secret) >= 64


def test_secret_key_is_private_and_stays(tree, tmp_path):
    first = told(run(tree, "manage", PORTAL_VAR=str(tmp_path / "own")))
    second = told(run(tree, "manage", PORTAL_VAR=str(tmp_path / "own")))

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["SECRET_KEY"] != (tree / "var" / "secret-key").read_text().strip()
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "own" / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["secret-key"]


def test_environment_is_honoured(tree, tmp_path):
    wanted = {
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_BIND": "[::1]:8123",
        "DATABASE_URL": "postgresql://user@db.example.test/portal",
        "SECRET_KEY": "given",
        "PORTAL_CLOCK": "",
    }
    given = told(run(tree, "manage", **wanted))

    assert {name: given[name] for name in wanted} == wanted
    assert list(tmp_path.iterdir()) == []


def test_relative_portal_var_is_taken_from_the_callers_folder(tree, tmp_path):
    assert told(run(tree, "manage", cwd=tmp_path, PORTAL_VAR="mine"))["PORTAL_VAR"] == str(tmp_path / "mine")


def test_production_gets_neither_a_clock_nor_a_key(tree, tmp_path):
    given = told(run(tree, "manage", PORTAL_MODE="production", PORTAL_VAR=str(tmp_path)))

    assert sorted(given) == ["PORTAL_MODE", "PORTAL_VAR", "arguments", "folder", "prefix"]


def test_serve_prepares_the_demonstration(tree):
    assert told(run(tree))["arguments"] == ["serve", "--prepare", "load_plan", "setup_demo"]


def test_serve_in_production_makes_no_demonstration(tree):
    arguments = told(run(tree, PORTAL_MODE="production"))["arguments"]
    assert arguments == ["serve", "--prepare", "load_plan", "sync_groups"]


def test_status_of_the_command_is_passed_on(tree):
    manage = tree / "manage.py"
    manage.write_text("raise SystemExit(7)")
    try:
        assert run(tree, "manage").returncode == 7
    finally:
        manage.write_text(TELL)


def test_unknown_form_is_refused(tree):
    refused = run(tree, "deploy")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("用法：")


def test_second_start_installs_nothing(tree):
    stamp = tree / ".venv" / "requirements.txt.stamp"
    before = stamp.stat().st_mtime_ns

    assert run(tree, "manage").stderr == ""
    assert stamp.stat().st_mtime_ns == before


def test_two_first_starts_at_once_install_once(tmp_path):
    tree = make_tree(tmp_path / "tree")
    command = [str(tree / "run"), "manage"]
    started = [
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in started]

    assert [process.returncode for process in started] == [0, 0]
    assert len({json.loads(out)["SECRET_KEY"] for out, _ in outputs}) == 1
    assert "".join(err for _, err in outputs).count("正在建立 Python 环境") == 1


def test_half_made_environment_is_made_again(tree):
    venv = tree / ".venv"
    (venv / ".incomplete").touch()
    (venv / "requirements.txt.stamp").unlink()
    (venv / "left-over").touch()

    assert told(run(tree, "manage"))["prefix"] == str(venv)
    assert not (venv / "left-over").exists()
    assert not (venv / ".incomplete").exists()


def test_environment_whose_packages_are_gone_is_repaired(tree):
    [package] = (tree / ".venv").glob("lib/python3*/site-packages/django")
    shutil.rmtree(package)
    shutil.rmtree(package.with_name("django-0.1.dist-info"))

    assert run(tree, "manage").returncode == 0
    assert package.is_dir()


def test_wrong_hash_stops_and_is_not_taken_for_installed(tmp_path):
    tree = make_tree(tmp_path / "tree")
    write_requirements(tree, digest="0" * 64)

    refused = run(tree, "manage")

    assert refused.returncode != 0
    assert refused.stdout == ""
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tree / ".venv" / "requirements.txt.stamp").exists()

    write_requirements(tree)
    assert run(tree, "manage").returncode == 0


def put_program(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with a Debian on which libpango and ca-certificates are missing."""
    folder = tmp_path / "bin"
    folder.mkdir()
    put_program(
        folder,
        "dpkg-query",
        'case $3 in libpango-1.0-0) exit 1 ;; ca-certificates) echo "deinstall ok config-files" ;;'
        ' *) echo "install ok installed" ;; esac',
    )
    put_program(folder, "apt-get", 'echo "apt-get $RUNLEVEL $DEBIAN_FRONTEND $*"')
    return folder


def test_missing_packages_are_named_to_a_user_who_may_not_install(tree, bare):
    put_program(bare, "id", "echo 1000")

    refused = run(tree, "manage", PATH=f"{bare}:{environment()['PATH']}")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "缺少系统软件包：libpango-1.0-0 ca-certificates ",
        "请由管理员安装后重试：apt-get update && apt-get install --no-install-recommends"
        " libpango-1.0-0 ca-certificates ",
    ]


def test_missing_packages_are_installed_by_root_without_starting_their_servers(tree, bare):
    put_program(bare, "id", "echo 0")

    finished = run(tree, "manage", PATH=f"{bare}:{environment()['PATH']}", DEBIAN_FRONTEND="")

    assert told(finished)["arguments"] == []
    assert finished.stderr.splitlines() == [
        "正在安装系统软件包：libpango-1.0-0 ca-certificates ",
        "apt-get   update -q",
        "apt-get 1 noninteractive install -q -y --no-install-recommends libpango-1.0-0 ca-certificates",
    ]


def test_old_python_is_refused(tree, tmp_path):
    put_program(tmp_path, "python3", "exit 1")

    refused = run(tree, "manage", PATH=f"{tmp_path}:{environment()['PATH']}")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "需要 Python 3.11" in refused.stderr
