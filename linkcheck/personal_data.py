"""What link checking holds of a person: who vouched for which link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accounts.erasing import Erasure, keep_personal_data
from linkcheck.models import Confirmation, Link
from linkcheck.verdicts import Override

if TYPE_CHECKING:
    from accounts.models import User


def register_personal_data() -> None:
    """Called once by ``LinkcheckConfig.ready``."""
    keep_personal_data(erase=erase, export=export)


def export(user: User) -> Mapping[str, Any]:
    """Which links they said work for them."""
    confirmed = Confirmation.objects.filter(user=user).order_by("pk")
    return {"confirmed_links": list(confirmed.values("at", "link__url"))}


def erase(erasure: Erasure) -> None:
    """A link stays confirmed by as many people, one of them under the pseudonym."""
    vouched = Link.objects.filter(override=Override.CONFIRMED)
    vouched = vouched.filter(override_reason__icontains=erasure.name)
    erasure.reword_rows(vouched.order_by(), "override_reason")
