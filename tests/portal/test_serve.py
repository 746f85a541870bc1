"""``manage.py serve`` with its real processes, on the database and broker of this run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from hongya_portal.management.commands.serve import parse_address
from tests.servers import (
    ROOT,
    Portal,
    descendants,
    free_port,
    is_alive,
    portal,
    portal_environment,
    wait_until,
)

# A report whose worker vanished in its last attempt; the sweep must fail it, and nothing else does.
ABANDON = """
import datetime as dt
from django.utils import timezone
from comments.models import Report
from hongya_portal.jobs import MAX_ATTEMPTS, JobStatus
from plan.models import Consultation
past = timezone.now() - dt.timedelta(minutes=5)
report = Report.objects.create(
    consultation=Consultation.objects.get(), kind="feedback_report", format="csv", status=JobStatus.RENDERING,
    attempts=MAX_ATTEMPTS, fence=MAX_ATTEMPTS, created_at=past, started_at=past, lease_expires_at=past,
)
print(report.pk)
"""
# Asks for a paper that takes a few seconds and returns while a worker is making it.
REQUEST_AND_AWAIT_RENDERING = """
import time
from comments.models import Report
from comments.services import reporting
from plan.models import Consultation
report = reporting.request_report(
    consultation=Consultation.objects.get(), kind="feedback_report", format="pdf", parameters={}, actor=None
)
while (status := Report.objects.get(pk=report.pk).status) == "queued":
    time.sleep(0.02)
print(status)
"""
SEND_SWEEP = "from comments.tasks import sweep_reports; sweep_reports.delay()\n"
STATUS = "from comments.models import Report; print(Report.objects.get(pk={}).status)\n"


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("[::1]:8000", ("::1", 8000)),
        ("localhost:1", ("localhost", 1)),
        (" 0.0.0.0:65535 ", ("0.0.0.0", 65535)),  # noqa: S104
    ],
)
def test_address_is_read(bind, address):
    assert parse_address(bind) == address


@pytest.mark.parametrize(
    "bind",
    [
        "",
        "8000",
        ":8000",
        "127.0.0.1",
        "127.0.0.1:",
        "h:0",
        "h:65536",
        "::1:8000",
        "[::1]",
        "h:80 80",
        "主机:八",
    ],
)
def test_malformed_address_is_refused(bind):
    with pytest.raises(CommandError, match="PORTAL_BIND 应写成"):
        parse_address(bind)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("serve"), "load_plan") as running:
        yield running


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310
        return response.status, response.read().decode()


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def main_process(served: Portal, words: str) -> int:
    """The child of the supervisor whose command line holds ``words``; waits for it."""
    found: list[int] = []

    def appears() -> bool:
        children = descendants(served.process.pid)
        parents = {pid for pid in children if words in command_line(pid)}
        found[:] = [pid for pid in parents if not any(pid in descendants(other) for other in parents - {pid})]
        return len(found) == 1

    wait_until(appears, 30, words)
    return found[0]


def sweep_through_the_broker(served: Portal) -> None:
    key = served.manage("shell", "-v0", "-c", ABANDON).strip()
    served.manage("shell", "-v0", "-c", SEND_SWEEP)
    status = STATUS.format(key)
    wait_until(lambda: served.manage("shell", "-v0", "-c", status).strip() == "failed", 30, "sweep")


@pytest.mark.processes
def test_web_answers_with_the_plan_and_its_static_files(served):
    status, page = get(served.url + "/")
    sheet = page.partition('rel="stylesheet" href="')[2].partition('"')[0]

    assert status == 200
    assert "法治政府建设实施方案" in page
    assert get(served.url + sheet)[0] == 200


@pytest.mark.processes
def test_it_says_in_chinese_where_it_answers_and_from_which_time(served):
    expected = f"{served.url}/ 已就绪（演示，时间为 2022-08-08 09:0"
    assert [line[: len(expected)] for line in served.output().splitlines() if "已就绪" in line] == [expected]


@pytest.mark.processes
def test_all_processes_show_the_same_moment(served):
    anchors = set()
    for pid in descendants(served.process.pid):
        variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
        anchors |= {variable for variable in variables if variable.startswith("PORTAL_CLOCK_ANCHOR=")}
    assert len(anchors) == 1


@pytest.mark.processes
def test_worker_runs_a_task_sent_through_the_broker(served):
    sweep_through_the_broker(served)


@pytest.mark.processes
def test_beat_sends_the_sweep_by_itself(served):
    key = served.manage("shell", "-v0", "-c", ABANDON).strip()
    status = STATUS.format(key)
    wait_until(lambda: served.manage("shell", "-v0", "-c", status).strip() == "failed", 45, "beat's sweep")


@pytest.mark.processes
def test_killed_worker_is_replaced_with_its_pool_and_works_on(served):
    killed = main_process(served, " worker ")
    pool = descendants(killed)
    assert len(pool) == 1

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, {killed, *pool})), 10, "old pool gone")
    assert main_process(served, " worker ") != killed
    sweep_through_the_broker(served)


@pytest.mark.processes
def test_request_waits_while_the_killed_web_server_is_replaced(served):
    killed = main_process(served, "gunicorn")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not is_alive(killed), 10)

    status, page = get(served.url + "/")

    assert status == 200
    assert "法治政府建设实施方案" in page
    assert main_process(served, "gunicorn") != killed
    assert "网站已退出" in served.output()


@pytest.mark.processes
def test_second_portal_on_the_same_folder_is_refused(served):
    refused = run_serve({**served.environment, "PORTAL_BIND": f"127.0.0.1:{free_port()}"})

    assert refused.returncode == 1
    assert "正由另一个门户使用" in refused.stderr


@pytest.mark.processes
def test_busy_port_is_refused_and_nothing_prepared(served, tmp_path):
    refused = run_serve({**served.environment, "PORTAL_VAR": str(tmp_path)}, "--prepare", "load_plan")

    port = served.environment["PORTAL_BIND"].rpartition(":")[2]
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"CommandError: 端口 {port} 已被占用")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["serve.lock"]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("bind", "message"),
    [
        ("198.51.100.7:8000", "不能在 198.51.100.7:8000 上监听"),
        ("no.such.host.invalid:80", "无法识别"),
        ("80", "应写成"),
    ],
)
def test_address_that_cannot_be_bound_is_refused(bind, message, tmp_path, served):
    refused = run_serve({**served.environment, "PORTAL_VAR": str(tmp_path), "PORTAL_BIND": bind})

    assert refused.returncode == 1
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr


def run_serve(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "manage.py"), "serve", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Portal]:
    """A portal of the test's own, to be stopped."""
    with portal(tmp_path / "fresh") as running:
        yield running


