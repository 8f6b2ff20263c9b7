"""``manage.py promote_user NAME GROUP``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.roles import GROUPS, put_in_group


class Command(BaseCommand):
    """Put an account into a group."""

    help = f"Make an account a member of a group: {', '.join(GROUPS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name, in any case")
        parser.add_argument("group", help=f"one of {', '.join(GROUPS)}; any case, plural or not")

    def handle(self, *args: Any, **options: Any) -> None:
        group = find_group(options["group"])
        try:
            user = User.objects.get_named(options["name"])
        except User.DoesNotExist:
            raise CommandError(f"there is no account named {options['name']!r}") from None
        if put_in_group(user=user, group=group):
            self.stdout.write(f"{user.username} is now in {group}")
        else:
            self.stdout.write(f"{user.username} was in {group} already: nothing changed")


def find_group(word: str) -> str:
    """Return the group that ``word`` means; raise ``CommandError`` with the choices."""
    for name in GROUPS:
        if word.casefold() in {name.casefold(), name.casefold().removesuffix("s")}:
            return name
    raise CommandError(f"there is no group {word!r}: choose from {', '.join(GROUPS)}")
