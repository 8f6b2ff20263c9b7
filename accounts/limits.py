"""Counting what people do against the table of limits (:mod:`accounts.rates`), exactly.

One row a limit and a person (or address), and one UPSERT that counts or refuses: however many
requests race, on SQLite and PostgreSQL alike, no more are let through than the rate says. The count
belongs to the transaction it is made in, so what is not done in the end is not counted either.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.addresses import limited_as
from accounts.models import LimitCounter
from accounts.rates import ACCOUNT, ADDRESS, ANONYMOUS, NEWCOMER, USER, Rate

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

UNLIMITED: Final = "accounts.is_not_limited"
FULL_RATE: Final = "accounts.has_full_rate"

LABELS: Final = {
    "edit": gettext_lazy("edits"),
    "rename": gettext_lazy("renames"),
    "rollback": gettext_lazy("rollbacks"),
    "proposal": gettext_lazy("proposals"),
    "link": gettext_lazy("new links to other sites"),
    "talk": gettext_lazy("posts on talk pages"),
    "feedback": gettext_lazy("answers to “Was this helpful?”"),
    "report": gettext_lazy("reports"),
    "check": gettext_lazy("checks asked for"),
    "preview": gettext_lazy("previews"),
    "upload": gettext_lazy("uploaded pictures"),
    "draft": gettext_lazy("drafts"),
    "signup": gettext_lazy("new accounts from one address"),
    "login": gettext_lazy("attempts to sign in"),
    "password_mail": gettext_lazy("mails for a lost password"),
}

# A window that ends later than this many periods from now was made by a clock that was set back
# since, or under a longer period: it begins anew. More than one, since racing requests disagree on
# the time by a little.
_BELIEVED_PERIODS: Final = 2

_UPSERT: Final = """
    INSERT INTO accounts_limitcounter AS known (key, used, ends_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN known.ends_at <= %s OR known.ends_at > %s THEN excluded.used
                    ELSE known.used + excluded.used END,
        ends_at = CASE WHEN known.ends_at <= %s OR known.ends_at > %s THEN excluded.ends_at
                       ELSE known.ends_at END
    WHERE known.ends_at <= %s OR known.ends_at > %s OR known.used + excluded.used <= %s
    RETURNING used
"""


class LimitReachedError(Exception):
    """Too many of one kind in a short time; ``wait`` is how long until the next is let through."""

    def __init__(self, name: str, rate: Rate, wait: timedelta) -> None:
        super().__init__(f"{name}: {rate.amount} in {rate.period}, wait {wait}")
        self.name = name
        self.rate = rate
        self.wait = wait

    @property
    def retry_after(self) -> int:
        """Whole seconds, for the header of that name (RFC 9110, 10.2.3)."""
        return max(1, ceil(self.wait.total_seconds()))

    @property
    def message(self) -> str:
        """Which limit it is and how long to wait, for a person."""
        return _("This is limited to %(amount)d %(what)s in %(period)s. Try again in %(wait)s.") % {
            "amount": self.rate.amount,
            "what": LABELS[self.name],
            "period": spell_duration(self.rate.period),
            "wait": spell_duration(timedelta(seconds=self.retry_after)),
        }


def count(name: str, *, actor: User | AnonymousUser, amount: int = 1) -> None:
    """Count that ``actor`` does ``amount`` of what the limit ``name`` holds.

    People without an account count by the address that the request came from
    (``actor.client_address``, set by the middleware). Raise :class:`LimitReachedError`, counting
    nothing.
    """
    standing = standing_of(actor)
    if standing is None:
        return
    if standing == ANONYMOUS:
        whom = f"address {limited_as(getattr(actor, 'client_address', ''))}"
    else:
        whom = f"user {actor.pk}"
    _take(name, _rate(name, standing), whom, amount)


def standing_of(actor: User | AnonymousUser) -> str | None:
    """Return whose rates hold ``actor``: anonymous, newcomer, user; None where none do."""
    if not actor.is_authenticated:
        return ANONYMOUS
    if actor.is_bot or actor.has_perm(UNLIMITED):
        return None
    return USER if actor.has_perm(FULL_RATE) else NEWCOMER


def is_limited(name: str, actor: User | AnonymousUser) -> bool:
    """Whether ``actor`` is counted at all: for what is costly to count."""
    standing = standing_of(actor)
    return standing is not None and _rate(name, standing) is not None


def count_address(name: str, *, address: str) -> None:
    """Count what is done from an address, by whomever. Raise :class:`LimitReachedError`."""
    _take(name, _rate(name, ADDRESS), f"address {limited_as(address)}", 1)


def count_account(name: str, *, account: str, address: str = "") -> None:
    """Count what is tried about an account, known by whatever name was typed.

    With ``address`` it is counted for each address apart: who floods an account from elsewhere
    never keeps its owner out (RELIABILITY §4). Raise :class:`LimitReachedError`.
    """
    _take(name, _rate(name, ACCOUNT), _account_key(account, address), 1)


def take_back_account(name: str, *, account: str, address: str = "") -> None:
    """Take one count of :func:`count_account` back: it was no failure."""
    key = _key(name, _account_key(account, address))
    LimitCounter.objects.filter(key=key, used__gt=0).update(used=F("used") - 1)


def spell_duration(duration: timedelta) -> str:
    """Return about how long ``duration`` is, in words, never shorter than it is."""
    seconds = max(1, ceil(duration.total_seconds()))
    if seconds < 100:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = ceil(seconds / 60)
    if minutes < 100:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = ceil(minutes / 60)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def forget_old_counts() -> int:
    """Delete what is over; how many rows there were."""
    return LimitCounter.objects.filter(ends_at__lte=timezone.now()).delete()[0]


def _rate(name: str, who: str) -> Rate | None:
    rates: dict[str, dict[str, Rate | None]] = settings.RATE_LIMITS
    return rates[name][who]


def _account_key(account: str, address: str) -> str:
    return f"account {account.strip().casefold()} {limited_as(address)}"


def _key(name: str, whom: str) -> str:
    """What is typed into a form of sign-in may be a password, and an address is a person's."""
    return salted_hmac("accounts.limits", f"{name} {whom}", algorithm="sha256").hexdigest()


def _take(name: str, rate: Rate | None, whom: str, amount: int) -> None:
    if rate is None or amount < 1:
        return
    if amount > rate.amount:
        raise LimitReachedError(name, rate, rate.period)
    key, now = _key(name, whom), timezone.now()
    if not take(key, rate, amount):
        ends_at = LimitCounter.objects.filter(key=key).values_list("ends_at", flat=True).first()
        raise LimitReachedError(name, rate, (ends_at or now) - now)


def take(key: str, rate: Rate, amount: int = 1) -> bool:
    """Count ``amount`` under ``key`` if the rate still has room for it; say whether it had."""
    now = timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    times = [adapt(now), adapt(now + rate.period * _BELIEVED_PERIODS)] * 3
    values: list[Any] = [key, amount, adapt(now + rate.period), *times, rate.amount]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        return cursor.fetchone() is not None
