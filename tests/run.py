"""Runs the whole suite on SQLite and, where they answer, on PostgreSQL and Redis as well.

``make test`` calls it; arguments go to pytest. The exit status is 0 only when every part that
ran passed; the last lines say which parts ran.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import services  # noqa: E402


@dataclass
class Part:
    """One run of pytest; ``obstacle`` says what keeps it from running, if anything does."""

    name: str
    chosen: str  # pytest's -m
    environment: dict[str, str] = field(default_factory=dict)
    obstacle: str = ""
    passed: bool = True
    outcome: str = ""

    def run(self, arguments: list[str]) -> None:
        """Run the part, or not, and keep how it went."""
        if self.obstacle:
            self.outcome = f"NOT RUN: {self.obstacle}"
            return
        print(f"=== {self.name} ===", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-n", "auto", "-q", "-m", self.chosen]
        status = subprocess.run(
            [*command, *arguments], cwd=ROOT, env={**os.environ, **self.environment}, check=False
        ).returncode
        self.passed = status == 0
        verdict = "passed" if self.passed else f"FAILED (pytest's exit status {status})"
        self.outcome = f"{verdict} in {time.monotonic() - started:.0f} s"


def find_obstacle() -> str:
    """Return which of PostgreSQL and Redis does not answer, or nothing when both do."""
    try:
        psycopg.connect(services.DATABASE_URL, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"no PostgreSQL at TEST_DATABASE_URL ({_first_line(error)})"
    try:
        with redis.Redis.from_url(services.REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        return f"no Redis at TEST_REDIS_URL ({_first_line(error)})"
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def main(arguments: list[str]) -> int:
    """Run both parts and say how they went."""
    parts = [
        Part("SQLite, files as broker, Chromium", "not services"),
        Part(
            "PostgreSQL and Redis (what touches the database, without Chromium)",
            "not browser and not embedded",
            {"TEST_SERVICES": "1"},
            find_obstacle(),
        ),
    ]
    for part in parts:
        part.run(arguments)
    print("\nWhich tests ran:")
    for part in parts:
        print(f"  {part.name}: {part.outcome}")
    return 0 if all(part.passed for part in parts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
