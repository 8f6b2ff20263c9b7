"""``manage.py create_demo_moderator``: somebody to try the review queue as."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.models import User
from accounts.roles import CONTRIBUTORS, MODERATORS, put_in_group

DEMO_NAME = "demo-moderator"


class Command(BaseCommand):
    """Make a moderator for trying the site out."""

    help = "Create a moderator with a new password, printed once; an existing account is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=DEMO_NAME, help="user name (default: %(default)s)")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if User.objects.filter(username__iexact=name).exists():
            self.stdout.write(f"The account {name} exists already: nothing changed")
            return
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(username=name, password=password)
        for group in (CONTRIBUTORS, MODERATORS):
            put_in_group(user=user, group=group)
        self.stdout.write(f"Moderator: {name}   password: {password}   (printed this once)")
