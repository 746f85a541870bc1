"""Keeps a few programs running as children of this process, and leaves none behind.

Each child leads a session of its own, so a Ctrl-C reaches the supervisor alone, which then stops all in order, and
what a killed child leaves in its process group is swept away before the next start. The kernel terminates the
children when the supervisor itself is killed.
"""

import ctypes
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
ROUND_SECONDS = 0.5
# A child that lived shorter than this died at once.
SETTLED_AFTER_SECONDS = 10.0
MAX_QUICK_DEATHS = 5
# Longer than the web server's graceful timeout of 30 seconds. A paper that takes longer is made by the next worker.
STOP_GRACE_SECONDS = 40.0

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

logger = logging.getLogger(__name__)


class GaveUp(Exception):
    """A program died at once ``MAX_QUICK_DEATHS`` times in a row; the first argument is its name."""


@dataclass(frozen=True)
class Program:
    """``name`` is shown to people; ``environment`` is the whole environment of the child."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    inherited_files: Sequence[int] = ()


def _die_with(parent: int) -> Callable[[], None]:
    """For ``preexec_fn``: SIGTERM when ``parent`` ends, however it ends, and a clean signal mask."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


@dataclass
class Child:
    """One program and the process that runs it at the moment."""

    program: Program
    first_delay: float = 0.5
    process: subprocess.Popen[bytes] | None = None
    quick_deaths: int = 0
    _started_at: float = 0.0
    _start_due: float = 0.0

    def tend(self) -> None:
        """Start what is due, notice a death. Raises GaveUp."""
        if self.process is None:
            if time.monotonic() >= self._start_due:
                self._start()
        elif self.process.poll() is not None:
            self._note_death(self.process)

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (commands are our own)
            self.program.command,
            cwd=self.program.folder,
            env=dict(self.program.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=self.program.inherited_files,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )

    def _note_death(self, process: subprocess.Popen[bytes]) -> None:
        self.send(signal.SIGKILL)
        self.process = None
        lived = time.monotonic() - self._started_at
        self.quick_deaths = self.quick_deaths + 1 if lived < SETTLED_AFTER_SECONDS else 0
        if self.quick_deaths >= MAX_QUICK_DEATHS:
            raise GaveUp(self.program.name)
        delay = self.first_delay * 2 ** max(0, self.quick_deaths - 1)
        self._start_due = time.monotonic() + delay
        logger.warning("%s已退出（代码 %s），%.1f 秒后重新启动", self.program.name, process.returncode, delay)

    def send(self, number: int) -> None:
        """``number`` to the child's main process, SIGKILL to all of its group: only the main one can be orderly."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@contextmanager
def _blocked(signals: set[signal.Signals]) -> Iterator[None]:
    """Hold ``signals`` back from their handlers: they are taken from the queue by ``sigtimedwait``."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass
class Supervisor:
    """``each_round`` is called in every round while the programs run; it must not block for long."""

    programs: Sequence[Program]
    each_round: Callable[[], None] = lambda: None
    first_delay: float = 0.5
    stop_grace: float = STOP_GRACE_SECONDS
    round_seconds: float = ROUND_SECONDS
    children: list[Child] = field(init=False)

    def __post_init__(self) -> None:
        self.children = [Child(program, self.first_delay) for program in self.programs]

    def run(self) -> None:
        """Until a stop signal; every child is gone afterwards. Raises GaveUp. Main thread only."""
        with _blocked(STOP_SIGNALS | {signal.SIGCHLD}):
            try:
                self._tend_until_stopped()
            finally:
                self._stop_all()

    def _tend_until_stopped(self) -> None:
        stopping = False
        while not stopping:
            for child in self.children:
                child.tend()
            self.each_round()
            stopping = self._wait()

    def _wait(self) -> bool:
        """Sleep until a signal arrives or the round is over; whether it was a stop signal."""
        received = signal.sigtimedwait(STOP_SIGNALS | {signal.SIGCHLD}, self.round_seconds)
        return received is not None and received.si_signo in STOP_SIGNALS

    def _stop_all(self) -> None:
        """Ask all to finish; kill what has not after the grace, or at once on a second stop signal."""
        logger.info("正在停止，等待进行中的工作……（再按一次 Ctrl-C 立即结束）")
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + self.stop_grace
        while any(child.is_running() for child in self.children) and time.monotonic() < deadline:
            if self._wait():
                break
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
