"""``manage.py erase_user NAME``."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.erasing import erase_user
from accounts.models import User


class Command(BaseCommand):
    """Erase an account for good."""

    help = (
        "Erase an account for good: its name gives way to a pseudonym everywhere, its addresses,"
        " sessions and notifications are deleted, what it wrote stays. Nobody can undo it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name, in any case")
        parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get_named(options["name"])
        except User.DoesNotExist:
            raise CommandError(f"there is no account named {options['name']!r}") from None
        if not options["yes"]:
            self.stdout.write(self.help)
            if input(f"Type {user.username} to erase it: ") != user.username:
                raise CommandError("nothing was erased")
        try:
            pseudonym = erase_user(user=user, actor=User.objects.get_bot())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"Erased: what it wrote stands under the name {pseudonym}")
