"""What apps above this one tell on a person's page: registered in their ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

Teller = Callable[["User", "User | AnonymousUser"], Mapping[str, Any]]
_tellers: list[Teller] = []


def tell_on_profile(teller: Teller) -> None:
    """Have ``teller(profile, reader)`` asked for more that the page's template can show."""
    if teller not in _tellers:
        _tellers.append(teller)


def ask_tellers(profile: User, reader: User | AnonymousUser) -> dict[str, Any]:
    """All that they tell, by the names that the template knows."""
    return {name: value for tell in _tellers for name, value in tell(profile, reader).items()}
