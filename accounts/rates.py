"""How often one may do what: the table of limits, and how an operator changes it.

Plain Python, since the settings read it. The defaults follow MediaWiki's ``$wgRateLimits`` and
RELIABILITY §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

ANONYMOUS: Final = "anonymous"
NEWCOMER: Final = "newcomer"
USER: Final = "user"
ADDRESS: Final = "address"  # whoever asks from there, signed in or not
ACCOUNT: Final = "account"  # what is asked about an account, from one address

_SPELLING: Final = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,3})?([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Rate:
    """So many in a period, which begins with the first."""

    amount: int
    period: timedelta


def parse_rate(spelling: str) -> Rate | None:
    """Return the rate that ``8/1m`` spells (seconds, minutes, hours, days), None for ``off``.

    Raise ``ValueError`` for anything else.
    """
    if spelling == "off":
        return None
    match = _SPELLING.fullmatch(spelling)
    if match is None:
        raise ValueError(f"{spelling!r} is no rate; write 8/1m, 10/1h, 6/1d or off")
    amount, count, unit = match.groups()
    return Rate(int(amount), timedelta(**{_UNITS[unit]: int(count or 1)}))


# Who may do how many of what. Moderators and the bot are held by none of those of people.
DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "edit": {ANONYMOUS: "8/1m", NEWCOMER: "8/1m", USER: "90/1m"},
        "rename": {ANONYMOUS: "2/2m", NEWCOMER: "2/2m", USER: "8/1m"},
        "rollback": {ANONYMOUS: "5/2m", NEWCOMER: "5/2m", USER: "10/1m"},
        "proposal": {ANONYMOUS: "8/1m", NEWCOMER: "8/1m", USER: "90/1m"},
        "link": {ANONYMOUS: "10/1h", NEWCOMER: "20/1h", USER: "off"},
        "feedback": {ANONYMOUS: "10/1h", NEWCOMER: "30/1h", USER: "60/1h"},
        "talk": {ANONYMOUS: "4/5m", NEWCOMER: "4/5m", USER: "20/5m"},
        "report": {ANONYMOUS: "5/1h", NEWCOMER: "10/1h", USER: "30/1h"},
        "check": {ANONYMOUS: "10/1h", NEWCOMER: "10/1h", USER: "10/1h"},
        "preview": {ANONYMOUS: "30/1m", NEWCOMER: "60/1m", USER: "120/1m"},
        "upload": {ANONYMOUS: "5/1h", NEWCOMER: "5/1h", USER: "30/1h"},
        "draft": {ANONYMOUS: "30/1m", NEWCOMER: "30/1m", USER: "60/1m"},
        "signup": {ADDRESS: "6/1d"},
        "login": {ADDRESS: "30/5m", ACCOUNT: "5/5m"},
        "password_mail": {ADDRESS: "5/1h", ACCOUNT: "5/1h"},
    }
)

Rates = dict[str, dict[str, Rate | None]]


def read_rates(changes: Iterable[str] = ()) -> Rates:
    """Return the table with an operator's ``edit.user=120/1m`` in it; ``off`` alone empties it.

    Raise ``ValueError`` with a sentence for a limit that does not exist or a rate that is none.
    """
    rates: Rates = {
        name: {who: parse_rate(spelling) for who, spelling in row.items()}
        for name, row in DEFAULTS.items()
    }
    for change in (change.strip() for change in changes):
        if change == "off":
            rates = {name: dict.fromkeys(row) for name, row in rates.items()}
            continue
        place, _equals, spelling = change.partition("=")
        name, _dot, who = place.partition(".")
        if who not in rates.get(name, {}):
            raise ValueError(f"{change!r}: there is no limit {place!r}")
        rates[name][who] = parse_rate(spelling)
    return rates
