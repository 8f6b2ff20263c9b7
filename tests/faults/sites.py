"""A web server with processes of its own on the database of the test."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.supervising import end_group
from tests import services
from tests.config.processes import wait_until
from tests.config.test_up import find_free_port

STOP_WITHIN = 15  # seconds


@dataclass(frozen=True)
class RunningSite:
    """A granian server: ``process`` supervises, its children answer."""

    port: int
    process: subprocess.Popen[bytes]

    def find_workers(self) -> set[int]:
        """The ids of the web workers that live now."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return {int(pid) for pid in children if _is_worker(int(pid))}

    def answers(self) -> bool:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            web.request("GET", "/healthz")
            return web.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            web.close()


def _is_worker(pid: int) -> bool:
    """Whether it serves: multiprocessing starts a tracker beside the workers."""
    try:
        return "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False  # it ended meanwhile


@contextmanager
def serve(data_dir: Path) -> Iterator[RunningSite]:
    """Run the site: two processes on PostgreSQL; on SQLite one, as ``manage.py up`` does.

    A worker that dies is started again. The database is the one that this test uses, its writes
    must be committed (``transaction=True``).
    """
    port = find_free_port()
    workers = 2 if connection.vendor == "postgresql" else 1
    arguments = ["--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--workers", str(workers), "--blocking-threads", "4", "--log-level", "error"]
    arguments += ["--respawn-failed-workers", "--respawn-interval", "0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments, "config.wsgi:application"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **_environment(data_dir)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    site = RunningSite(port, process)
    try:
        wait_until(site.answers, "the site")
        yield site
    finally:
        _end(process)


def _environment(data_dir: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": find_database_url(),
        "SECRET_KEY": settings.SECRET_KEY,  # the test makes sessions for its clients
        "LOG_LEVEL": "ERROR",  # conflicts are what a test asks for, not news
    }


def find_database_url() -> str:
    """Where another process finds the database of this test."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    return urlunsplit(urlsplit(services.DATABASE_URL)._replace(path=f"/{name}"))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    end_group(process.pid)
