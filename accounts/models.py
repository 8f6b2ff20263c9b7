"""Who takes part: people, and the bot that acts for the site."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.names import MAX_LENGTH, validate_username

BOT_NAME = "perennial-bot"
MAX_ABOUT_LENGTH = 2_000


class UserManager(DjangoUserManager["User"]):
    """Users by the questions that are asked."""

    def get_named(self, username: str) -> "User":
        """Return the user of that name in whatever case; raise ``User.DoesNotExist``."""
        # Both sides by the database, which alone knows what its index takes for equal.
        return self.get(Exact(Lower("username"), Lower(Value(username))))

    def get_bot(self) -> "User":
        """Return the account in whose name the site itself acts (import, link checks).

        Made at the first call. Nobody can sign in with it: no password, and not active.
        """
        try:
            return self.get(username=BOT_NAME)
        except self.model.DoesNotExist:
            bot = self.model(username=BOT_NAME, is_bot=True, is_active=False)
            bot.set_unusable_password()
            # Two workers may arrive here together: the second takes what the first has made.
            return self.get_or_create(
                username=BOT_NAME,
                defaults={"is_bot": True, "is_active": False, "password": bot.password},
            )[0]


class User(AbstractUser):
    """An account. It is known by its user name alone: real names are not asked for."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("user name"),
        max_length=MAX_LENGTH,
        unique=True,
        validators=[validate_username],
        help_text=_("3 to 40 letters, digits, _ . or -. Everyone sees it beside your edits."),
        error_messages={"unique": _("This user name is taken.")},
    )
    is_bot = models.BooleanField(
        _("bot"), default=False, help_text=_("A program, not a person: marked so in every list.")
    )
    about = models.TextField(
        _("about"),
        max_length=MAX_ABOUT_LENGTH,
        blank=True,
        help_text=_("Markdown, at most 2,000 characters. Everyone can read it."),
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_ci",
                violation_error_message=_("This user name is taken."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What is shown, and stored beside each revision, for this account.

        The one place to change when an account can be erased and goes on as a pseudonym.
        """
        return self.username

    def get_full_name(self) -> str:
        """Return the label: there is no other name."""
        return self.label

    def get_short_name(self) -> str:
        """Return the label: there is no other name."""
        return self.label

    def get_absolute_url(self) -> str:
        """Return the address of the public profile."""
        return reverse("accounts:user_detail", args=[self.username])
