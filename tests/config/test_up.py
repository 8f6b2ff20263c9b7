"""``manage.py up`` as a person runs it: real processes on a site of their own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.processes import MARK, find_marked, wait_until

pytestmark = pytest.mark.embedded


class Site:
    """A migrated site in a folder of its own, and the commands run on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.mark = uuid.uuid4().hex
        self.port = find_free_port()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(data_dir),
            MARK: self.mark,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    def up(self) -> subprocess.Popen[str]:
        """Start everything and return once the site and a worker answer."""
        process = self.start("up", "--port", str(self.port))
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        for expected in (f"http://127.0.0.1:{self.port}/", "A Celery worker is running."):
            assert any(expected in line for line in lines), expected
        return process

    def find(self, words: str) -> set[int]:
        """The ids of the site's processes whose command line holds ``words``."""
        return {pid for pid, line in find_marked(self.mark).items() if words in line}

    def answers(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("the site's data"))
    assert site.run("migrate", "--verbosity", "0") == (0, "")
    yield site
    for process in find_marked(site.mark):
        os.kill(process, signal.SIGKILL)


def test_the_three_run_come_back_when_killed_and_leave_nothing_after_ctrl_c(site: Site) -> None:
    up = site.up()
    assert site.answers("/readyz") == (200, "database: ok\nbroker: ok\n")
    for words in (
        "granian",
        "celery --app config --quiet worker",
        "celery --app config --quiet beat",
    ):
        killed = site.find(words)
        for process in killed:
            os.kill(process, signal.SIGKILL)
        wait_until(lambda w=words, k=killed: site.find(w) - k, f"another {words}")
    wait_until(lambda: site.answers("/healthz") == (200, "ok\n"), "the site")

    status, errors = site.run("up", "--port", str(find_free_port()))
    assert status == 1
    assert f"Perennial is running already on {site.data_dir} (process {up.pid})" in errors

    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=30)
    assert up.returncode == 0
    assert "Stopping …\n" in output
    assert output.endswith("Stopped.\n")
    assert find_marked(site.mark) == {}


def test_nothing_outlives_a_killed_supervisor(site: Site) -> None:
    up = site.up()
    up.kill()
    up.communicate()
    wait_until(lambda: find_marked(site.mark) == {}, "the end of its children")


def test_a_taken_port_is_one_clear_line(site: Site) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, errors = site.run("up", "--port", str(port))
    assert status == 1
    assert errors.startswith(f"CommandError: cannot serve on 127.0.0.1, port {port}: Address")
    assert errors.count("\n") == 1


def test_a_database_that_is_not_migrated_is_not_served(tmp_path: Path) -> None:
    status, errors = Site(tmp_path).run("up")
    assert status == 1
    assert errors == (
        "CommandError: the database is not up to date: run `manage.py migrate` first\n"
    )
