"""Whether the places that links name within pages are there (rule 15): told to moderators only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from changes.models import ObjectType
from linkcheck.kinds import MISSING_FRAGMENT, PRIORITY
from linkcheck.models import LinkUse
from linkcheck.observations import FragmentState
from linkcheck.transitions import Transition
from moderation.cases import NewCase, open_cases, resolve_cases

#: Missing at two looks so far apart before a moderator is asked.
STANDING = timedelta(hours=24)


def write_fragments(transitions: Sequence[Transition]) -> None:
    """Note what was seen of the fragments in use, and open or close the cases of their links.

    Inside the transaction that writes the links, whose cases are locked. Nothing is asked of the
    database where no fragment was looked for.
    """
    looks = {t.link.pk: t for t in transitions if t.seen.fragments}
    if not looks:
        return
    uses = list(_uses_of(looks))
    _note_states(uses, looks)
    missing: defaultdict[int, list[LinkUse]] = defaultdict(list)
    for use in uses:
        if use.fragment_state == FragmentState.MISSING:
            missing[use.link_id].append(use)
    standing = [looks[pk] for pk, found in missing.items() if _begins_to_stand(found, looks[pk])]
    _open(standing, missing)
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=sorted(looks.keys() - missing.keys()),
        note=_("The place is there, or no link leads to it any more."),
        kinds=[MISSING_FRAGMENT],
    )


def _uses_of(link_ids: Collection[int]) -> Iterable[LinkUse]:
    return LinkUse.objects.filter(link_id__in=link_ids).exclude(fragment="").order_by("pk")


def _note_states(uses: Sequence[LinkUse], looks: dict[int, Transition]) -> None:
    changed = []
    for use in uses:
        seen = looks[use.link_id].seen
        state = seen.fragments.get(use.fragment)
        # What could not be told this time does not undo what was.
        if state is None or (state is FragmentState.UNVERIFIABLE and use.fragment_state):
            continue
        if use.fragment_state != state:
            use.fragment_state, use.fragment_since = state.value, seen.at
            changed.append(use)
    if changed:
        LinkUse.objects.bulk_update(changed, ["fragment_state", "fragment_since"], batch_size=300)


def _begins_to_stand(uses: Sequence[LinkUse], look: Transition) -> bool:
    """Whether one of ``uses`` is missing for long enough since this very look: asked once."""
    before, now = look.before.checked_at, look.seen.at
    return any(
        _has_stood(use.fragment_since, now)
        and not (before is not None and _has_stood(use.fragment_since, before))
        for use in uses
    )


def _has_stood(since: datetime | None, at: datetime) -> bool:
    return since is not None and at - since >= STANDING


def _open(standing: Sequence[Transition], missing: dict[int, list[LinkUse]]) -> None:
    if not standing:
        return
    open_cases(
        kind=MISSING_FRAGMENT,
        target_type=ObjectType.LINK,
        cases=[
            NewCase(
                target_id=t.link.pk,
                title=t.link.url,
                reason=_("The page is there, but not the place in it: %(places)s.")
                % {"places": _name_places(missing[t.link.pk])},
                evidence={"fragments": sorted({use.fragment for use in missing[t.link.pk]})},
                priority=PRIORITY[MISSING_FRAGMENT],
            )
            for t in standing
        ],
    )


def _name_places(uses: Sequence[LinkUse]) -> str:
    return ", ".join(f"#{fragment[:80]}" for fragment in sorted({use.fragment for use in uses})[:5])
