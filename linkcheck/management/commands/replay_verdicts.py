"""``manage.py replay_verdicts [--since DATE] [--dry-run] [--json]``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from tqdm import tqdm

from linkcheck.explaining import VERDICT_LABELS, explain
from linkcheck.replaying import Rejudged, replay_verdicts, replayable

EXIT_WOULD_CHANGE = 3
EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = """Judge all links anew from their stored checks, as after a change of the rules.

One line for each link whose verdict or reason is another than before. With --json it is
{"url", "old", "old_reason", "new", "reason", "why"}; the last line is
{"summary": {"links", "changed", "counted", "is_dry_run"}}, where "counted" links keep their verdict
and differ in what is being counted. What is written opens and closes cases as checks do; it is no
revision of anything. Begins where old checks were thinned.

Exit code: 0 when nothing would change, or what changed was written; 3 when --dry-run found
something; 1 when it could not be done; 130 when stopped, with whole chunks written."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "--since",
            type=_read_time,
            metavar="DATE",
            help="only links that were looked at since then: 2026-05-01, or with a time, in UTC",
        )
        parser.add_argument("--dry-run", action="store_true", help="print, and write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on each line")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        try:
            changed = self._run(options["since"], is_dry=is_dry, as_json=options["json"])
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            message = _("The database refused: %(reason)s.") % {"reason": reason}
            raise CommandError(message) from error
        except KeyboardInterrupt:
            self.stderr.write(_("Stopped; what was printed before the last chunk is written."))
            sys.exit(EXIT_INTERRUPTED)
        if changed and is_dry:
            sys.exit(EXIT_WOULD_CHANGE)

    def _run(self, since: datetime | None, *, is_dry: bool, as_json: bool) -> int:
        links = changed = counted = 0
        total = replayable(since).count()
        with tqdm(total=total, unit="link", disable=None, file=sys.stderr) as bar:
            for chunk in replay_verdicts(since=since, is_dry=is_dry):
                for rejudged in chunk.rejudged:
                    if rejudged.is_visible:
                        self.stdout.write(_as_json(rejudged) if as_json else _as_line(rejudged))
                        changed += 1
                    else:
                        counted += 1
                links += chunk.links
                bar.update(chunk.links)
        summary = {"links": links, "changed": changed, "counted": counted, "is_dry_run": is_dry}
        self.stdout.write(json.dumps({"summary": summary}) if as_json else _sum_up(summary))
        return changed


def _read_time(text: str) -> datetime:
    """A day or a time in UTC, as ISO 8601 has it."""
    try:
        if len(text) == len("2026-05-01"):
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(_("“%(text)s” is not a date.") % {"text": text}) from None


def _as_json(rejudged: Rejudged) -> str:
    before, after = rejudged.before, rejudged.after
    return json.dumps(
        {
            "url": rejudged.url,
            "old": before.verdict.value,
            "old_reason": before.reason.value,
            "new": after.verdict.value,
            "reason": after.reason.value,
            "why": explain(after),
        }
    )


def _as_line(rejudged: Rejudged) -> str:
    old, new = (VERDICT_LABELS[state.verdict] for state in (rejudged.before, rejudged.after))
    return f"{rejudged.url}: {old} → {new}. {explain(rejudged.after)}"


def _sum_up(summary: dict[str, Any]) -> str:
    if summary["is_dry_run"]:
        text = _("%(links)d links judged anew; %(changed)d would change. Nothing was written.")
    else:
        text = _("%(links)d links judged anew; %(changed)d changed.")
    return text % summary
