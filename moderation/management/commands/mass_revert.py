"""``manage.py mass_revert USER … --since TIME --actor NAME --reason TEXT [--dry-run] [--json]``."""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from moderation.mass_reverting import carry_out_mass_reverts, queue_mass_revert
from moderation.models import MassRevert, MassRevertItem
from moderation.selecting import KINDS, Foreseen, Outcome, Selection, find_selected, foresee

EXIT_LEFT = 3
_AGO = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AT_ONCE = 100


class Command(BaseCommand):
    help = """Take back everything that accounts did since a time, as the page of that name does.

Name all accounts of one person: where they wrote after each other, each alone could not be told
apart. --since is a time in UTC (2026-05-01, 2026-05-01T12:00) or how long ago (90m, 6h, 2d).

One line for each object: what became of it, or with --dry-run what would. With --json it is
{"type", "id", "title", "outcome", "changes", "others", "problem"}; the last line is {"summary":
{"changes", "objects", outcome: how many, …, "run"}}. Outcomes are "restored", "gone" (deleted,
retired), "nothing" (it is like that already) and "person" (others wrote in the same place since: a
person decides). Stopped on the way it goes on in a worker, or by running it again.

Exit code: 0 when all was taken back or can be; 3 when something is left for a person; 1 when it
could not be done."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("users", nargs="+", metavar="USER", help="a user name, in any case")
        parser.add_argument("--since", required=True, type=_read_since, metavar="TIME")
        parser.add_argument(
            "--kind",
            action="append",
            default=[],
            choices=[kind.value for kind in KINDS],
            help="only changes of this kind; may be repeated",
        )
        parser.add_argument("--actor", metavar="NAME", help="the moderator in whose name it is")
        parser.add_argument("--reason", default="", help="why; everyone can read it in the log")
        parser.add_argument("--dry-run", action="store_true", help="print, and write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on each line")

    def handle(self, *args: Any, **options: Any) -> None:
        users = [_find_user(name) for name in options["users"]]
        selection = Selection(users=users, since=options["since"], kinds=options["kind"])
        if options["dry_run"]:
            left = self._foresee(selection, as_json=options["json"])
        else:
            left = self._carry_out(selection, options)
        if left:
            sys.exit(EXIT_LEFT)

    def _foresee(self, selection: Selection, *, as_json: bool) -> int:
        selected = find_selected(selection)
        counts: Counter[str] = Counter()
        for one in foresee(selected):
            counts[one.outcome] += 1
            self.stdout.write(json.dumps(_as_json(one)) if as_json else _as_line(one))
        self._sum_up(selected.change_count, counts, as_json=as_json)
        return counts[Outcome.PERSON]

    def _carry_out(self, selection: Selection, options: dict[str, Any]) -> int:
        if not options["actor"]:
            raise CommandError(_("--actor is needed: the moderator in whose name it is done."))
        actor = _find_user(options["actor"])
        try:
            run = queue_mass_revert(selection=selection, reason=options["reason"], actor=actor)
        except (PermissionDenied, ValidationError) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        while carry_out_mass_reverts(_AT_ONCE, only=run.pk) == _AT_ONCE:
            pass
        counts: Counter[str] = Counter()
        for item in run.items.iterator():
            outcome = _OUTCOMES[item.state]
            counts[outcome] += 1
            self._tell(item, outcome, as_json=options["json"])
        changes = selection.changes().filter(pk__lte=run.up_to).count()
        self._sum_up(changes, counts, as_json=options["json"], run=run)
        return counts[Outcome.PERSON]

    def _tell(self, item: MassRevertItem, outcome: str, *, as_json: bool) -> None:
        if as_json:
            row = {"type": item.object_type, "id": item.object_id, "title": item.title}
            self.stdout.write(json.dumps({**row, "outcome": outcome, "problem": item.problem}))
        else:
            words = f"{item.object_type} {item.title}: {item.get_state_display()}"
            self.stdout.write(f"{words}. {item.problem}" if item.problem else words)

    def _sum_up(
        self, changes: int, counts: Counter[str], *, as_json: bool, run: MassRevert | None = None
    ) -> None:
        summary = {"changes": changes, "objects": counts.total(), **counts, "run": run and run.pk}
        if as_json:
            self.stdout.write(json.dumps({"summary": summary}))
            return
        text = _("%(changes)d changes of %(objects)d objects; %(left)d left for a person.")
        self.stdout.write(text % {**summary, "left": counts[Outcome.PERSON]})


_OUTCOMES = {
    MassRevertItem.State.DONE.value: Outcome.RESTORED,
    MassRevertItem.State.UNCHANGED.value: Outcome.NOTHING,
    MassRevertItem.State.FAILED.value: Outcome.PERSON,
    MassRevertItem.State.WAITING.value: Outcome.PERSON,
}


def _find_user(name: str) -> User:
    try:
        return User.objects.get_named(name)
    except User.DoesNotExist:
        message = _("Nobody here has the name “%(name)s”.") % {"name": name}
        raise CommandError(message) from None


def _read_since(text: str) -> datetime:
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            return timezone.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if len(text) == len("2026-05-01"):
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(_("“%(text)s” is not a date.") % {"text": text}) from None


def _as_json(one: Foreseen) -> dict[str, Any]:
    return {
        "type": one.target.object_type,
        "id": one.target.object_id,
        "title": one.title,
        "outcome": one.outcome,
        "changes": list(one.changes),
        "others": list(one.others),
        "problem": one.problem,
    }


def _as_line(one: Foreseen) -> str:
    rest = one.problem or ", ".join(one.changes)
    line = f"{one.target.object_type} {one.title}: {one.words}"
    return f"{line} ({rest})" if rest else line
