"""A site to measure: embedded, in a folder of its own, gone when the program ends."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def temporary_site(**environment: str) -> Iterator[Path]:
    """Set Django up, once in a process, on a new migrated SQLite site; yield its folder.

    ``environment`` holds further settings. Nothing of the caller's own site is read.
    """
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DEBUG"):
            os.environ.pop(name, None)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings", DATA_DIR=folder, LOG_LEVEL="ERROR"
        )
        os.environ["RATE_LIMITS"] = "edit.user=99999/1m"  # counted, and never reached
        os.environ.update(environment)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield Path(folder)


@contextmanager
def serving(port: int) -> Iterator[None]:
    """Serve the site as ``manage.py up`` does, by one process of granian."""
    from config.management.commands.up import plan_program

    program = plan_program("web", {"host": "127.0.0.1", "port": port, "threads": 4})
    process = subprocess.Popen(
        program.command, cwd=program.directory, env={**os.environ, **program.environment}
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the web server did not start")


def find_free_port() -> int:
    """Return a port of 127.0.0.1 that nobody serves on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
