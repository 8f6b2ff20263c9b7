"""Checking 5,000 links on 40 loopback hosts, without a delay between them: URLs/s and memory.

Our ways over the same addresses, each in a process of its own: a bare aiohttp loop that reads
bodies and nothing else; the prober with guard and classification; the whole path from the claim
to the written results on SQLite, as a worker takes it, of 5,000 links and of 100,000. Beside them
lychee and linkchecker from PyPI, where they can be had.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import peers
from benchmarks.loopback_hosts import HOSTS
from benchmarks.report import Report, Value, make_parser
from benchmarks.site import ROOT, temporary_site

CONCURRENCY = 200
HOST_CONCURRENCY = 4
BATCH = 500  # links in a claim
LONGEST = 900  # seconds that one way may take, on a busy machine
MANY = 20  # times as many links, for memory
ROUNDS = 3  # of which the best counts
FEW = 500  # links for linkchecker, which takes its time


def list_urls(count: int, port: int) -> list[str]:
    """Return ``count`` addresses, spread evenly over the hosts."""
    return [f"http://{HOSTS[n % len(HOSTS)]}:{port}/page/{n}.html" for n in range(count)]


Check = Callable[[], int]  # does the work; returns how many links were found to be good


def prepare_bare(urls: list[str], port: int) -> Check:
    """Fetch with aiohttp alone."""
    import aiohttp

    async def work(session: aiohttp.ClientSession, share: Iterator[str]) -> int:
        good = 0
        for url in share:
            async with session.get(url) as response:
                await response.read()
                good += response.status == 200
        return good

    async def run() -> int:
        connector = aiohttp.TCPConnector(limit=CONCURRENCY, limit_per_host=HOST_CONCURRENCY)
        async with aiohttp.ClientSession(connector=connector) as session:
            rest = iter(urls)  # shared: each takes the next
            return sum(await asyncio.gather(*(work(session, rest) for _ in range(CONCURRENCY))))

    return lambda: asyncio.run(run())


def prepare_prober(urls: list[str], port: int) -> Check:
    """Probe under the guard and classify."""
    from ipaddress import ip_network

    from linkcheck.classification import Outcome, classify
    from linkcheck.guard import GuardPolicy
    from linkcheck.observations import Observation
    from linkcheck.pacing import Pace, ProbeRequest, probe_all
    from linkcheck.probing import Prober, ProbeSettings

    guard = GuardPolicy(
        admit_networks=(ip_network("127.0.0.0/8"),), ports=frozenset({port}), own_hosts=frozenset()
    )
    pace = Pace(host_delay_s=0, host_concurrency=HOST_CONCURRENCY, concurrency=CONCURRENCY)

    async def run() -> int:
        alive: list[str] = []

        def count(request: ProbeRequest, seen: Observation) -> None:
            if classify(seen)[0] is Outcome.ALIVE:
                alive.append(request.url)

        async with Prober(ProbeSettings(guard=guard)) as prober:
            await probe_all(prober, [ProbeRequest(url) for url in urls], pace, count)
        return len(alive)

    return lambda: asyncio.run(run())


def prepare_claims(urls: list[str], port: int) -> Check:
    """Claim, probe, judge and write, until nothing is due."""
    import django

    django.setup()
    from linkcheck.claiming import claim_due
    from linkcheck.models import Link
    from linkcheck.running import check_claimed

    def run() -> int:
        while claim := claim_due(limit=BATCH):
            check_claimed(claim)
        return Link.objects.filter(verdict="ok").count()

    return run


WAYS: dict[str, tuple[str, Callable[[list[str], int], Check]]] = {
    "bare": ("bare aiohttp loop", prepare_bare),
    "prober": ("prober: guard, fetch, classify", prepare_prober),
    "claims": ("claim, probe, judge, write", prepare_claims),
}


def measure_here(way: str, count: int, port: int) -> None:
    """Check in this process and print seconds, good answers and peak memory as JSON."""
    check = WAYS[way][1](list_urls(count, port), port)
    started, worked = time.perf_counter(), time.process_time()
    good = check()
    facts = {
        "seconds": time.perf_counter() - started,
        "CPU seconds": time.process_time() - worked,
        "good": good,
        "peak MiB": read_peak_memory(),
    }
    print(json.dumps(facts))


def read_peak_memory() -> float:
    """Return the most memory this process held since it began to run this program, in MiB.

    Not ``getrusage``: its figure takes over that of the process that started us.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(way: str, count: int, port: int) -> dict[str, Value]:
    """Check in a new process; return a row of the table."""
    command = [sys.executable, "-m", "benchmarks.linkchecking", "--way", way]
    command += ["--links", str(count), "--port", str(port)]
    output = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LONGEST
    ).stdout
    found = json.loads(output)
    if found["good"] != count:
        raise RuntimeError(f"{way}: {found['good']} of {count} links were found to be good")
    return {
        "what": WAYS[way][0],
        "links": count,
        "URLs/s": count / found["seconds"],
        "CPU µs a link": 1e6 * found["CPU seconds"] / count,
        "peak MiB": found["peak MiB"],
    }


