"""The supervisor, with programs of three lines instead of the real ones."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import supervising
from tests.config.processes import MARK, find_marked, wait_until

pytestmark = pytest.mark.embedded

SUPERVISOR = """
import sys
from config import supervising
supervising.STOP_WITHIN = 1.0
supervising.FIRST_DELAY = 0.05
programs = [
    supervising.Program(f"child{number}", (sys.executable, "-c", code), ".")
    for number, code in enumerate(sys.argv[1:])
]
try:
    with supervising.held_signals():
        supervising.Supervisor(programs, lambda line: print(line, flush=True)).run(lambda: None)
except supervising.GaveUp as reason:
    sys.exit(f"gave up: {reason}")
"""
SLEEP = "import time; time.sleep(300)"
LEAVE_A_GRANDCHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{SLEEP}'])"
IGNORE_TERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LEAVE_A_GRANDCHILD}"


class Run:
    """One supervisor and what it started."""

    def __init__(self, *codes: str) -> None:
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *codes],
            env={**os.environ, MARK: self.mark},
            cwd=Path(supervising.__file__).parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def children(self) -> set[int]:
        return set(find_marked(self.mark)) - {self.process.pid}

    def wait_for_children(self, count: int) -> set[int]:
        wait_until(lambda: len(self.children()) == count, f"{count} processes")
        return self.children()

    def wait_for_end(self) -> str:
        output, _ = self.process.communicate(timeout=30)
        return output


@pytest.fixture
def started() -> Iterator[list[Run]]:
    """The runs of a test; whatever a failed one left is ended."""
    runs: list[Run] = []
    yield runs
    for run in runs:
        for process in find_marked(run.mark):
            os.kill(process, signal.SIGKILL)
        run.process.wait()


def start(started: list[Run], *codes: str) -> Run:
    started.append(Run(*codes))
    return started[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_children_and_grandchildren(
    started: list[Run], number: signal.Signals
) -> None:
    run = start(started, SLEEP, LEAVE_A_GRANDCHILD)
    run.wait_for_children(3)

    run.process.send_signal(number)

    assert run.wait_for_end() == "Stopping …\n"
    assert run.process.returncode == 0
    assert find_marked(run.mark) == {}


def test_children_that_ignore_term_are_killed_after_the_bound(started: list[Run]) -> None:
    run = start(started, IGNORE_TERM)
    run.wait_for_children(2)  # both ignore it: the second is started after the first began to
    run.process.send_signal(signal.SIGTERM)
    run.wait_for_end()
    assert find_marked(run.mark) == {}


def test_a_killed_child_is_started_again_and_its_grandchild_does_not_survive_it(
    started: list[Run],
) -> None:
    run = start(started, LEAVE_A_GRANDCHILD)
    first = run.wait_for_children(2)
    child = next(process for process in first if os.getpgid(process) == process)

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: not first & run.children(), "the end of the first two")
    run.wait_for_children(2)
    run.process.send_signal(signal.SIGTERM)
    assert "child0 ended (signal 9); it is started again." in run.wait_for_end()


def test_a_child_that_cannot_start_is_given_up_and_the_others_end(started: list[Run]) -> None:
    run = start(started, SLEEP, "import sys; sys.exit(3)")
    output = run.wait_for_end()
    assert run.process.returncode == 1
    assert "gave up: child1 ended 3 times in a row soon after its start (exit status 3)" in output
    assert output.count("it is started again") == 2
    assert find_marked(run.mark) == {}


def test_children_do_not_outlive_a_killed_supervisor(started: list[Run]) -> None:
    run = start(started, SLEEP, SLEEP)
    run.wait_for_children(2)
    run.process.kill()
    run.process.wait()
    wait_until(lambda: find_marked(run.mark) == {}, "the end of the children")
