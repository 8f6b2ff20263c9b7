"""Blocking accounts and addresses: they may read and not write, for a while and for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import sort_key
from accounts.models import Block, User
from accounts.permissions import may, require
from accounts.roles import MODERATORS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

BLOCK = "accounts.block_people"
MAX_REASON = 1000
# No range is wider than that: after MediaWiki's $wgBlockCIDRLimit.
WIDEST_IPV4, WIDEST_IPV6 = 16, 19


@dataclass(frozen=True, kw_only=True)
class BlockTerms:
    """What a block says and how far it goes; ``expires_at`` None is for good."""

    reason: str
    expires_at: datetime | None = None
    holds_signed_in: bool = False
    refuses_signup: bool = True
    may_appeal: bool = True


@transaction.atomic
def block_user(*, user: User, terms: BlockTerms, by: User) -> Block:
    """Block an account, effective at its next request; its sessions go on, to read.

    Raise PermissionDenied about oneself, the bot and, but for administrators, moderators;
    ValidationError by field, also where the account is blocked already.
    """
    require(by, BLOCK)
    User.objects.select_for_update().get(pk=user.pk)
    _refuse_protected(user, by)
    _end_or_refuse(Block.objects.filter(user=user, ended_at=None))
    return _write(Block(user=user, made_by=by), terms)


@transaction.atomic
def block_range(*, network: str, terms: BlockTerms, by: User) -> Block:
    """Block an address or a range in CIDR; ValidationError by field.

    A range that holds a proxy of ours or the address of ``by`` is refused.
    """
    require(by, BLOCK)
    parsed = parse_range(network)
    first, last = sort_key(str(parsed[0])), sort_key(str(parsed[-1]))
    own = sort_key(by.client_address)
    if own and first <= own <= last:
        raise ValidationError({"target": _("You would block the address that you come from.")})
    if any(p.version == parsed.version and p.overlaps(parsed) for p in settings.TRUSTED_PROXIES):
        raise ValidationError({"target": _("All readers come through a proxy in this range.")})
    _end_or_refuse(Block.objects.filter(network=str(parsed), ended_at=None))
    return _write(Block(network=str(parsed), first=first, last=last, made_by=by), terms)


@transaction.atomic
def change_block(*, block_id: int, terms: BlockTerms, by: User) -> Block:
    """Give a standing block other terms; ValidationError where it is over."""
    require(by, BLOCK)
    block = _lock_standing(block_id)
    if block.user is not None:
        _refuse_protected(block.user, by)
    return _write(block, terms)


@transaction.atomic
def lift_block(*, block_id: int, by: User) -> Block:
    """End a block before its time; nobody lifts their own. ValidationError where it is over."""
    require(by, BLOCK)
    block = _lock_standing(block_id)
    block.ended_at, block.ended_by = timezone.now(), by
    block.save(update_fields=["ended_at", "ended_by"])
    return block


def parse_range(text: str) -> IPv4Network | IPv6Network:
    """Return an address or a range in CIDR; ValidationError for anything else, or too wide."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        message = _("This is no account, and no address or range such as 203.0.113.0/24.")
        raise ValidationError({"target": message}) from None
    widest = WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6
    if network.prefixlen < widest:
        message = _("This range is too wide: /%(widest)d is the widest.") % {"widest": widest}
        raise ValidationError({"target": message})
    return network


def may_block(by: User | AnonymousUser, user: User) -> bool:
    """Whether ``by`` may block that account; pages offer it then."""
    return may(by, BLOCK) and _why_protected(user, by) == ""


def _why_protected(user: User, by: User | AnonymousUser) -> str:
    if user == by:
        return _("Nobody blocks themselves.")
    if user.is_bot:
        return _("This is the account in whose name the site itself acts.")
    is_staff = user.is_superuser or user.groups.filter(name=MODERATORS).exists()
    if is_staff and not by.is_superuser:
        return _("Only an administrator can block a moderator.")
    return ""


def _refuse_protected(user: User, by: User) -> None:
    reason = _why_protected(user, by)
    if reason:
        raise PermissionDenied(reason)


def _end_or_refuse(blocks: models.QuerySet[Block]) -> None:
    """What stands is changed, not doubled; what is over makes room."""
    for block in blocks.select_for_update():
        if block.is_standing:
            raise ValidationError({"target": _("This is blocked already: change that block.")})
        block.ended_at = block.expires_at
        block.save(update_fields=["ended_at"])


def _lock_standing(block_id: int) -> Block:
    block = Block.objects.select_for_update(of=("self",)).get(pk=block_id)
    if not block.is_standing:
        raise ValidationError(_("This block is over already."))
    return block


def _write(block: Block, terms: BlockTerms) -> Block:
    reason = terms.reason.replace("\0", "").strip()
    if not reason:
        raise ValidationError({"reason": _("Say why: the blocked, and everyone, can read it.")})
    if terms.expires_at is not None and terms.expires_at <= timezone.now():
        raise ValidationError({"duration": _("It would be over already.")})
    block.reason = reason[:MAX_REASON]
    block.expires_at = terms.expires_at
    block.holds_signed_in = terms.holds_signed_in
    block.refuses_signup = terms.refuses_signup
    block.may_appeal = terms.may_appeal
    block.save()
    return block
