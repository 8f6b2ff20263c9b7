"""Diff, three-way merge and blame of a page of 2,000 lines, in one process."""

import random
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.report import Report, Value, make_parser
from markup.blaming import LineOwners
from markup.diffing import diff_texts
from markup.merging import merge_texts

LINES = 2_000
CHANGED = 100  # lines that each side changes, adds, removes or moves
REVISIONS = 1_000
WORDS = [
    "actors",
    "tasks",
    "objects",
    "nodes",
    "clusters",
    "scheduling",
    "placement",
    "memory",
    "retries",
    "queues",
]


def make_lines(chance: random.Random) -> list[str]:
    """Paragraphs of a dozen words, no two the same."""
    return [f"{number}: {' '.join(chance.choices(WORDS, k=12))}." for number in range(LINES)]


def change(lines: list[str], chance: random.Random, *, within: range) -> list[str]:
    """``lines`` with CHANGED changes of each kind ``within`` a range of their numbers."""
    new = list(lines)
    for _turn in range(CHANGED // 4):
        new[chance.choice(within)] += " And more."
        new.insert(chance.choice(within), f"A new line {chance.random()} is here.")
        del new[chance.choice(within)]
        new.insert(chance.choice(within), new.pop(chance.choice(within)))
    return new


def measure(name: str, work: Callable[[], object], times: int) -> dict[str, Value]:
    """Median and worst of ``times`` runs, by the processor's time."""
    work()
    took = []
    for _turn in range(times):
        started = time.process_time()
        work()
        took.append((time.process_time() - started) * 1000)
    return {"what": name, "median ms": statistics.median(took), "worst ms": max(took)}


def main() -> int:
    """Measure and print."""
    options = make_parser("Compares, merges and follows pages of 2,000 lines.").parse_args()
    times = 3 if options.short else 50
    chance = random.Random(1)
    base = make_lines(chance)
    ours = change(base, chance, within=range(LINES // 2 - 100))
    theirs = change(base, chance, within=range(LINES // 2 + 100, LINES - 100))
    texts = ["\n".join(lines) + "\n" for lines in (base, ours, theirs)]
    merged = merge_texts(*texts)
    assert merged.is_clean
    report = Report(f"texts: {LINES} lines, {CHANGED} changes on each side")
    report.rows = [
        measure("diff, word by word", lambda: diff_texts(texts[0], texts[1]), times),
        measure("three-way merge", lambda: merge_texts(*texts), times),
        measure(f"blame over {REVISIONS} revisions", lambda: follow(base), 1 if times < 9 else 3),
        measure("blame, lines move and change", lambda: follow_moves(base), 1 if times < 9 else 3),
    ]
    report.notes.append(
        f"blame: {REVISIONS} revisions, each of which changes one line, or moves ten lines and"
        " changes a word in each; comparing only, no database"
    )
    report.show(as_json=options.json)
    return 0


def follow(newest: list[str]) -> None:
    """Follow every line back through REVISIONS revisions, each of which changed one line."""
    owners = LineOwners.unknown(newest, REVISIONS)
    newer = newest
    for version in range(REVISIONS - 1, 0, -1):
        older = list(newer)
        older[version % LINES] = f"As it was at {version}."
        owners.go_back(older=older, newer=newer, version=version)
        newer = older
    owners.settle()


def follow_moves(newest: list[str]) -> None:
    """Follow every line back through REVISIONS revisions, each of which moved and changed ten."""
    chance = random.Random(2)
    owners = LineOwners.unknown(newest, REVISIONS)
    newer = newest
    for version in range(REVISIONS - 1, 0, -1):
        at, to = chance.randrange(LINES - 10), chance.randrange(LINES - 10)
        moved = [f"{line[:-1]} {version % 10}" for line in newer[at : at + 10]]
        older = newer[:at] + newer[at + 10 :]
        older[to:to] = moved
        owners.go_back(older=older, newer=newer, version=version)
        newer = older
    owners.settle()


if __name__ == "__main__":
    sys.exit(main())
