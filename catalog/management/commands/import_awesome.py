"""``manage.py import_awesome FILE [--dry-run] [--json] [--actor NAME] [--language CODE]``."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts.models import User
from catalog.awesome import UnreadableList, read_list
from catalog.importing import ImportResult, import_list


class Command(BaseCommand):
    help = """Bring the README of an awesome list into the catalog.

Safe to run twice: what stands already is left alone, and what people changed here since the last
import is never overwritten. All of it or nothing is written. The report names, by line, everything
that could not be taken or was taken in another way."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("file", type=Path, metavar="FILE", help="a README in Markdown, UTF-8")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one object: created, updated, unchanged, merged, refused, report",
        )
        parser.add_argument("--actor", metavar="NAME", help="whose edits these are (the bot's)")
        parser.add_argument("--language", metavar="CODE", default="en", help="of new entries (en)")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            text = read_list(path)
        except UnreadableList as error:
            raise CommandError(str(error)) from None
        actor = _find_actor(options["actor"])
        try:
            with closing(_Bar(options["verbosity"])) as bar:
                result = import_list(
                    text=text,
                    actor=actor,
                    name=path.name,
                    language=options["language"],
                    dry_run=options["dry_run"],
                    progress=bar.show,
                )
        except PermissionDenied as error:
            raise CommandError(f"{actor}: {error}") from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            message = _("Nothing was written, the database refused: %(reason)s.")
            raise CommandError(message % {"reason": reason}) from error
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(result), ensure_ascii=False))
        else:
            self._write_text(result, is_dry_run=options["dry_run"])

    def _write_text(self, result: ImportResult, *, is_dry_run: bool) -> None:
        for line in result.report:
            self.stdout.write(
                _("line %(line)d: %(message)s") % {"line": line.line, "message": line.message}
            )
        counts = _(
            "%(created)d created, %(updated)d updated, %(unchanged)d unchanged, "
            "%(merged)d merged, %(refused)d refused."
        ) % {name: count for name, count in _as_object(result).items() if name != "report"}
        self.stdout.write(_("Dry run, nothing was written: ") + counts if is_dry_run else counts)


def _find_actor(name: str | None) -> User | None:
    if name is None:
        return None
    try:
        return User.objects.get_named(name)
    except User.DoesNotExist:
        message = _("There is no account named “%(name)s”.")
        raise CommandError(message % {"name": name}) from None


def _as_object(result: ImportResult) -> dict[str, Any]:
    return {
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "merged": result.merged,
        "refused": result.refused,
        "report": [{"line": line.line, "message": line.message} for line in result.report],
    }


class _Bar:
    """A progress bar on standard error, if that is a terminal."""

    def __init__(self, verbosity: int) -> None:
        is_hidden = verbosity == 0 or not sys.stderr.isatty()
        self._bar = tqdm(unit=" entries", disable=is_hidden, leave=False, file=sys.stderr)

    def show(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()
