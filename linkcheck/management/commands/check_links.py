"""``manage.py check_links [--due | --all | --host H] [--json]``: a round in the foreground."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from tqdm import tqdm

from linkcheck.claiming import claim_due, count_wanted
from linkcheck.explaining import VERDICT_LABELS
from linkcheck.leases import Claim, database_now
from linkcheck.models import Host, Link
from linkcheck.running import check_claimed
from linkcheck.verdicts import Verdict

LINKS_A_CLAIM = 2000
EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = """Check links now, in the foreground, as the workers would.

Links that a worker holds, and hosts that rest, are left out and counted. With --json each link is
one line as its result is written, {"url", "verdict", "reason", "mark", "last_checked_at",
"next_check_at"}; the last line is {"summary": {"checked", "left", "verdicts"}}.

Exit code: 0 when the round was run, whatever it found; 1 when it could not be."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--due", action="store_true", help="what is due (the default)")
        which.add_argument("--all", action="store_true", help="every link in use")
        which.add_argument("--host", metavar="H", help="every link of one host")
        parser.add_argument("--json", action="store_true", help="one JSON object on each line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options["host"], is_everything=options["all"], as_json=options["json"])
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            message = _("The database refused: %(reason)s.") % {"reason": reason}
            raise CommandError(message) from error
        except KeyboardInterrupt:
            self.stderr.write(_("Stopped; what was not written is due again."))
            sys.exit(EXIT_INTERRUPTED)

    def _run(self, host: str | None, *, is_everything: bool, as_json: bool) -> None:
        if host is not None:
            host = _find_host(host)
        not_since = database_now() if is_everything or host else None
        verdicts: Counter[str] = Counter()
        total = count_wanted(host=host, not_since=not_since)
        with tqdm(total=total, unit="link", disable=None, file=sys.stderr) as bar:

            def show(links: list[Link]) -> None:
                verdicts.update(link.verdict for link in links)
                bar.update(len(links))
                for link in links if as_json else ():
                    self.stdout.write(json.dumps(_as_object(link)))
                self.stdout.flush()

            def claim_next() -> Claim:
                return claim_due(limit=LINKS_A_CLAIM, host=host, not_since=not_since)

            while claim := claim_next() or _after_a_pause(claim_next):
                if not check_claimed(claim, on_written=show):
                    break  # nothing can be reached, or was written: no use to go on
        left = count_wanted(host=host, not_since=not_since)
        self._write_summary(verdicts, left, as_json=as_json)

    def _write_summary(self, verdicts: Counter[str], left: int, *, as_json: bool) -> None:
        if as_json:
            summary = {"checked": verdicts.total(), "left": left, "verdicts": dict(verdicts)}
            self.stdout.write(json.dumps({"summary": summary}))
            return
        self.stdout.write(_("%(count)d checked") % {"count": verdicts.total()})
        for verdict, count in verdicts.most_common():
            self.stdout.write(f"{count:>7} {VERDICT_LABELS[Verdict(verdict)]}")
        if left:
            self.stdout.write(
                _("%(count)d left: their hosts rest, or a worker has them") % {"count": left}
            )


def _after_a_pause(claim_next: Callable[[], Claim]) -> Claim:
    """What can be claimed when hosts that were asked just now may be asked again."""
    time.sleep(settings.LINKCHECK_HOST_DELAY)
    return claim_next()


def _find_host(name: str) -> str:
    found = Host.objects.filter(name=name.lower()).first()
    if found is None:
        raise CommandError(_("No link leads to the host “%(name)s”.") % {"name": name})
    return found.name


def _as_object(link: Link) -> dict[str, Any]:
    return {
        "url": link.url,
        "verdict": link.verdict,
        "reason": link.reason,
        "mark": link.mark,
        "last_checked_at": _as_text(link.last_checked_at),
        "next_check_at": _as_text(link.next_check_at),
    }


def _as_text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
