"""``manage.py up``: the whole site from one command, for a machine without other services."""

import fcntl
import http.client
import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from config.health import find_pending_migrations, is_worker_running
from config.supervising import GaveUp, Program, Supervisor, held_signals

PROGRAMS = ("web", "worker", "beat")

# It is about messages that carry code (pickle); ours are JSON (CELERY_ACCEPT_CONTENT).
_IRRELEVANT_WARNING = "ignore:You're running the worker with superuser privileges"


class Command(BaseCommand):
    """Options choose the address and which of the three programs run."""

    help = "Runs the web server, a Celery worker and beat together; Ctrl-C stops all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
        parser.add_argument("--port", type=_port, default=8000, help="port to serve on")
        parser.add_argument("--threads", type=int, default=4, help="requests served at a time")
        parser.add_argument("--tasks", type=int, default=4, help="tasks worked on at a time")
        for name in PROGRAMS:
            parser.add_argument(f"--no-{name}", action="store_true", help=f"leave {name} out")

    def handle(self, *args: Any, **options: Any) -> None:
        names = [name for name in PROGRAMS if not options[f"no_{name}"]]
        if not names:
            raise CommandError("nothing is left to run")
        with hold_lock(settings.DATA_DIR / "up.lock"), held_signals():
            require_migrated_database()
            require_counting_limits()
            if "web" in names:
                require_free_port(options["host"], options["port"])
            supervisor = Supervisor([plan_program(name, options) for name in names], self.say)
            try:
                supervisor.run(Announcer(names, options["host"], options["port"], self.say))
            except GaveUp as reason:
                raise CommandError(str(reason)) from reason
        self.say("Stopped.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class Announcer:
    """Says once where the site is, as soon as it answers, and once that a worker runs."""

    def __init__(self, names: list[str], host: str, port: int, say: Callable[[str], None]) -> None:
        self.waiting_for = [name for name in names if name != "beat"]
        self.host, self.port, self.say = host, port, say

    def __call__(self) -> None:
        if not self.waiting_for:
            return
        name = self.waiting_for[0]
        is_there = self._does_site_answer() if name == "web" else is_worker_running()
        if is_there:
            self.waiting_for.remove(name)
            self.say(
                f"Perennial is at http://{self.host}:{self.port}/ (Ctrl-C stops it)"
                if name == "web"
                else "A Celery worker is running."
            )

    def _does_site_answer(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self.port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False  # not yet
        finally:
            connection.close()


def plan_program(name: str, options: dict[str, Any]) -> Program:
    """Return how the child ``name`` is run; ``options`` are those of the command."""
    plan = {"web": _plan_web, "worker": _plan_worker, "beat": _plan_beat}[name]
    return plan(options)


def _plan_web(options: dict[str, Any]) -> Program:
    arguments = ["--interface", "wsgi", "--no-ws", "--workers", "1", "--log-level", "warning"]
    arguments += ["--host", options["host"], "--port", str(options["port"])]
    arguments += ["--blocking-threads", str(options["threads"]), "--workers-kill-timeout", "10"]
    return _program("web", "granian", *arguments, "config.wsgi:application")


def _plan_worker(options: dict[str, Any]) -> Program:
    is_embedded = settings.CELERY_BROKER_URL.startswith("filesystem")
    arguments = ["--app", "config", "--quiet", "worker", "--concurrency", str(options["tasks"])]
    # One worker needs no news of others, which the file broker would keep as files.
    arguments += ["--pool", "threads" if is_embedded else "prefork"]
    arguments += ["--without-gossip", "--without-mingle"]
    return _program(
        "worker",
        "celery",
        *arguments,
        *(["--without-heartbeat"] if is_embedded else []),
        # TERM waits CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT for running tasks instead of for ever.
        environment={"REMAP_SIGTERM": "SIGQUIT", "PYTHONWARNINGS": _IRRELEVANT_WARNING},
        # Threads cannot be interrupted; what a killed one had claimed is claimed again later.
        orphan_signal=SIGKILL if is_embedded else SIGTERM,
    )


def _plan_beat(options: dict[str, Any]) -> Program:
    # Never as `worker --beat`: that beat survives its worker's death and posts everything twice.
    return _program("beat", "celery", "--app", "config", "--quiet", "beat")


def _program(
    name: str,
    module: str,
    *arguments: str,
    environment: dict[str, str] | None = None,
    orphan_signal: Signals = SIGTERM,
) -> Program:
    command = (sys.executable, "-m", module, *arguments)
    # A relative DATA_DIR was meant from where we stand, not from where the child will.
    environment = {"DATA_DIR": str(settings.DATA_DIR), **(environment or {})}
    return Program(name, command, str(settings.BASE_DIR), environment, orphan_signal)


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the file ``path`` locked, our process id in it.

    The kernel lets go of the lock when this process ends, in whichever way.

    :raises CommandError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise CommandError(
                f"Perennial is running already on {path.parent} (process {owner})"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def require_migrated_database() -> None:
    """Refuse to serve from a database that is not there or older than the code."""
    try:
        pending = find_pending_migrations()
    except DatabaseError as error:
        raise CommandError(f"the database does not answer: {error}") from error
    finally:
        connections.close_all()
    if pending:
        raise CommandError("the database is not up to date: run `manage.py migrate` first")


def require_counting_limits() -> None:
    """Refuse to serve with limits that let everything through, or nothing."""
    try:
        call_command("check", databases=["default"], tags=["database"])
    finally:
        connections.close_all()


def require_free_port(host: str, port: int) -> None:
    """Refuse an address that another program serves on, which granian would share with it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"cannot serve on {host}, port {port}: {error.strerror}; choose another with"
                " --port (make run PORT=…)"
            ) from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ArgumentTypeError(f"{text!r} is no port number")
    return int(text)
