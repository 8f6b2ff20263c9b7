"""Celery workers and beats of our own on the database and the Redis of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.supervising import end_group
from linkcheck.tasks import count_messages
from tests import services
from tests.config.processes import wait_until
from tests.faults.sites import SITE_NAME, count_backends, find_database_url
from tests.linkcheck.playground import Playground

STOP_WITHIN = 15  # seconds


class Program:
    """``celery …`` in a process group of its own."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "config", "--quiet", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def find_children(self) -> set[int]:
        """The ids of the processes that do a worker's tasks."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return {int(pid) for thread in threads for pid in (thread / "children").read_text().split()}

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the program and its children."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it and its children as the machine would: at once."""
        self.signal_all(signal.SIGKILL)
        self.process.wait()

    def ask_to_end(self) -> None:
        """Have it stop in order."""
        if self.process.poll() is None:
            self.process.terminate()

    def end(self) -> None:
        """Wait for it to stop in order, and stop by force what does not."""
        if self.process.poll() is None:
            try:
                self.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end_group(self.process.pid)


class Workers:
    """Starts workers and beats; ``delay_s`` is the pause between two requests to a host."""

    def __init__(self, web: Playground, data_dir: Path, delay_s: float) -> None:
        self._data_dir = data_dir
        self._programs: list[Program] = []
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "PGAPPNAME": SITE_NAME,
            "DATABASE_URL": find_database_url(),
            "REDIS_URL": services.REDIS_URL,
            "FAULTS_REDIS_PREFIX": settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"],
            "SECRET_KEY": settings.SECRET_KEY,
            "SITE_URL": "http://perennial.example",
            "LINKCHECK_ADMIT_NETWORKS": "127.0.0.0/8",
            "LINKCHECK_PORTS": str(web.port),
            "LINKCHECK_HOST_DELAY": str(delay_s),
            "REMAP_SIGTERM": "SIGQUIT",
        }

    def start_worker(self, *, clock_ahead_s: int = 0) -> Program:
        """Start a worker that does one task at a time; its clock may be wrong."""
        environment = {"FAULTS_CLOCK_AHEAD": str(clock_ahead_s)} if clock_ahead_s else {}
        arguments = ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
        return self._start(environment, *arguments)

    def start_beat(self) -> Program:
        """Start a beat that posts each second."""
        schedule = str(self._data_dir / f"schedule-{len(self._programs)}")
        return self._start({"FAULTS_BEAT_EVERY": "1"}, "beat", "--schedule", schedule)

    def _start(self, environment: dict[str, str], *arguments: str) -> Program:
        own = self._data_dir / str(len(self._programs))
        own.mkdir()
        common = {**self._environment, "DATA_DIR": str(own)}
        program = Program({**common, **environment}, *arguments)
        self._programs.append(program)
        return program

    def end(self) -> None:
        """Stop all of them, at the same time."""
        for program in self._programs:
            program.ask_to_end()
        for program in self._programs:
            program.end()


@contextmanager
def working(web: Playground, data_dir: Path, *, delay_s: float = 0) -> Iterator[Workers]:
    """Yield what starts workers; afterwards none is left, and the broker is empty."""
    workers = Workers(web, data_dir, delay_s)
    try:
        yield workers
    finally:
        workers.end()
        flush_redis()
    wait_until(lambda: count_backends() == 0, "the end of the work in the database")


def flush_redis() -> None:
    """Lose every message, binding and lock that this test has in Redis."""
    services.forget_keys(settings.REDIS_PREFIX)


def wait_for_empty_broker() -> None:
    """Return when every message was taken."""
    wait_until(lambda: count_messages() == 0, "the messages to be taken")
