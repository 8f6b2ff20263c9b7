"""Whether a page that answers 2xx is there all the same (policy 9 to 11): pure, no clock, no net.

Nothing here condemns for one sign alone. A soft 404 needs an address that cannot exist and is
answered alike; a title in words such as "page not found" only lowers how alike it must be.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from linkcheck.fingerprints import compare_fingerprints
from linkcheck.observations import Observation, SiblingLook, Sign
from linkcheck.places import is_root, is_trivial_move, lands_shallower, place_of, without_fragment
from linkcheck.titles import says_not_found
from linkcheck.verdicts import Reason

#: As alike as two readings of one page are.
ALIKE = 0.9
#: Enough where both titles say that there is no such page.
ALIKE_BY_TITLE = 0.5
#: A text that has so little of the last one became another.
ANOTHER_TEXT = 0.3
#: So many deep links of a host on one shallower page are a rule of its, not a coincidence (10).
LANDINGS = 3
#: A whole host changed at once (11): this share of its other links, of which there are so many.
CHANGED_SHARE = 0.8
ENOUGH_NEIGHBOURS = 2

_WORD = re.compile(r"\w+")


def is_another_text(seen: Observation) -> bool:
    """Return whether the text is not that of the last good answer any more."""
    return seen.likeness is not None and seen.likeness < ANOTHER_TEXT


def lands_elsewhere(seen: Observation) -> bool:
    """Return whether a deep link ended at the root or at a shallower page (10)."""
    return (
        seen.is_redirected
        and lands_shallower(seen.url, seen.final_url)
        and not is_trivial_move(seen.url, seen.final_url)
    )


def lands_with(seen: Observation, look: SiblingLook | None) -> bool:
    """Return whether redirects took both to the same address (9, 10).

    A page that was not redirected is not "landed on": a neighbour may well fall back to it.
    """
    if look is None or look.status is None or not seen.is_redirected:
        return False
    final = without_fragment(seen.final_url)
    is_same = final == without_fragment(look.final_url) != without_fragment(look.url)
    return is_same and not is_trivial_move(without_fragment(seen.url), final)


def reads_like(seen: Observation, look: SiblingLook | None) -> bool:
    """Return whether the text is that which the host gives for what cannot exist (9)."""
    if look is None or look.status is None or not 200 <= look.status < 300:
        return False
    likeness = compare_fingerprints(seen.fingerprint, look.fingerprint)
    if says_not_found(seen.title):
        is_same_kind = says_not_found(look.title) or not look.title
        return likeness >= (ALIKE_BY_TITLE if is_same_kind else ALIKE)
    # A page that has a title of its own is somebody's, however thin its text.
    same_title = _bare_title(seen.title, seen.url) == _bare_title(look.title, look.url)
    return same_title and likeness >= ALIKE


def is_alike(seen: Observation, look: SiblingLook | None) -> bool:
    """Return whether an address that cannot exist is answered as this one is."""
    return lands_with(seen, look) or reads_like(seen, look)


def find_absence(seen: Observation) -> Reason | None:
    """Return why the page is not there though it answers; None where nothing says so."""
    if seen.parking:
        return Reason.PARKED
    if not is_alike(seen, seen.sibling):
        return _find_landing(seen)
    if is_root(seen.url):
        # Never a soft 404 (9): a site's front page may well answer for every address.
        return Reason.PARKED if _is_parked(seen) else None
    if seen.cousin is not None and not is_alike(seen, seen.cousin):
        return None  # only the end of the address is not read: /news/123/whatever
    if _is_parked(seen):
        return Reason.PARKED
    if lands_with(seen, seen.sibling):
        return Reason.LANDS_ELSEWHERE if lands_elsewhere(seen) else Reason.SAME_FOR_ALL
    if is_unreadable(seen):
        return None
    return Reason.SAME_FOR_ALL


def is_unreadable(seen: Observation) -> bool:
    """Return whether a program would write the page: alike on the wire says nothing then."""
    return Sign.SCRIPT_BUILT in seen.signs and not says_not_found(seen.title)


def _find_landing(seen: Observation) -> Reason | None:
    # This link is one of the three.
    if lands_elsewhere(seen) and seen.neighbours.landing + 1 >= LANDINGS:
        return Reason.LANDS_WITH_OTHERS
    return None


def _is_parked(seen: Observation) -> bool:
    """Policy 11 without a known mark: the whole name answers alike, and it once was another."""
    if not is_another_text(seen) or not reads_like(seen, seen.sibling) or is_unreadable(seen):
        return False
    if reads_like(seen, seen.namesake):
        return True
    total, changed, _landing = seen.neighbours
    return total >= ENOUGH_NEIGHBOURS and changed >= CHANGED_SHARE * total


def _bare_title(title: str, url: str) -> list[str]:
    """Return the words of a title without those of the address: many errors repeat it."""
    try:
        place = place_of(url)
    except ValueError:
        return _WORD.findall(title.lower())
    own = set(_WORD.findall(unquote(" ".join((*place.segments, place.search))).lower()))
    return [word for word in _WORD.findall(title.lower()) if word not in own]
