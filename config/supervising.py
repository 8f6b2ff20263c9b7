"""Keeps child processes running, each in a process group of its own, until told to stop.

Knows nothing of Django or Celery: ``manage.py up`` says which programs there are. What is promised:

* a child that dies has the rest of its group ended, then it is started again, a little later
  each time; the third death within ``QUICK_DEATH`` seconds of a start gives up (:class:`GaveUp`);
* TERM, INT or HUP ends every child and its group within a bound; a second one ends them at once;
* the kernel ends the children when this process is killed in a way that it cannot notice.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WATCHED_SIGNALS = STOP_SIGNALS | {signal.SIGCHLD}

QUICK_DEATH = 10.0  # seconds of life below which a death counts towards giving up
QUICK_DEATHS_ALLOWED = 3
FIRST_DELAY = 0.5  # seconds before a dead child is started again; doubles with each quick death
STOP_WITHIN = 20.0  # seconds that children have for ending by themselves
TICK = 0.25  # seconds

_PR_SET_PDEATHSIG = 1  # prctl(2)


class GaveUp(Exception):  # noqa: N818 (says what happened)
    """A child died too often, each time soon after its start."""


@dataclass(frozen=True)
class Program:
    """What to run: ``command`` without a shell, in ``directory``, ``environment`` on top of ours.

    ``orphan_signal`` is what the kernel sends the child when its supervisor is no more: TERM for
    a program that ends its own children on it, KILL for one that might first finish long work.
    """

    name: str
    command: Sequence[str]
    directory: str
    environment: Mapping[str, str] = field(default_factory=dict)
    orphan_signal: signal.Signals = signal.SIGTERM


class Child:
    """One program and the process that runs it at the moment, if any."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_again_at = 0.0
        self.quick_deaths = 0

    def start(self) -> None:
        """Start the program in a process group of its own."""
        program, supervisor = self.program, os.getpid()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            program.command,
            cwd=program.directory,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=lambda: _prepare_child(supervisor, program.orphan_signal),
        )

    def has_died(self) -> bool:
        """Whether the process ended since it was started; reaps it."""
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> str:
        """End what the dead process left behind, plan the next start and say how it ended."""
        assert self.process is not None
        status = self.process.returncode
        end_group(self.process.pid)
        self.process = None
        now = time.monotonic()
        is_quick = now - self.started_at < QUICK_DEATH
        self.quick_deaths = self.quick_deaths + 1 if is_quick else 0
        self.start_again_at = now + FIRST_DELAY * 2 ** max(self.quick_deaths - 1, 0)
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def ask_to_stop(self) -> None:
        """Ask the process (not its group: it ends its own children in order) to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def finish(self) -> None:
        """End the process and its whole group now."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        end_group(self.process.pid)
        self.process = None


class Supervisor:
    """Runs ``programs`` until a stop signal; ``say`` gets one line for each thing that happens."""

    def __init__(self, programs: Sequence[Program], say: Callable[[str], None]) -> None:
        self.children = [Child(program) for program in programs]
        self.say = say

    def run(self, on_tick: Callable[[], None]) -> None:
        """Start everything and return after a stop signal; ``on_tick`` is called between waits.

        To be called inside :func:`held_signals`.

        :raises GaveUp: a child died three times in a row soon after its start.
        """
        try:
            for child in self.children:
                child.start()
            while not self._wait_for_stop(TICK):
                for child in self.children:
                    self._look_after(child)
                on_tick()
            self.say("Stopping …")
        finally:
            self._end_all()

    def _wait_for_stop(self, seconds: float) -> bool:
        """Wait for a signal; whether it asks us to stop (a child's death only wakes us)."""
        received = signal.sigtimedwait(WATCHED_SIGNALS, seconds)
        return received is not None and received.si_signo in STOP_SIGNALS

    def _look_after(self, child: Child) -> None:
        if child.has_died():
            how = child.bury()
            if child.quick_deaths >= QUICK_DEATHS_ALLOWED:
                raise GaveUp(
                    f"{child.program.name} ended {child.quick_deaths} times in a row soon after"
                    f" its start ({how}); its last lines above say why"
                )
            self.say(f"{child.program.name} ended ({how}); it is started again.")
        if child.process is None and time.monotonic() >= child.start_again_at:
            child.start()

    def _end_all(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_WITHIN
        while any(c.process is not None and c.process.poll() is None for c in self.children):
            if time.monotonic() > deadline or self._wait_for_stop(TICK):
                break
        for child in self.children:
            child.finish()


@contextmanager
def held_signals() -> Iterator[None]:
    """Keep the signals that a supervisor lives by for it to fetch, so that none interrupts it.

    To be entered from the main thread before others exist: they inherit what is held, and one
    that did not would be given the signal instead.
    """
    earlier_mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier_mask)


def end_group(group: int, patience: float = 5.0) -> None:
    """Kill what is left of process group ``group`` and wait, ``patience`` seconds at most."""
    deadline = time.monotonic() + patience
    try:
        while time.monotonic() < deadline:
            os.killpg(group, signal.SIGKILL)
            _reap_adopted(group)
            time.sleep(0.02)
    except ProcessLookupError:
        return


def _reap_adopted(group: int) -> None:
    """Reap members of the group that became our children (we may be process 1 of a container)."""
    try:
        os.waitpid(-group, os.WNOHANG)
    except ChildProcessError:
        return


def _prepare_child(supervisor: int, orphan_signal: signal.Signals) -> None:
    """Between fork and exec: die with the supervisor, and take signals again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != supervisor:  # it went before we asked to be told
            os._exit(1)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
