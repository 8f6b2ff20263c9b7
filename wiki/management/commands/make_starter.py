"""``manage.py make_starter [LIST]``: fill a new site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.awesome import UnreadableList
from wiki.rendering import render_stale_pages
from wiki.starter import StarterError, fill_site


class Command(BaseCommand):
    help = """Fill a new site with the starter in starter/, or with a README of your own.

A site that holds sections, resources or pages is left as it is."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "list", nargs="?", type=Path, metavar="LIST", help="a README to begin with instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        starter: Path = settings.BASE_DIR / "starter"
        own: Path | None = options["list"]
        try:
            result = fill_site(
                list_path=own or starter / "README.md",
                pages_path=None if own else starter / "pages",
                actor=User.objects.get_bot(),
            )
        except (StarterError, UnreadableList) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if result.imported is None:
            self.stdout.write(_("The site is filled already; nothing was changed."))
            return
        # Pages link to pages that came after them: no worker need run before the first reader.
        render_stale_pages()
        self.stdout.write(
            _("Loaded %(resources)d resources and %(pages)d pages.")
            % {"resources": result.imported.created, "pages": len(result.pages)}
        )
