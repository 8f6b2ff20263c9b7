"""Who takes part: people, and the bot that acts for the site."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.addresses import sort_key
from accounts.names import MAX_LENGTH, skeleton, validate_username

BOT_NAME = "perennial-bot"
ANONYMOUS_NAME = "anonymous"  # nobody can sign up with it (accounts.names)
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
        return self._get_nobody(BOT_NAME, is_bot=True)

    def get_anonymous(self) -> "User":
        """Return the account that stands for people without one, as authors of what they proposed.

        Made at the first call. Nobody can sign in with it, and it may do nothing.
        """
        return self._get_nobody(ANONYMOUS_NAME, is_bot=False)

    def _get_nobody(self, name: str, *, is_bot: bool) -> "User":
        try:
            return self.get(username=name)
        except self.model.DoesNotExist:
            nobody = self.model(username=name)
            nobody.set_unusable_password()
            # Two workers may arrive here together: the second takes what the first has made.
            return self.get_or_create(
                username=name,
                defaults={"is_bot": is_bot, "is_active": False, "password": nobody.password},
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

    # In which mails are written: of signing up or in, until it is chosen; "" for the site's.
    language = models.CharField(
        _("language"), max_length=12, blank=True, default="", db_default="", editable=False
    )

    objects: ClassVar[UserManager] = UserManager()

    # Where the request came from in which this account acts (``config.visitors``); "" outside.
    client_address: str = ""

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

        Once the account is erased it is a pseudonym, there as well (:mod:`accounts.erasing`).
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


class ErasedNameManager(models.Manager["ErasedName"]):
    """Names by digest: they are known again and cannot be read."""

    def keep(self, name: str) -> None:
        """Never give ``name`` to anyone again."""
        self.get_or_create(digest=self._digest(name))

    def has(self, name: str) -> bool:
        """Whether ``name``, or one that looks like it, was that of an account that was erased."""
        return self.filter(digest=self._digest(name)).exists()

    def _digest(self, name: str) -> str:
        return salted_hmac("accounts.erased", skeleton(name), algorithm="sha256").hexdigest()


class ErasedName(models.Model):
    """That a name was in use and is not given again: who erased an account is not impersonated."""

    digest = models.CharField(max_length=64, primary_key=True)

    objects = ErasedNameManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest


class LimitCounter(models.Model):
    """How many of something were done in the window that runs; written by ``accounts.limits``."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest: nobody is named here
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        permissions = [
            ("is_not_limited", _("Is held by no limit on how often something is done")),
            ("has_full_rate", _("May do as much in a minute as people who are known here")),
        ]

    def __str__(self) -> str:
        return f"{self.used} until {self.ends_at}"


class BlockQuerySet(models.QuerySet["Block"]):
    """Blocks by the questions that are asked."""

    def standing(self) -> "BlockQuerySet":
        """Those that hold now: neither lifted nor over."""
        now = timezone.now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), ended_at=None)

    def ended(self) -> "BlockQuerySet":
        """Those that were lifted, or are over."""
        return self.filter(Q(ended_at__isnull=False) | Q(expires_at__lte=timezone.now()))

    def of_address(self, address: str) -> "BlockQuerySet":
        """Those of ranges that ``address`` lies in."""
        place = sort_key(address)
        return self.filter(first__lte=place, last__gte=place) if place else self.none()

    def matching(self, words: str) -> "BlockQuerySet":
        """Those whose account or reason has the words, or whose range the address lies in."""
        named = Q(user__username__icontains=words) | Q(reason__icontains=words)
        place = sort_key(words)
        within = Q(first__lte=place, last__gte=place) if place else Q(network__startswith=words)
        return self.filter(named | (within & ~Q(network="")))


class Block(models.Model):
    """An account, or a range of addresses, that may read and not write for a while.

    Written by :mod:`accounts.blocking`, and never deleted: one that is over tells its story.
    """

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="blocks")
    network = models.CharField(max_length=43, blank=True)  # CIDR; "" for that of an account
    # Its first and last address as :func:`accounts.addresses.sort_key` writes them.
    first = models.CharField(max_length=32, blank=True)
    last = models.CharField(max_length=32, blank=True)
    reason = models.TextField()
    expires_at = models.DateTimeField(null=True)  # never, where there is none
    # Of a range: whether it holds people who are signed in as well, and accounts being made.
    holds_signed_in = models.BooleanField(default=False)
    refuses_signup = models.BooleanField(default=True)
    may_appeal = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)  # lifted, or replaced by a newer one
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = BlockQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("block_people", _("Can block accounts and addresses"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, network="") | Q(user=None) & ~Q(network=""),
                name="block_of_account_or_range",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="block_one_an_account"
            ),
            models.UniqueConstraint(
                fields=["network"],
                condition=Q(ended_at=None) & ~Q(network=""),
                name="block_one_a_range",
            ),
        ]
        indexes = [models.Index(fields=["first", "last"], name="block_range")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Who is blocked."""
        return self.user.label if self.user else self.network

    @property
    def is_standing(self) -> bool:
        """Whether it holds now."""
        return self.ended_at is None and (
            self.expires_at is None or self.expires_at > timezone.now()
        )


class TrapCount(models.Model):
    """How many forms the traps of :mod:`accounts.traps` caught in a day."""

    day = models.DateField()
    form = models.CharField(max_length=24)
    trap = models.CharField(max_length=12)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "form", "trap"], name="trap_one_row_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.form} {self.trap}: {self.count}"
