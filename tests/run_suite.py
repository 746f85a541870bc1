"""``./run test``: the whole suite, once against ``DATABASE_URL`` if that is set, else twice at the same time:
on SQLite with the file-system broker, and on PostgreSQL with Redis, both of this run's own.

The first pass writes to the terminal as it goes, the second pass's log follows in full.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.servers import PORTAL_VARIABLES, ROOT, die_with_parent, postgresql, redis

DATABASE_VARIABLES = ("DATABASE_URL", "BROKER_URL", "CACHE_URL")
TEAR_DOWN_SECONDS = 60


def clean_environment() -> dict[str, str]:
    """The caller's environment without anything that configures a portal, and with a key for this run alone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in PORTAL_VARIABLES and not name.startswith("PORTAL_")
    }
    return {**kept, "PORTAL_CLOCK": "", "SECRET_KEY": secrets.token_urlsafe(64)}


def given_pass(folder: Path) -> dict[str, str]:
    given = {name: os.environ[name] for name in DATABASE_VARIABLES if os.environ.get(name)}
    return {**clean_environment(), **given, "PORTAL_VAR": str(folder / "given")}


def embedded_pass(folder: Path) -> dict[str, str]:
    return {**clean_environment(), "PORTAL_VAR": str(folder / "embedded")}


def server_pass(folder: Path, stack: ExitStack) -> dict[str, str]:
    database = stack.enter_context(postgresql())
    broker = stack.enter_context(redis())
    return {
        **clean_environment(),
        "PORTAL_VAR": str(folder / "servers"),
        "DATABASE_URL": database,
        "BROKER_URL": f"{broker}/0",
        "CACHE_URL": f"{broker.replace('redis:', 'rediscache:', 1)}/1",
    }


def _end(process: subprocess.Popen) -> None:
    """SIGINT lets pytest tear down; SIGKILL for the rest of its group and where SIGINT is ignored."""
    with suppress(subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGINT)
        process.wait(TEAR_DOWN_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def pytest(environment: dict[str, str], arguments: list[str], log: Path | None) -> Iterator[subprocess.Popen]:
    """The suite in a process group of its own, stopped with all of the group at the end."""
    Path(environment["PORTAL_VAR"]).mkdir()
    output = log.open("wb") if log else None
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        process_group=0,
        preexec_fn=die_with_parent(signal.SIGINT),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _end(process)


def heading(text: str) -> None:
    sys.stdout.write(f"\n######## {text} ########\n")
    sys.stdout.flush()


def run_given(folder: Path, arguments: list[str]) -> int:
    heading("测试：DATABASE_URL 指定的数据库")
    with pytest(given_pass(folder), arguments, None) as process:
        return process.wait()


def run_both(folder: Path, arguments: list[str]) -> int:
    log = folder / "servers.log"
    with ExitStack() as stack:
        second = stack.enter_context(pytest(server_pass(folder, stack), arguments, log))
        heading("测试：SQLite 和文件队列")
        first = stack.enter_context(pytest(embedded_pass(folder), arguments, None))
        statuses = [first.wait(), second.wait()]
    heading("测试：PostgreSQL 和 Redis")
    sys.stdout.write(log.read_text(errors="replace"))
    heading("，".join("通过" if status == 0 else f"失败（{status}）" for status in statuses))
    return next((status for status in statuses if status), 0)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    run = run_given if os.environ.get("DATABASE_URL") else run_both
    with tempfile.TemporaryDirectory(prefix="portal-test-", ignore_cleanup_errors=True) as name:
        try:
            return run(Path(name), arguments)
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