def measure_ways(count: int, port: int, rounds: int) -> list[dict[str, Value]]:
    """Measure each of our ways in turn, a number of times; the best of each.

    In turn, so that what else the machine does falls on all of them alike.
    """
    tries: dict[str, list[dict[str, Value]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, rows in tries.items():
            make_due()
            rows.append(measure(way, count, port))
    return [max(rows, key=lambda row: float(row["URLs/s"])) for rows in tries.values()]


@contextmanager
def serving_hosts() -> Iterator[int]:
    """Run the forty hosts beside us; yield their port."""
    command = [sys.executable, "-m", "benchmarks.loopback_hosts"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate(timeout=10)


def measure_peers(urls: Sequence[str]) -> Iterator[dict[str, Value]]:
    """Yield a row for each of the other checkers; one that cannot be had says why."""

    def lychee() -> peers.Outcome:
        return peers.check_with_lychee(urls, CONCURRENCY, HOST_CONCURRENCY)

    few = urls[:FEW]
    for what, count, check in (
        ("lychee, all cores", len(urls), lychee),
        ("lychee, one core", len(urls), lambda: peers.check_on_one_core(lychee)),
        ("linkchecker", len(few), lambda: peers.check_with_linkchecker(few, CONCURRENCY)),
    ):
        try:
            outcome = check()
        except peers.Absent as reason:
            yield _make_row(what, 0, 0.0) | {"why not": str(reason)}
            continue
        if outcome.good != count:
            raise RuntimeError(f"{what}: {outcome.good} of {count} links were found to be good")
        yield _make_row(what, count, count / outcome.seconds)


def _make_row(what: str, count: int, speed: float) -> dict[str, Value]:
    """Of another program neither memory nor the time of the processor is known."""
    return {"what": what, "links": count, "URLs/s": speed, "CPU µs a link": "", "peak MiB": ""}


def register_links(urls: list[str]) -> None:
    """Make the links as content does, a hundred to an object; all of them are due."""
    from linkcheck.uses import FoundLink, sync_uses

    for number in range(0, len(urls), 100):
        found = [FoundLink(field="body", url=url) for url in urls[number : number + 100]]
        sync_uses("page", number + 1, found)


def make_due() -> None:
    """Have every link checked again."""
    from django.utils import timezone

    from linkcheck.models import Link

    Link.objects.update(next_check_at=timezone.now())


def measure_all(count: int, *, is_short: bool) -> Report:
    """Measure every way over the same hosts; in short without the others and the many."""
    report = Report(f"linkchecking: {count:,} links on {len(HOSTS)} loopback hosts, one process")
    with (
        serving_hosts() as port,
        temporary_site(
            LINKCHECK_ADMIT_NETWORKS="127.0.0.0/8",
            LINKCHECK_PORTS=str(port),
            LINKCHECK_HOST_DELAY="0",
            LINKCHECK_HOST_CONCURRENCY=str(HOST_CONCURRENCY),
            # The site's own address is never asked: it must not be one of the hosts.
            SITE_URL="http://perennial.example.org",
            ALLOWED_HOSTS="perennial.example.org",
        ),
    ):
        register_links(list_urls(count, port))
        report.rows = measure_ways(count, port, 1 if is_short else ROUNDS)
        if not is_short:
            report.rows += measure_peers(list_urls(count, port))
            register_links(list_urls(count * MANY, port))
            make_due()
            report.rows.append(measure("claims", count * MANY, port))
    bare = float(report.rows[0]["URLs/s"])
    for row in report.rows:
        row["of bare"] = f"{100 * float(row['URLs/s']) / bare:.0f} %"
    return report


def main() -> int:
    """Measure and print; with ``--way`` (used by ourselves) measure one way in this process."""
    parser = make_parser("Checks many loopback links.")
    parser.add_argument("--links", type=int, help="how many (5,000)")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    count = options.links or (400 if options.short else 5000)
    if options.way:
        measure_here(options.way, count, options.port)
    else:
        measure_all(count, is_short=options.short).show(as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
