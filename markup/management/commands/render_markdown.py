"""``manage.py render_markdown``: Markdown from standard input to safe HTML."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from markup.rendering import OutputTooLarge, TextTooLong, render_markdown


class Command(BaseCommand):
    help = "Read Markdown (UTF-8) from standard input and write safe HTML."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError as error:
            raise CommandError(
                _("The input is not UTF-8 (at byte %(position)s).") % {"position": error.start}
            ) from error
        try:
            html = render_markdown(text)
        except (TextTooLong, OutputTooLarge) as error:
            raise CommandError(str(error)) from error
        # Bytes, so that no terminal's encoding or newline translation has a say.
        sys.stdout.buffer.write(html.encode())
        sys.stdout.buffer.flush()
