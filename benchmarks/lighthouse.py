"""Lighthouse on the five main pages of the starter: its four scores, and what a view transfers.

Lighthouse comes from npm into ``build/`` and drives the Chromium of the tests, as a phone on a slow
line (its default: 150 ms, 1.6 Mbit/s, a processor four times slower).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers import HOME, Absent
from benchmarks.report import Report, Value, make_parser
from benchmarks.site import find_free_port, serving, temporary_site

VERSION = "12.8.2"  # the last for Node 20
PAGES = (
    "/",
    "/sections/ray-core/",
    "/resources/",
    "/resources/ray-documentation/",
    "/wiki/known-limits/",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)
LONGEST = 300  # seconds for one page


def install(*, may_download: bool) -> Path:
    """Return where lighthouse is, installed if need be and allowed. Raises Absent."""
    folder = HOME / "lighthouse"
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.exists() and not may_download:
        raise Absent("lighthouse is not installed, and the short form downloads nothing")
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
        try:
            subprocess.run(
                [*command, f"lighthouse@{VERSION}"],
                check=True, capture_output=True, timeout=LONGEST,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise Absent(f"lighthouse cannot be installed ({type(error).__name__})") from error
    return program


def judge(program: Path, url: str) -> dict[str, Any]:
    """Return Lighthouse's report on a page. Raises Absent where it does not come to one."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if chromium is None:
        raise Absent("there is no chromium")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [str(program), url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags={CHROMIUM_FLAGS}", f"--only-categories={','.join(CATEGORIES)}"]
        environment = {**os.environ, "CHROME_PATH": chromium}
        try:
            subprocess.run(
                command, env=environment, check=True, capture_output=True, timeout=LONGEST
            )
        except subprocess.SubprocessError as error:
            raise Absent(f"lighthouse did not finish ({type(error).__name__})") from error
        found: dict[str, Any] = json.loads(report.read_text())
    return found


def measure(report: Report, program: Path, pages: tuple[str, ...]) -> None:
    """A row for each page; a note for each audit that takes points off."""
    from django.core.management import call_command

    call_command("make_starter", verbosity=0)
    port = find_free_port()
    with serving(port):
        for page in pages:
            found = judge(program, f"http://127.0.0.1:{port}{page}")
            row: dict[str, Value] = {"what": page}
            for name in CATEGORIES:
                row[name] = round(100 * (found["categories"][name]["score"] or 0))
            row["KB"] = found["audits"]["total-byte-weight"]["numericValue"] / 1000
            report.rows.append(row)
            report.notes += [f"{page}: {line}" for line in _losses(found)]


def _losses(found: dict[str, Any]) -> list[str]:
    """Titles of the audits outside performance that are not passed, with their weight."""
    lines = []
    for name in CATEGORIES[1:]:
        for reference in found["categories"][name]["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                lines.append(f"{name}: {audit['title']}")
    return lines


def main() -> int:
    options = make_parser(__doc__ or "").parse_args()
    report = Report("lighthouse: the main pages of the starter")
    try:
        program = install(may_download=not options.short)
        with temporary_site():
            measure(report, program, PAGES[:1] if options.short else PAGES)
    except Absent as absent:
        report.notes.append(f"NOT MEASURED: {absent}")
    report.show(as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
