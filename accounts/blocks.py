"""Whether somebody is blocked, and what they are told then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Block

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class BlockedError(PermissionDenied):
    """The actor is blocked; the message says why and until when."""

    def __init__(self, block: Block) -> None:
        super().__init__(explain_block(block))
        self.block = block


def find_block(actor: User | AnonymousUser) -> Block | None:
    """Return what keeps ``actor`` from writing: of the account, or of where the request is from.

    One query; asked once in a request, and anew for an actor who belongs to none.
    """
    if getattr(actor, "is_bot", False):
        return None
    found: tuple[Block | None] | None = getattr(actor, "_found_block", None)
    if found is None:
        found = (_look_for_block(actor),)
        if getattr(actor, "client_address", ""):  # it is that of a request, and lives no longer
            actor._found_block = found  # type: ignore[union-attr]
    return found[0]


def find_signup_block(address: str) -> Block | None:
    """Return what keeps people at ``address`` from making an account."""
    return Block.objects.standing().of_address(address).filter(refuses_signup=True).first()


def explain_block(block: Block) -> str:
    """Say to the blocked why, until when, and what they still may."""
    values = {"reason": block.reason, "until": spell_end(block)}
    if block.user_id is not None:
        text = _("Your account is blocked %(until)s: %(reason)s") % values
    else:
        text = _("Changes from your network address are blocked %(until)s: %(reason)s") % values
    return text + " " + _("You can go on reading everything.")


def spell_end(block: Block) -> str:
    """Return until when, as the end of a sentence; exact, since it is about a right."""
    if block.expires_at is None:
        return _("for good")
    when = timezone.localtime(block.expires_at)
    return _("until %(when)s UTC") % {"when": date_format(when, "DATETIME_FORMAT")}


def _look_for_block(actor: User | AnonymousUser) -> Block | None:
    standing = Block.objects.standing()
    ranges = standing.of_address(getattr(actor, "client_address", ""))
    if not actor.is_authenticated:
        return ranges.first()
    own = standing.filter(user_id=actor.pk)
    return (own | ranges.filter(holds_signed_in=True)).order_by("network").first()
