"""``manage.py make_starter [LIST]``: fill a new site, or propose what a new edition brings."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.awesome import UnreadableList
from wiki.paths.rendering import render_stale_paths
from wiki.rendering import render_stale_pages
from wiki.starter import fill_site
from wiki.starter_files import StarterError
from wiki.starter_update import Outcome, UpdateResult, update_site


class Command(BaseCommand):
    help = """Fill a new site with the starter in starter/, or with a README of your own.

A site that holds sections, resources or pages is left as it is. With --update it is compared with
the starter (or LIST) as that is now, and what differs waits for a moderator as proposals; what
people changed, renamed, retired or deleted is never overwritten or brought back."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "list", nargs="?", type=Path, metavar="LIST", help="a README to begin with instead"
        )
        parser.add_argument(
            "--update", action="store_true", help="propose what a new edition of the list brings"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="with --update: say what would be proposed"
        )
        parser.add_argument("--json", action="store_true", help="the result for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        starter: Path = settings.BASE_DIR / "starter"
        own: Path | None = options["list"]
        if options["dry_run"] and not options["update"]:
            raise CommandError(_("--dry-run goes with --update."))
        source: dict[str, Any] = {
            "list_path": own or starter / "README.md",
            "pages_path": None if own else starter / "pages",
            "paths_path": None if own else starter / "paths",
            "actor": User.objects.get_bot(),
        }
        try:
            if options["update"]:
                result = update_site(**source, dry_run=options["dry_run"])
                self._tell_update(result, is_dry=options["dry_run"], as_json=options["json"])
            else:
                self._fill(source, as_json=options["json"])
        except (StarterError, UnreadableList) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None

    def _fill(self, source: dict[str, Any], *, as_json: bool) -> None:
        result = fill_site(**source)
        # Pages link to pages that came after them: no worker need run before the first reader.
        render_stale_pages()
        render_stale_paths()
        loaded = {
            "resources": result.imported.created if result.imported else 0,
            "pages": len(result.pages),
            "paths": len(result.paths),
        }
        if as_json:
            self.stdout.write(json.dumps({"filled": result.imported is not None, **loaded}))
        elif result.imported is None:
            self.stdout.write(_("The site is filled already; nothing was changed."))
        else:
            message = _("Loaded %(resources)d resources, %(pages)d pages, %(paths)d paths.")
            self.stdout.write(message % loaded)
            if result.imported.refused:
                message = _("%(n)d entries could not be taken; import_awesome says why.")
                self.stdout.write(message % {"n": result.imported.refused})

    def _tell_update(self, result: UpdateResult, *, is_dry: bool, as_json: bool) -> None:
        if as_json:
            lines = [asdict(line) for line in result.lines]
            told = {"dry_run": is_dry, "counts": result.counts, "lines": lines}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for line in result.lines:
            note = f" ({line.note})" if line.note else ""
            self.stdout.write(f"{line.outcome.label}: {line.object_type} “{line.title}”{note}")
        counts = [f"{result.counts.get(o, 0)} {o.label}" for o in Outcome if result.counts.get(o)]
        self.stdout.write(", ".join(counts) + ".")
        if is_dry:
            self.stdout.write(_("A dry run: nothing was written."))
