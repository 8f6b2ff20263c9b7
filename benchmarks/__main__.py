"""``make bench``: every program, or those named, each in a process and on a site of its own."""

import argparse
import subprocess
import sys

PROGRAMS = {
    "pages": "viewing and saving a 28 KB page with 180 links, over HTTP",
    "claiming": "claiming 500 due links out of 1,000,000, and out of 10,000, on PostgreSQL",
    "review": "the review queue with 10,000 open cases, as a moderator asks for it",
    "insights": "computing insights over 100,000 entries and 1,000,000 checks, and their pages",
    "search": "searching 100,000 documents, on SQLite and on PostgreSQL",
    "lighthouse": "what Lighthouse says of the five main pages",
    "texts": "comparing, merging and blaming a page of 2,000 lines",
    "linkchecking": "checking 5,000 links on 40 loopback hosts, beside a bare aiohttp loop",
}


def main() -> int:
    """Run the programs one after the other; 0 when all of them did."""
    width = max(map(len, PROGRAMS))
    listing = "\n".join(f"  {name:{width}}  {what}" for name, what in PROGRAMS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measures; without a name, everything:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="which to run")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--short", action="store_true", help="few repetitions: does it run?")
    options = parser.parse_args()
    if unknown := set(options.programs) - set(PROGRAMS):
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    flags = [f"--{name}" for name in ("json", "short") if getattr(options, name)]
    statuses = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *flags], check=False).returncode
        for name in options.programs or PROGRAMS
    ]
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())
