"""The supervisor with small programs: restarts, giving up, stopping, and what is left behind (nothing)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hongya_portal.supervisor import GaveUp, Program, Supervisor
from tests.servers import ROOT, descendants, is_alive, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(autouse=True)
def _no_child_left() -> Iterator[None]:
    before = descendants(os.getpid())
    yield
    assert descendants(os.getpid()) == before


def supervisor_of(*programs: Program, **changed: float) -> Supervisor:
    return Supervisor(programs, **{"first_delay": 0.01, "round_seconds": 0.02, **changed})


def program(code: str, *arguments: object, name: str = "试验") -> Program:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return Program(name, command, ROOT, dict(os.environ))


def signal_self(number: int) -> None:
    """To this thread alone: it holds the signal back, another thread would die of it."""
    signal.pthread_kill(threading.main_thread().ident, number)


def run_until(condition, supervisor: Supervisor, number: int = signal.SIGTERM) -> None:
    """Run the supervisor and send it ``number`` in the round in which ``condition`` is first true."""
    deadline = time.monotonic() + 20

    def each_round() -> None:
        assert time.monotonic() < deadline
        if condition():
            signal_self(number)

    supervisor.each_round = each_round
    supervisor.run()


APPEND_AND_END = "import sys; open(sys.argv[1], 'a').write('.')"
APPEND_AND_STAY = APPEND_AND_END + "; import time; time.sleep(300)"
STAY_DEAF = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + APPEND_AND_STAY
LEAVE_A_CHILD = (
    "import subprocess, sys; child = subprocess.Popen(['sleep', '300']);"
    "open(sys.argv[1], 'a').write(f'{child.pid}\\n')"
)


def test_program_that_dies_at_once_is_given_up_after_five_tries(tmp_path):
    tries = tmp_path / "tries"
    supervisor = supervisor_of(program(APPEND_AND_END, tries, name="无用"))

    with pytest.raises(GaveUp, match=r"^无用$"):
        supervisor.run()

    assert tries.read_text() == "....."


def test_giving_up_stops_the_others(tmp_path):
    stays = program("import time; time.sleep(300)")
    supervisor = supervisor_of(stays, program("raise SystemExit(3)"))

    with pytest.raises(GaveUp):
        supervisor.run()

    assert [child.is_running() for child in supervisor.children] == [False, False]


def test_killed_program_is_started_again(tmp_path):
    starts = tmp_path / "starts"
    supervisor = supervisor_of(program(APPEND_AND_STAY, starts))
    killed: list[int] = []

    def second_is_running() -> bool:
        started = starts.read_text() if starts.exists() else ""
        if started == "." and not killed:
            killed.append(supervisor.children[0].process.pid)
            os.kill(killed[0], signal.SIGKILL)
        return started == ".."

    run_until(second_is_running, supervisor)

    assert starts.read_text() == ".."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stop_signal_ends_all(tmp_path, number):
    files = [tmp_path / "one", tmp_path / "two"]
    supervisor = supervisor_of(*(program(APPEND_AND_STAY, file) for file in files))

    run_until(lambda: all(file.exists() and file.read_text() for file in files), supervisor, number)


def test_program_deaf_to_sigterm_is_killed_after_the_grace(tmp_path):
    started = tmp_path / "started"
    supervisor = supervisor_of(program(STAY_DEAF, started), stop_grace=1.0)

    begin = time.monotonic()
    run_until(started.exists, supervisor)

    assert supervisor.children[0].process.returncode == -signal.SIGKILL
    assert 1.0 <= time.monotonic() - begin < 10


def test_what_a_dead_program_leaves_in_its_group_is_swept(tmp_path):
    left = tmp_path / "left"
    supervisor = supervisor_of(program(LEAVE_A_CHILD, left))

    with pytest.raises(GaveUp):
        supervisor.run()

    pids = [int(line) for line in left.read_text().splitlines()]
    assert len(pids) == 5
    wait_until(lambda: not any(map(is_alive, pids)), 5)


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    started = tmp_path / "started"
    code = f"""
import os, sys
from pathlib import Path
from hongya_portal.supervisor import Program, Supervisor
child = [sys.executable, "-c", {APPEND_AND_STAY!r}, {str(started)!r}]
Supervisor([Program("试验", child, Path.cwd(), dict(os.environ))]).run()
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_until(lambda: started.exists() and started.read_text() == ".", 20)
    children = descendants(supervisor.pid)
    assert len(children) == 1

    supervisor.kill()
    supervisor.wait()

    wait_until(lambda: not any(map(is_alive, children)), 5)


def test_children_do_not_inherit_the_held_back_signals(tmp_path):
    mask = tmp_path / "mask"
    code = "import pathlib, signal, sys; pathlib.Path(sys.argv[1]).write_text(repr(signal.pthread_sigmask(0, ())))"
    with pytest.raises(GaveUp):
        supervisor_of(program(code, mask)).run()

    assert mask.read_text() == "set()"
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_program_starts_in_its_folder(tmp_path):
    place = tmp_path / "place"
    code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.getcwd())"
    with pytest.raises(GaveUp):
        supervisor_of(program(code, place)).run()

    assert Path(place.read_text()) == ROOT
