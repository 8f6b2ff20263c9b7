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
from django.utils.translation import ngettext
from tqdm import tqdm

from linkcheck.explaining import VERDICT_LABELS, explain
from linkcheck.replaying import Rejudged, Replayed, replay_verdicts, replayable

EXIT_WOULD_CHANGE = 3
EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = """Judge all links anew from their stored checks, as after a change of the rules.

One line for each link whose verdict or reason is another than before. With --json it is
{"url", "old", "old_reason", "new", "reason", "why", "judged_from"}; the last line is
{"summary": {"links", "changed", "counted", "in_part", "is_dry_run"}}, where "counted" links keep
their verdict and differ in what is being counted. What is written opens and closes cases as checks
do; it is no revision of anything.

A link of which old checks were thinned is judged anew only from there on; what went before counts
as it was judged then. How many those are ("in_part") the summary says, --in-part which, each with
the time of the last check that is taken as it was judged: {"in_part": url, "judged_from": time}.

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
        parser.add_argument(
            "--in-part",
            action="store_true",
            help="name also each link that can be judged anew only in part",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on each line")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        try:
            changed = self._run(
                options["since"],
                is_dry=is_dry,
                as_json=options["json"],
                names_parts=options["in_part"],
            )
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            message = _("The database refused: %(reason)s.") % {"reason": reason}
            raise CommandError(message) from error
        except KeyboardInterrupt:
            self.stderr.write(_("Stopped; what was printed before the last chunk is written."))
            sys.exit(EXIT_INTERRUPTED)
        if changed and is_dry:
            sys.exit(EXIT_WOULD_CHANGE)

    def _run(
        self, since: datetime | None, *, is_dry: bool, as_json: bool, names_parts: bool
    ) -> int:
        links = changed = counted = in_part = 0
        total = replayable(since).count()
        with tqdm(total=total, unit="link", disable=None, file=sys.stderr) as bar:
            for chunk in replay_verdicts(since=since, is_dry=is_dry):
                for rejudged in chunk.rejudged:
                    if rejudged.is_visible:
                        self.stdout.write(_as_json(rejudged) if as_json else _as_line(rejudged))
                        changed += 1
                    else:
                        counted += 1
                if names_parts:
                    self._name_parts(chunk, as_json=as_json)
                in_part += len(chunk.in_part)
                links += chunk.links
                bar.update(chunk.links)
        summary = {
            "links": links,
            "changed": changed,
            "counted": counted,
            "in_part": in_part,
            "is_dry_run": is_dry,
        }
        self.stdout.write(json.dumps({"summary": summary}) if as_json else _sum_up(summary))
        return changed

    def _name_parts(self, chunk: Replayed, *, as_json: bool) -> None:
        for url, at in chunk.in_part.items():
            if as_json:
                self.stdout.write(json.dumps({"in_part": url, "judged_from": at.isoformat()}))
                continue
            text = _("%(url)s: judged anew only from %(day)s on; older checks were thinned.")
            self.stdout.write(text % {"url": url, "day": at.date()})


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
            "judged_from": rejudged.judged_from and rejudged.judged_from.isoformat(),
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
    if not summary["in_part"]:
        return text % summary
    parts = ngettext(
        "%(in_part)d link could be judged anew only in part: its older checks were thinned"
        " (--in-part names it).",
        "%(in_part)d links could be judged anew only in part: their older checks were thinned"
        " (--in-part names them).",
        summary["in_part"],
    )
    return f"{text % summary} {parts % summary}"
