"""Real servers for the tests: PostgreSQL and Redis of the run's own, and the portal itself.

Each listens on a free loopback port, keeps its files in a folder of its own, and is stopped by its process id; the
kernel stops it too when the process that started it is killed.
"""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
START_SECONDS = 60
STOP_SECONDS = 60
# What must not leak from the caller's environment into a portal under test.
PORTAL_VARIABLES = ("SECRET_KEY", "DEBUG", "DATABASE_URL", "BROKER_URL", "CACHE_URL", "REMAP_SIGTERM")

_libc = ctypes.CDLL(None)


class ServerFailed(Exception):
    """A server did not come up; the message holds the end of its log."""


def free_port() -> int:
    """A port free at this moment; whoever starts a server on it must be ready to try another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(
    condition: Callable[[], object], seconds: float = START_SECONDS, what: str = "condition"
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} not met within {seconds} s")
        time.sleep(0.05)


def _status(pid: int) -> tuple[str, int]:
    """State letter and parent of a process; a process that is gone is a zombie of nobody."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "Z", 0
    return fields[0], int(fields[1])


def is_alive(pid: int) -> bool:
    return _status(pid)[0] not in "ZX"


def descendants(pid: int) -> set[int]:
    """Every living process below ``pid``."""
    parents = {int(path.name): _status(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found: set[int] = set()
    level = {pid}
    while level:
        level = {child for child, (state, parent) in parents.items() if parent in level and state not in "ZX"}
        found |= level
    return found


def die_with_parent(number: int) -> Callable[[], None]:
    return lambda: _libc.prctl(PR_SET_PDEATHSIG, number)


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


def stop(process: subprocess.Popen, number: int = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder directly under the temporary one: pytest's own folders let no other user by."""
    with tempfile.TemporaryDirectory(prefix=f"portal-{name}-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextmanager
def _server(
    command: Callable[[int], list[str]],
    answers: Callable[[int], bool],
    log: Path,
    *,
    user: str | None = None,
    stop_signal: int = signal.SIGTERM,
) -> Iterator[int]:
    """Run ``command(port)`` until it answers; yields the port. A port lost to someone else is tried again."""
    for _ in range(3):
        port = free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(
                command(port),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(stop_signal),
                **({"user": user, "group": user, "extra_groups": []} if user else {}),
            )
        try:
            wait_until(lambda port=port, p=process: p.poll() is not None or answers(port), what=str(log))
            if process.poll() is None:
                yield port
                return
        finally:
            stop(process, stop_signal)
    raise ServerFailed(_end_of(log))


def _postgresql_program(name: str) -> str:
    """Debian keeps the server's programs outside PATH, in a folder per version; the newest is taken."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    for folder in sorted(folders, key=lambda path: int(path.parent.name), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise ServerFailed(f"{name} not found: install PostgreSQL")
    return found


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def postgresql(*options: str) -> Iterator[str]:
    """A cluster with the durable defaults, changed by ``options`` (``name=value``); yields its URL."""
    with _folder("postgresql") as folder, _cluster(folder, options) as url:
        yield url


@contextmanager
def _cluster(folder: Path, options: tuple[str, ...]) -> Iterator[str]:
    """PostgreSQL refuses to run as root, so root starts it as ``postgres``."""
    user = "postgres" if os.geteuid() == 0 else None
    data, password_file, password = folder / "data", folder / "password", secrets.token_hex(16)
    password_file.write_text(password)
    if user:
        shutil.chown(folder, user)
        shutil.chown(password_file, user)
    initdb = [_postgresql_program("initdb"), "-D", str(data), "-U", "portal", "--encoding=UTF8"]
    initdb += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"]
    identity = {"user": user, "group": user, "extra_groups": []} if user else {}
    subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **identity)

    def command(port: int) -> list[str]:
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *options]
        flags = [part for setting in settings for part in ("-c", setting)]
        return [_postgresql_program("postgres"), "-D", str(data), *flags]

    def url(port: int) -> str:
        return f"postgresql://portal:{password}@127.0.0.1:{port}/postgres"

    log = folder / "postgresql.log"
    # SIGINT is PostgreSQL's fast shutdown: clients are cut off, the data files are left clean.
    with _server(
        command, lambda port: _connects(url(port)), log, user=user, stop_signal=signal.SIGINT
    ) as port:
        yield url(port)


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing on disk; yields its URL without a database number."""

    def command(port: int) -> list[str]:
        flags = f"--port {port} --bind 127.0.0.1 --appendonly no"
        return ["redis-server", *flags.split(), "--save", ""]

    with _folder("redis") as folder, _server(command, _pongs, folder / "redis.log") as port:
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """An empty database beside the one at ``url`` (PostgreSQL), dropped at the end; yields its URL."""
    name = f"portal_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def portal_environment(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a demonstration of its own, on the kind of database and broker this run is about."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in PORTAL_VARIABLES and not name.startswith("PORTAL_")
    }
    environment = {
        **inherited,
        "PORTAL_VAR": str(folder),
        "PORTAL_BIND": f"127.0.0.1:{free_port()}",
        "PORTAL_CLOCK": "2022-08-08T09:00:00+08:00",
        "SECRET_KEY": secrets.token_urlsafe(64),
    }
    broker = os.environ.get("BROKER_URL", "")
    if broker.startswith("redis:"):
        # Database 0 and 1 are the run's own; the portals of one run follow each other.
        environment["BROKER_URL"] = broker.rsplit("/", 1)[0] + f"/{2 + secrets.randbelow(14)}"
    database = os.environ.get("DATABASE_URL", "")
    if not database.startswith("postgres"):
        yield environment
        return
    with fresh_database(database) as url:
        yield {**environment, "DATABASE_URL": url}


class Portal:
    """``manage.py serve`` in a process of its own; its output goes to ``log``."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log
        self.url = f"http://{environment['PORTAL_BIND']}"
        self.process: subprocess.Popen | None = None

    def start(self, *arguments: str) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", *arguments]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        wait_until(lambda: self.process.poll() is not None or "已就绪" in self.output(), what="portal ready")
        if self.process.poll() is not None:
            raise ServerFailed(_end_of(self.log))

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask the supervisor to stop; its exit status."""
        stop(self.process, number)
        return self.process.returncode

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """The output of ``manage.py`` with the portal's environment."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


_collected: list[Path] = []


def _take_over_static_files(folder: Path) -> None:
    """What an earlier portal of this run has collected: hashing and compressing it takes seconds."""
    earlier = next((path for path in _collected if (path / "static.stamp").is_file()), None)
    if earlier:
        shutil.copytree(earlier / "static", folder / "static")
        shutil.copy(earlier / "static.stamp", folder / "static.stamp")


@contextmanager
def portal(folder: Path, *commands: str) -> Iterator[Portal]:
    """A served portal, prepared with the management ``commands``; ``folder`` becomes its ``PORTAL_VAR``."""
    folder.mkdir(parents=True, exist_ok=True)
    with portal_environment(folder) as environment:
        served = Portal(environment, folder / "serve.log")
        try:
            _take_over_static_files(folder)
            served.start("--prepare", *commands)
            _collected.append(folder)
            yield served
        finally:
            if served.process:
                served.stop()
