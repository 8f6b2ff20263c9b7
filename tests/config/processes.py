"""Finding and waiting for the processes that a test started."""

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "PERENNIAL_TEST_MARK"


def find_marked(mark: str) -> dict[int, str]:
    """Return process id to command line of every living process started with ``MARK=mark``."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            if f"{MARK}={mark}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended while we looked, or is a zombie
    return found


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Return as soon as ``condition`` holds; fail naming ``what`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
