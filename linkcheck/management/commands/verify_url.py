"""Look once at addresses and print what the policy makes of it; the database is not touched."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from linkcheck.configuration import pace_from_django, probe_settings_from_django
from linkcheck.explaining import explain
from linkcheck.observations import Known, Observation
from linkcheck.pacing import ProbeRequest, probe_all
from linkcheck.policy import LinkState, advance
from linkcheck.probing import Prober, ProbeSettings
from linkcheck.reasoning import find_rules
from linkcheck.verdicts import TROUBLED

EXIT_TROUBLED = 1
EXIT_USAGE = 2


class Command(BaseCommand):
    help = """Say whether addresses are alive at first sight, with evidence and rules.

Each address is asked once; nothing is read from or written to the database. One look is not a
history: a 404 is "suspect" here, and "dead" only after three of them, days apart. With --json
each address is one line, in the order given:
{"url", "verdict", "reason", "explanation", "rules": [{"rule", "sentence"}],
"checks": [what was seen]}.

Exit code: 0 if every address is ok, moved, restricted, blocked or could not be judged now
(unchecked); 1 if any is suspect, unstable, dead, soft_404, parked, tls_invalid or excluded;
2 for wrong arguments."""

    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("urls", nargs="*", metavar="URL")
        parser.add_argument("--stdin", action="store_true", help="read more, one on each line")
        parser.add_argument(
            "--retry", action="store_true", help="repeat soft failures as the checker does (65 s)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on each line")

    def handle(
        self, *, urls: list[str], stdin: bool, retry: bool, json: bool, **options: Any
    ) -> None:
        addresses = [*urls, *(_read_lines(sys.stdin.buffer) if stdin else ())]
        if not addresses:
            raise CommandError(_("No URL was given."), returncode=EXIT_USAGE)
        printer = _InOrder(len(addresses), self._write_json if json else self._write_text)
        asyncio.run(_verify(addresses, printer, _settings(retry=retry)))
        if printer.is_troubled:
            sys.exit(EXIT_TROUBLED)

    def _write_json(self, url: str, seen: Observation, state: LinkState) -> None:
        line = {
            "url": url,
            "verdict": state.verdict,
            "reason": state.reason,
            "explanation": explain(state),
            "rules": [
                {"rule": rule.number, "sentence": rule.sentence} for rule in find_rules(seen)
            ],
            "checks": [seen.as_dict()],
        }
        self.stdout.write(json.dumps(line))
        self.stdout.flush()

    def _write_text(self, url: str, seen: Observation, state: LinkState) -> None:
        self.stdout.write(f"{_printable(url)}\n  {state.verdict}: {_printable(explain(state))}")
        for hop in seen.hops if seen.is_redirected else ():
            self.stdout.write(f"    {hop.status or '---'} {_printable(hop.url)}")
        facts = [f"{seen.elapsed_ms} ms"]
        if seen.attempts > 1:
            facts.append(_("%(count)s attempts") % {"count": seen.attempts})
        if seen.error_detail:
            facts.append(seen.error_detail)
        if seen.title:
            facts.append(f"“{_printable(seen.title)}”")
        self.stdout.write(f"    ({state.reason}) " + ", ".join(facts))
        for rule in find_rules(seen):
            number = _("rule %(number)s") % {"number": rule.number}
            self.stdout.write(f"    {number}: {_printable(rule.sentence)}")
        self.stdout.flush()


class _InOrder:
    """Takes results as they come and writes them in the order in which they were asked for."""

    def __init__(self, size: int, write: Any) -> None:
        self._write = write
        self._results: list[tuple[str, Observation, LinkState] | None] = [None] * size
        self._next = 0
        self.is_troubled = False

    def take(self, request: ProbeRequest, seen: Observation) -> None:
        state = advance(LinkState(), seen)
        self.is_troubled = self.is_troubled or state.verdict in TROUBLED
        self._results[request.tag] = (request.url, seen, state)
        while self._next < len(self._results) and (ready := self._results[self._next]):
            self._write(*ready)
            self._results[self._next] = None
            self._next += 1


def _settings(*, retry: bool) -> ProbeSettings:
    settings = probe_settings_from_django()
    return settings if retry else replace(settings, retry_delays_s=())


async def _verify(addresses: list[str], printer: _InOrder, settings: ProbeSettings) -> None:
    requests = (
        ProbeRequest(url, tag=number, known=_doubt(url)) for number, url in enumerate(addresses)
    )
    async with Prober(settings) as prober:
        await probe_all(prober, requests, pace_from_django(), printer.take)


def _doubt(url: str) -> Known:
    """Nothing is known of the address, so that it is looked at as closely as a new one."""
    fragment = url.partition("#")[2]
    return Known(is_doubted=True, fragments=(fragment,) if fragment else ())


def _read_lines(stream: Iterable[bytes]) -> list[str]:
    lines = (line.decode("utf-8-sig", "replace").strip("\r\n") for line in stream)
    return [line for line in lines if line.strip()]


def _printable(text: str) -> str:
    """Return ``text`` without anything that steers a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
