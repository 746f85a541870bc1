"""``manage.py serve``: the web server, the worker and the scheduler under one supervisor, until Ctrl-C.

The supervisor owns the listening socket, so requests wait in its queue while the web server is being restarted.
"""

import errno
import fcntl
import http.client
import os
import re
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from hongya_portal import clock, static_files
from hongya_portal.checks import UnsafeStart, refuse_unsafe_start
from hongya_portal.supervisor import GaveUp, Program, Supervisor

BACKLOG = 2048
WEB_THREADS = 8
QUEUES = "default,render"
ROOT_WARNING = "You're running the worker with superuser privileges"
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\[\]:\s]+)):(?P<port>\d{1,5})")


def parse_address(bind: str) -> tuple[str, int]:
    """``host:port`` or ``[IPv6]:port``. Raises CommandError."""
    match = _ADDRESS.fullmatch(bind.strip())
    port = int(match["port"]) if match else 0
    if not match or not 1 <= port <= 65535:
        raise CommandError(f"PORTAL_BIND 应写成“主机:端口”或“[IPv6 地址]:端口”，现在是“{bind}”。")
    return match["v6"] or match["host"], port


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or CommandError with the reason for people."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise CommandError(f"PORTAL_BIND 中的主机“{host}”无法识别。") from error
    try:
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except PermissionError as error:
        raise CommandError(f"没有权限使用端口 {port}，请在 PORTAL_BIND 中改用 1024 以上的端口。") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"端口 {port} 已被占用：可能门户已在运行。可换一个端口，例如 PORTAL_BIND={host}:{port + 1}"
            ) from error
        raise CommandError(f"不能在 {host}:{port} 上监听：{error.strerror}") from error


def lock_var() -> int:
    """Hold ``PORTAL_VAR`` for this supervisor; the lock ends with the process. Raises CommandError."""
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(settings.VAR_DIR / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise CommandError(
            f"目录 {settings.VAR_DIR} 正由另一个门户使用。要同时运行两个，请为第二个设置 PORTAL_VAR 和 PORTAL_BIND。"
        ) from error
    return lock


def make_broker_folders() -> None:
    """The file-system broker makes none itself."""
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("data_folder_in", "data_folder_out", "processed_folder", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(mode=0o700, parents=True, exist_ok=True)


def _environment() -> dict[str, str]:
    """The children's environment: all show the same moment, whenever each one started."""
    defaults = {"DJANGO_SETTINGS_MODULE": "hongya_portal.settings"}
    anchor = repr(settings.CLOCK_ANCHOR or time.time())
    return {**defaults, **os.environ, "PORTAL_CLOCK_ANCHOR": anchor}


def web_command(listener: socket.socket) -> str:
    return (
        f"-m gunicorn hongya_portal.wsgi:application --bind fd://{listener.fileno()} --backlog {BACKLOG}"
        f" --worker-class gthread --workers 1 --threads {WEB_THREADS} --no-control-socket --log-level warning"
    )


def worker_command() -> str:
    return (
        "-m celery --quiet --app hongya_portal worker --pool prefork --concurrency 1"
        f" --queues {QUEUES} --without-gossip --without-mingle"
    )


def programs(listener: socket.socket) -> list[Program]:
    folder, environment = settings.BASE_DIR, _environment()
    # Trying the portal out as root is expected; in production Celery's warning stands.
    quiet = ["-W", f"ignore:{ROOT_WARNING}"] if settings.DEMONSTRATION else []
    web = [sys.executable, *web_command(listener).split()]
    worker = [sys.executable, *quiet, *worker_command().split()]
    beat = [sys.executable, "-m", "celery", "--quiet", "--app", "hongya_portal", "beat"]
    return [
        Program("网站", web, folder, environment, [listener.fileno()]),
        Program("后台任务", worker, folder, environment),
        Program("定时任务", beat, folder, environment),
    ]


def _reachable(host: str) -> str:
    """The address by which this machine reaches a server bound to ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)


def web_answers(host: str, port: int) -> bool:
    """Whether any HTTP answer comes back, whatever it says."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=1)
    named = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"] or [host]
    try:
        connection.request("GET", "/", headers={"Host": named[0]})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


class Command(BaseCommand):
    help = "运行网站、后台任务和定时任务，直到按下 Ctrl-C。"
    # The portal's own checks are made below and told without a traceback; the others belong to "manage.py check".
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare",
            nargs="*",
            metavar="COMMAND",
            help="先迁移数据库、收集静态文件，再依次运行这些命令",
        )

    def handle(self, *, prepare: list[str] | None, **options: Any) -> None:
        host, port = parse_address(settings.BIND)
        lock_var()
        with listen(host, port) as listener:
            make_broker_folders()
            if prepare is not None:
                self._prepare(prepare)
            self._refuse_unsafe_start()
            connections.close_all()
            self._supervise(listener, host, port)

    def _prepare(self, commands: list[str]) -> None:
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        static_files.collect_if_changed()
        for command in commands:
            call_command(command, stdout=self.stdout, stderr=self.stderr)

    def _refuse_unsafe_start(self) -> None:
        try:
            refuse_unsafe_start()
        except UnsafeStart as error:
            raise CommandError(f"正式模式下不能启动：\n{error}") from error

    def _supervise(self, listener: socket.socket, host: str, port: int) -> None:
        supervisor = Supervisor(programs(listener), each_round=self._announce_once(host, port))
        try:
            supervisor.run()
        except GaveUp as error:
            raise CommandError(f"“{error}”连续几次启动后立即退出，门户已停止。原因见上面的输出。") from error
        self.stdout.write("门户已停止。")

    def _announce_once(self, host: str, port: int) -> Callable[[], None]:
        announced = False

        def announce() -> None:
            nonlocal announced
            if not announced and web_answers(host, port):
                announced = True
                self.stdout.write(self._ready_line(host, port))
                self.stdout.flush()

        return announce

    def _ready_line(self, host: str, port: int) -> str:
        shown = f"[{_reachable(host)}]" if ":" in host else _reachable(host)
        moment = timezone.localtime(clock.now()).strftime("%Y-%m-%d %H:%M")
        mode = f"演示，时间为 {moment}" if settings.DEMONSTRATION else "正式运行"
        return f"http://{shown}:{port}/ 已就绪（{mode}）。按 Ctrl-C 停止。"
