"""A web server with processes of its own on the database of the test."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.supervising import end_group
from tests import services
from tests.config.processes import wait_until
from tests.config.test_up import find_free_port

STOP_WITHIN = 15  # seconds
SITE_NAME = "perennial under test"  # of its connections, as PostgreSQL knows them


class RunningSite:
    """A granian server: the process that we start supervises, its children answer.

    It ends when a worker dies; ``come_back`` starts it again, as ``manage.py up`` would.
    """

    def __init__(self, data_dir: Path, lock_wait: float | None) -> None:
        self.port = find_free_port()
        self._environment = {**os.environ, **_environment(data_dir, lock_wait)}
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        workers = 2 if connection.vendor == "postgresql" else 1
        arguments = ["--interface", "wsgi", "--no-ws", "--log-level", "critical"]
        arguments += ["--host", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--workers", str(workers), "--blocking-threads", "4"]
        arguments += ["--workers-kill-timeout", "2"]
        return subprocess.Popen(
            [sys.executable, "-m", "granian", *arguments, "config.wsgi:application"],
            cwd=settings.BASE_DIR,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def find_workers(self) -> set[int]:
        """The ids of the web workers that live now."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return {int(pid) for thread in threads for pid in (thread / "children").read_text().split()}

    def come_back(self) -> None:
        """After a worker's death: wait for the others to end, start all again."""
        self.end()
        self._process = self._start()
        self.wait()

    def wait(self) -> None:
        """Return when it answers."""
        wait_until(self._answers, "the site")

    def end(self) -> None:
        """Stop it in order, and what does not stop by force."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        end_group(self._process.pid)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the site ended at its start"
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            web.request("GET", "/healthz")
            return web.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            web.close()


@contextmanager
def serve(data_dir: Path, *, lock_wait: float | None = None) -> Iterator[RunningSite]:
    """Run the site: two processes on PostgreSQL; on SQLite one, as ``manage.py up`` does.

    The database is the one that this test uses, its writes must be committed
    (``transaction=True``). ``lock_wait`` is how long to wait for a lock, in seconds, instead of the
    site's own setting. Afterwards nobody else works on the database.
    """
    site = RunningSite(data_dir, lock_wait)
    try:
        site.wait()
        yield site
    finally:
        site.end()
    wait_until(lambda: count_backends() == 0, "the end of the site's work in the database")


def count_backends(*, waiting: bool = False) -> int:
    """How many of the site's connections work in the database, or wait for a lock in it.

    None on SQLite, where all work is done in the process that does it.
    """
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees one moment only
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state <> 'idle' AND %s IN ('', wait_event_type))"
            " FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            ["Lock" if waiting else "", SITE_NAME],
        )
        (number,) = cursor.fetchone()
    return int(number)


def _environment(data_dir: Path, lock_wait: float | None) -> dict[str, str]:
    return {
        **({} if lock_wait is None else {"FAULTS_LOCK_WAIT": str(lock_wait)}),
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PGAPPNAME": SITE_NAME,
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
