"""Each program runs, in its short form; its figures are not looked at."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from benchmarks.__main__ import PROGRAMS
from benchmarks.report import format_table

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_measures_and_prints_one_object(program: str) -> None:
    command = [sys.executable, "-m", "benchmarks", program, "--short", "--json"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["program"].startswith(f"{program}:")
    assert all(row["what"] for row in report["rows"])


def test_an_unknown_program_is_one_clear_line() -> None:
    command = [sys.executable, "-m", "benchmarks", "cakes"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "python -m benchmarks: error: no such program: cakes"


def test_a_table_sets_words_to_the_left_and_figures_to_the_right() -> None:
    assert format_table([{"what": "view", "ms": 4.25}, {"what": "a save", "ms": 1234.5}]) == (
        "  what       ms\n  ------  -----\n  view      4.2\n  a save  1,234"
    )
