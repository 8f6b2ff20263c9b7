"""``manage.py check_integrity [--json]``."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from changes.integrity import Finding
from wiki.integrity import find_damage


class Command(BaseCommand):
    help = """Compare everything that is stored with what follows from it, and change nothing.

Every object is its newest revision, revisions are numbered from 1 without a gap, each has one line
in recent changes; rendered pages, links, places and tags are what they would be if made anew. One
line for each finding; the exit status is 1 if there is any. Safe on a running site."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="one object a line for each finding: object_type, object_id, damage, message",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        write = self._write_json if options["json"] else self._write_line
        count = 0
        try:
            for finding in find_damage():
                write(finding)
                count += 1
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            message = _("The database does not answer as it should: %(reason)s")
            raise CommandError(message % {"reason": reason}) from error
        if count:
            raise CommandError(_("Findings: %(count)d.") % {"count": count})
        if not options["json"]:
            self.stdout.write(_("Nothing found: all that is stored agrees."))

    def _write_line(self, finding: Finding) -> None:
        self.stdout.write(str(finding))

    def _write_json(self, finding: Finding) -> None:
        self.stdout.write(
            json.dumps(
                {
                    "object_type": finding.object_type,
                    "object_id": finding.object_id,
                    "damage": finding.damage,
                    "message": finding.message,
                },
                ensure_ascii=False,
            )
        )
