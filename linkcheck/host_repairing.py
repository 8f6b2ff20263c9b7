"""What a moderator can do about a host: rename it in links, retire its entries, vouch for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import ada_url
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import require
from changes.nudging import nudge_after_commit
from linkcheck.evidence import OWN_ADDRESS
from linkcheck.hosts import host_name
from linkcheck.kinds import DEAD_HOST, DEAD_LINK, HOST
from linkcheck.marks import mark_of
from linkcheck.missing_hosts import explain_missing, open_host_case
from linkcheck.models import Host, Link, LinkUse, Mark, Repair, RepairBatch
from linkcheck.repair_queue import NewRepair, queue_repairs
from linkcheck.tasks import carry_out_repairs
from linkcheck.transitions import lock_cases, refresh_uses
from linkcheck.verdicts import Override
from linkcheck.words import WORD, clear_word, read_word, restore_word
from markup.urls import InvalidUrl, link_url
from moderation.cases import log_decision, resolve_cases

if TYPE_CHECKING:
    from accounts.models import User

_PERMISSION = "moderation.decide_case"


@transaction.atomic
def replace_host(*, host: Host, new_host: str, reason: str, actor: User) -> dict[str, Any]:
    """Have ``new_host`` put in the place of ``host`` in all its links; paths stay.

    A worker does it, object by object, as ordinary revisions of ``actor``. Returns ``old_host``,
    ``new_host``, how many links there are (``count``) and the ``batch``. Raises ValidationError for
    the field ``new_host`` where it is no name.
    """
    name = _clean_host(host, new_host)
    parts = _parts(name)
    repairs = [
        NewRepair(pk, new_url=ada_url.replace_url(url, **parts)) for pk, url in _used_links(host)
    ]
    kind = RepairBatch.Kind.HOST_RENAMED
    details = _queue(kind, repairs, host=host, reason=reason, actor=actor)
    return {"old_host": host.name, "new_host": name, **details}


@transaction.atomic
def retire_host(*, host: Host, reason: str, actor: User) -> dict[str, Any]:
    """Have all entries whose own address is on ``host`` taken off the list; other uses stay.

    A worker does it, entry by entry. Returns how many there are (``count``), the ``batch``, and how
    many other links of the host are ``left``. Raises ValidationError where no entry has its address
    there.
    """
    links = dict(_used_links(host))
    own = LinkUse.objects.filter(link__host=host, link__is_used=True, field=OWN_ADDRESS)
    ids = sorted(set(own.values_list("link_id", flat=True)))
    if not ids:
        raise ValidationError(_("No entry has its address there: there is nothing to retire."))
    why = reason or _("There is no host %(name)s any more.") % {"name": host.name}
    repairs = [NewRepair(pk, action=Repair.Action.RETIRE) for pk in ids]
    kind = RepairBatch.Kind.HOST_RETIRED
    details = _queue(kind, repairs, host=host, reason=why, actor=actor)
    return {**details, "left": len(links) - len(ids)}


@transaction.atomic
def follow_host_moves(*, host: Host, actor: User, reason: str = "") -> dict[str, Any]:
    """Have all links of ``host`` that moved lead to where they moved, and those that died to where
    its other links were learned to have gone, where that was seen to answer.

    Returns how many there are (``count``), and the ``batch``; it stands in the public log. Raises
    ValidationError where there are none.
    """
    require(actor, _PERMISSION)
    repairs = [NewRepair(pk, new_url=new_url) for pk, new_url in find_host_moves(host)]
    if not repairs:
        raise ValidationError(_("None of its links is known to have moved."))
    kind = RepairBatch.Kind.HOST_MOVES
    details = _queue(kind, repairs, host=host, reason=reason, actor=actor)
    log_decision(
        kind=DEAD_HOST,
        target_type=HOST,
        target_id=host.pk,
        title=host.name,
        action="follow_moves",
        actor=actor,
        reason=reason,
        details=details,
    )
    return details


def find_host_moves(host: Host) -> list[tuple[int, str]]:
    """Links of ``host``, by id, with the address to which each has moved; not what waits."""
    waiting = Repair.objects.filter(link=OuterRef("pk"), done_at__isnull=True)
    links = Link.objects.used().filter(~Exists(waiting), host=host).order_by("pk")
    moved = links.filter(mark=Mark.MOVED).exclude(moved_to="").values_list("pk", "moved_to")
    died = links.filter(mark__in=[Mark.DEAD, Mark.SUSPECT], help__suggested_url__gt="")
    learned = died.values_list("pk", "help__suggested_url")
    return sorted([*moved, *((pk, url) for pk, url in learned if url)])


def _queue(
    kind: RepairBatch.Kind, repairs: list[NewRepair], *, host: Host, reason: str, actor: User
) -> dict[str, Any]:
    batch, count = queue_repairs(kind=kind, repairs=repairs, reason=reason, actor=actor, host=host)
    nudge_after_commit(carry_out_repairs)
    return {"count": count, "batch": batch.pk}


def _used_links(host: Host) -> list[tuple[int, str]]:
    links = list(Link.objects.used().filter(host=host).order_by("pk").values_list("pk", "url"))
    if not links:
        raise ValidationError(_("No link leads there any more: there is nothing to change."))
    return links


@transaction.atomic
def override_host(
    *,
    host: Host,
    override: Override,
    actor: User,
    reason: str = "",
    until: datetime | None = None,
) -> dict[str, Any]:
    """Put a person's word above what the checks say of all links of ``host``.

    For ever or ``until``; a link's own override goes before it. It survives every edit and every
    check, and holds for links that come later. Cases that it answers close by themselves; one
    opens for a host that is ``REALLY_DEAD``. Returns ``word_before`` and ``word_after``, by which
    it is taken back.
    """
    require(actor, _PERMISSION)
    now = timezone.now()
    _lock_cases(host)
    links = list(Link.objects.select_for_update().filter(host=host).order_by("pk"))
    held = Host.objects.select_for_update().get(pk=host.pk)
    before = read_word(held)
    held.override = override.value
    held.override_by, held.override_at = actor, now
    held.override_until, held.override_reason = until, reason
    held.save(update_fields=WORD)
    _repeat_in_links(links, held, now)
    note = _("A moderator decided about its whole host.")
    spoken_for = [link.pk for link in links if not link.override]
    resolve_cases(target_type="link", target_ids=spoken_for, note=note, kinds=[DEAD_LINK])
    if override is Override.REALLY_DEAD:
        open_host_case(held, _("A moderator says that the host is dead."))
    else:
        resolve_cases(target_type=HOST, target_ids=[host.pk], note=note, kinds=[DEAD_HOST])
    return {"word_before": before, "word_after": read_word(held)}


@transaction.atomic
def speak_for_host(
    *, host: Host, override: Override, actor: User, reason: str = "", days: int | None = None
) -> None:
    """Put a moderator's word above the checks of ``host`` outside the queue, for ever or ``days``.

    It stands in the public log like any decision.
    """
    until = timezone.now() + timedelta(days=days) if days else None
    words = override_host(host=host, override=override, actor=actor, reason=reason, until=until)
    log_decision(
        kind=DEAD_HOST,
        target_type=HOST,
        target_id=host.pk,
        title=host.name,
        action=override.value,
        actor=actor,
        reason=reason,
        details={"days": days, **words},
    )


@transaction.atomic
def withdraw_host_override(*, host: Host, actor: User) -> None:
    """Let the checks speak for the links of ``host`` again, which are looked at soon.

    Logged as a decision. Nothing happens where no word stands above it.
    """
    require(actor, _PERMISSION)
    _lock_cases(host)
    links = list(Link.objects.select_for_update().filter(host=host).order_by("pk"))
    held = Host.objects.select_for_update().get(pk=host.pk)
    if not held.override:
        return
    was_really_dead = held.override == Override.REALLY_DEAD
    before = read_word(held)
    clear_word(held)
    held.save(update_fields=WORD)
    _repeat_in_links(links, held, timezone.now())
    if held.missing_since:
        open_host_case(held, explain_missing(held))
    elif was_really_dead:
        note = _("The word of a moderator was taken back.")
        resolve_cases(target_type=HOST, target_ids=[host.pk], note=note, kinds=[DEAD_HOST])
    log_decision(
        kind=DEAD_HOST,
        target_type=HOST,
        target_id=host.pk,
        title=host.name,
        action="withdraw",
        actor=actor,
        details={"word_before": before, "word_after": read_word(held)},
    )


@transaction.atomic
def restore_host_word(*, host: Host, details: Mapping[str, Any], actor: User) -> None:
    """Put back the word that stood above ``host`` before the decision that has these ``details``.

    Its links are looked at soon. Raises ValidationError where the word was changed since.
    """
    require(actor, _PERMISSION)
    links = list(Link.objects.select_for_update().filter(host=host).order_by("pk"))
    held = Host.objects.select_for_update().get(pk=host.pk)
    restore_word(held, details)
    held.save(update_fields=WORD)
    _repeat_in_links(links, held, timezone.now())


def _repeat_in_links(links: list[Link], host: Host, now: datetime) -> None:
    """Repeat the word about a host in its locked links; have pages that show it drawn anew.

    Where it is taken back or ends, the verdict counts again: then the links are looked at.
    """
    due = host.override_until if host.override else now
    by_mark: defaultdict[str, list[int]] = defaultdict(list)
    for link in links:
        link.host_override, link.host_override_until = host.override, host.override_until
        mark = mark_of(link, now)
        if mark != link.mark:
            # Taken back: none until the next look, so that a case opens for what is dead still.
            by_mark[mark if host.override else Mark.NONE].append(link.pk)
    of_host = Link.objects.filter(host=host)
    of_host.update(host_override=host.override, host_override_until=host.override_until)
    for new_mark, ids in by_mark.items():
        Link.objects.filter(pk__in=ids).update(mark=new_mark)
    if due is not None:
        of_host.filter(next_check_at__gt=due).update(next_check_at=due)
    refresh_uses([pk for ids in by_mark.values() for pk in ids])


def _lock_cases(host: Host) -> None:
    """Hold the cases of a host and its links; before the links, as in a decision."""
    lock_cases(list(host.links.values_list("pk", flat=True)))


def _parts(name: str) -> dict[str, str]:
    """A host's name in the parts of an address; without a port the old one has to go."""
    parsed = ada_url.parse_url(f"http://{name}/", ("hostname", "port"))
    return {"hostname": parsed["hostname"], "port": parsed["port"]}


def _clean_host(host: Host, text: str) -> str:
    """The new name as it will stand in addresses; ValidationError where it is none."""
    name = text.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
    problem = _("This is not the name of a host.")
    if not name or any(sign in name for sign in "/?#@\\ "):
        raise ValidationError({"new_host": problem})
    try:
        address, _fragment = link_url(f"https://{name}/")
    except InvalidUrl as error:
        raise ValidationError({"new_host": problem}) from error
    cleaned = host_name(address)
    if cleaned == host.name:
        raise ValidationError({"new_host": _("This is the old name.")})
    return cleaned