def all_five(running: Portal) -> set[int]:
    """The web server and its worker, the Celery worker and its pool, and beat, once all have started."""
    wait_until(lambda: len(descendants(running.process.pid)) == 5, 30, "five processes")
    return descendants(running.process.pid)


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_leaves_no_process_and_frees_the_port(fresh, number):
    children = all_five(fresh)

    status = fresh.stop(number)

    assert status == 0
    assert not any(map(is_alive, children))
    host, _, port = fresh.environment["PORTAL_BIND"].rpartition(":")
    socket.create_server((host, int(port))).close()
    assert fresh.output().endswith("门户已停止。\n")


@pytest.mark.processes
def test_stop_waits_for_the_paper_in_the_making_and_no_longer(tmp_path):
    with portal(tmp_path / "busy", "load_plan") as busy:
        busy.manage("load_demo", "--comments", "150")
        assert busy.manage("shell", "-v0", "-c", REQUEST_AND_AWAIT_RENDERING) == "rendering\n"

        begin = time.monotonic()
        status = busy.stop()
        seconds = time.monotonic() - begin

        report = "from comments.models import Report; report = Report.objects.get(kind='feedback_report')"
        printed = "print(report.status, report.attempts, report.finished_at - report.started_at)"
        state, attempts, taken = busy.manage("shell", "-v0", "-c", f"{report}; {printed}").split()
    assert (status, state, attempts) == (0, "ready", "1")
    assert taken > "0:00:01"
    assert seconds < 25


@pytest.mark.processes
def test_killed_supervisor_leaves_no_process(fresh):
    children = all_five(fresh)

    fresh.stop(signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, children)), 45, "children gone")


@pytest.mark.processes
def test_everything_is_written_under_portal_var(fresh):
    fresh.stop()
    names = {path.name for path in Path(fresh.environment["PORTAL_VAR"]).iterdir()}

    expected = {"serve.lock", "serve.log", "static", "static.stamp"}
    if "DATABASE_URL" not in fresh.environment:
        expected |= {"portal.sqlite3", "broker"}
    assert {name for name in names if not name.startswith(("beat-schedule", "portal.sqlite3-"))} == expected


@pytest.mark.processes
def test_static_files_are_collected_again_only_after_a_change(tmp_path):
    collect = "from hongya_portal.static_files import collect_if_changed; print(collect_if_changed())"
    manifest = tmp_path / "static" / "staticfiles.json"
    with portal_environment(tmp_path) as environment:
        stopped = Portal(environment, tmp_path / "serve.log")

        assert stopped.manage("shell", "-v0", "-c", collect) == "True\n"
        collected_at = manifest.stat().st_mtime_ns
        assert stopped.manage("shell", "-v0", "-c", collect) == "False\n"
        assert manifest.stat().st_mtime_ns == collected_at
        manifest.parent.rename(tmp_path / "lost")
        assert stopped.manage("shell", "-v0", "-c", collect) == "True\n"
        assert "css/portal.css" in json.loads(manifest.read_text())["paths"]
