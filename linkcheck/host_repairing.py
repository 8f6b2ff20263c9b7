"""What a moderator can do about a host: rename it in links, retire its entries, vouch for it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import ada_url
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import require
from linkcheck.evidence import find_uses
from linkcheck.hosts import host_name
from linkcheck.kinds import DEAD_HOST, DEAD_LINK, HOST
from linkcheck.marks import mark_of
from linkcheck.missing_hosts import explain_missing, open_host_case
from linkcheck.models import Host, Link, Mark
from linkcheck.repairing import lock_uses, replace_link, retire_entries
from linkcheck.transitions import lock_cases, refresh_uses
from linkcheck.verdicts import Override
from markup.urls import InvalidUrl, link_url
from moderation.cases import log_decision, resolve_cases

if TYPE_CHECKING:
    from accounts.models import User

_PERMISSION = "moderation.decide_case"
#: So many links of a host are changed in one decision: each is a revision, within one request.
MAX_LINKS = 200


@transaction.atomic
def replace_host(*, host: Host, new_host: str, reason: str, actor: User) -> dict[str, Any]:
    """Put ``new_host`` in the place of ``host`` in all its links; paths stay.

    Each is an ordinary revision of ``actor``. Returns ``old_host``, ``new_host``, how many links
    were ``replaced`` and the addresses that are ``left`` because theirs could not be. Raises
    ValidationError for the field ``new_host`` where it is no name, or nothing could be replaced.
    """
    name = _clean_host(host, new_host)
    links = _lock_links(host)
    replaced, problems = 0, {}
    for link in links:
        new_url = ada_url.replace_url(link.url, **_parts(name))
        try:
            with transaction.atomic():
                replace_link(link=link, new_url=new_url, reason=reason, actor=actor)
        except ValidationError as error:
            problems[link.display_url] = " ".join(error.messages)
        else:
            replaced += 1
    if not replaced:
        said = "; ".join(f"{url}: {problem}" for url, problem in list(problems.items())[:3])
        message = _("No link could be replaced. %(problems)s") % {"problems": said}
        raise ValidationError({"new_host": message})
    return {
        "old_host": host.name,
        "new_host": name,
        "replaced": replaced,
        "left": list(problems),
    }


@transaction.atomic
def retire_host(*, host: Host, reason: str, actor: User) -> dict[str, Any]:
    """Take all entries whose own address is on ``host`` off the list; other uses stay.

    Returns the titles of what was ``retired`` and of where links of it are ``left``. Raises
    ValidationError where no entry has its address there.
    """
    why = reason or _("There is no host %(name)s any more.") % {"name": host.name}
    retired: dict[str, None] = {}
    left: dict[str, None] = {}
    links = _lock_links(host)
    uses = find_uses([link.pk for link in links])
    for link in links:
        if any(use.is_own_address for use in uses[link.pk]):
            done = retire_entries(link=link, reason=why, actor=actor)
            retired |= dict.fromkeys(done["retired"])
            left |= dict.fromkeys(done["left"])
        else:
            left |= dict.fromkeys(use.ref.title for use in uses[link.pk])
    if not retired:
        raise ValidationError(_("No entry has its address there: there is nothing to retire."))
    return {"retired": list(retired), "left": list(left)}


@transaction.atomic
def override_host(
    *,
    host: Host,
    override: Override,
    actor: User,
    reason: str = "",
    until: datetime | None = None,
) -> Host:
    """Put a person's word above what the checks say of all links of ``host``.

    For ever or ``until``; a link's own override goes before it. It survives every edit and every
    check, and holds for links that come later. Cases that it answers close by themselves; one
    opens for a host that is ``REALLY_DEAD``.
    """
    require(actor, _PERMISSION)
    now = timezone.now()
    _lock_cases(host)
    links = list(Link.objects.select_for_update().filter(host=host).order_by("pk"))
    held = Host.objects.select_for_update().get(pk=host.pk)
    held.override = override.value
    held.override_by, held.override_at = actor, now
    held.override_until, held.override_reason = until, reason
    held.save(update_fields=_OVERRIDE)
    _repeat_in_links(links, held, now)
    note = _("A moderator decided about its whole host.")
    spoken_for = [link.pk for link in links if not link.override]
    resolve_cases(target_type="link", target_ids=spoken_for, note=note, kinds=[DEAD_LINK])
    if override is Override.REALLY_DEAD:
        open_host_case(held, _("A moderator says that the host is dead."))
    else:
        resolve_cases(target_type=HOST, target_ids=[host.pk], note=note, kinds=[DEAD_HOST])
    return held


@transaction.atomic
def speak_for_host(
    *, host: Host, override: Override, actor: User, reason: str = "", days: int | None = None
) -> None:
    """Put a moderator's word above the checks of ``host`` outside the queue, for ever or ``days``.

    It stands in the public log like any decision.
    """
    until = timezone.now() + timedelta(days=days) if days else None
    override_host(host=host, override=override, actor=actor, reason=reason, until=until)
    log_decision(
        kind=DEAD_HOST,
        target_type=HOST,
        target_id=host.pk,
        title=host.name,
        action=override.value,
        actor=actor,
        reason=reason,
        details={"days": days},
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
    held.override, held.override_reason = "", ""
    held.override_by = held.override_at = held.override_until = None
    held.save(update_fields=_OVERRIDE)
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
    )


_OVERRIDE = [
    "override",
    "override_by",
    "override_at",
    "override_until",
    "override_reason",
]


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


def _lock_links(host: Host) -> list[Link]:
    """The used links of ``host``; they and all that they stand in are locked, objects first."""
    links = list(Link.objects.used().filter(host=host).order_by("pk")[: MAX_LINKS + 1])
    if not links:
        raise ValidationError(_("No link leads there any more: there is nothing to change."))
    if len(links) > MAX_LINKS:
        message = _("More than %(count)d links lead there: too many for one decision.")
        raise ValidationError(message % {"count": MAX_LINKS})
    uses = find_uses([link.pk for link in links])
    lock_uses([use for found in uses.values() for use in found], [link.pk for link in links])
    return links


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
