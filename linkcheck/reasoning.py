"""Which rules of the link policy one look set off, each in a sentence: for ``verify_url``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from linkcheck.classification import Outcome, classify
from linkcheck.explaining import explain_look
from linkcheck.observations import (
    OWN_ROUTE,
    ErrorKind,
    FragmentState,
    Observation,
    SiblingLook,
    Sign,
    TlsProblem,
)
from linkcheck.places import is_root, is_trivial_move
from linkcheck.plausibility import (
    find_absence,
    is_alike,
    is_another_text,
    is_unreadable,
    lands_elsewhere,
)
from linkcheck.titles import says_not_found
from linkcheck.verdicts import Reason

#: Which rule an outcome comes from, if no reason below says otherwise.
_BY_OUTCOME = {
    Outcome.ALIVE: 2,
    Outcome.RESTRICTED: 7,
    Outcome.TLS_INVALID: 12,
    Outcome.BLOCKED: 7,
    Outcome.SOFT: 4,
    Outcome.HARD: 3,
    Outcome.ABSENT: 9,
    Outcome.RATE_LIMITED: 6,
    Outcome.NOT_ASKED: 6,
}
_BY_REASON = {
    Reason.NO_SUCH_HOST: 5,
    Reason.DNS_FAILURE: 5,
    Reason.OWN_SITE: 18,
    Reason.INCOMPLETE_CHAIN: 12,
    Reason.BUILT_BY_SCRIPT: 9,
    Reason.LANDS_ELSEWHERE: 10,
    Reason.LANDS_WITH_OTHERS: 10,
    Reason.PARKED: 11,
}


class FiredRule(NamedTuple):
    """A rule by its number in the policy, and what it made of the look."""

    number: int
    sentence: str


def find_rules(seen: Observation) -> list[FiredRule]:
    """Return the rules that ``seen`` set off, in their order; what was decided comes with its own.

    An address that was never asked (spelling, scheme, guard) sets off none: its reason says all.
    """
    if seen.error in (
        ErrorKind.REFUSED_TARGET,
        ErrorKind.INVALID_URL,
        ErrorKind.UNSUPPORTED_SCHEME,
    ):
        return []
    outcome, reason = classify(seen)
    decided = FiredRule(_BY_REASON.get(reason, _BY_OUTCOME[outcome]), explain_look(seen))
    found = [decided, *(rule for part in _PARTS for rule in part(seen))]
    return sorted(found, key=lambda rule: rule.number)


def _tell_of_method(seen: Observation) -> Iterator[FiredRule]:
    if seen.method == "HEAD":
        yield FiredRule(1, _("A large file: its head was enough."))


def _tell_of_attempts(seen: Observation) -> Iterator[FiredRule]:
    if seen.attempts > 1:
        yield FiredRule(4, _("It was asked %(count)s times.") % {"count": seen.attempts})


def _tell_of_redirects(seen: Observation) -> Iterator[FiredRule]:
    if not seen.is_redirected or seen.method == OWN_ROUTE:
        return
    if not seen.is_permanent:
        yield FiredRule(8, _("Not all redirects are permanent: it has not moved for good."))
    elif is_trivial_move(seen.url, seen.final_url):
        yield FiredRule(8, _("A permanent redirect, but only to another spelling of the address."))
    else:
        yield FiredRule(
            8, _("Permanent redirects: it counts as moved when they lead there for a week.")
        )


def _tell_of_looks(seen: Observation) -> Iterator[FiredRule]:
    number = 7 if seen.status == 403 else 9
    if seen.sibling is not None:
        yield FiredRule(number, _("Beside it: ") + _describe_look(seen, seen.sibling))
    if seen.cousin is not None:
        yield FiredRule(
            number, _("In a directory that cannot exist: ") + _describe_look(seen, seen.cousin)
        )
    if seen.namesake is not None:
        yield FiredRule(
            11, _("At a name that cannot exist: ") + _describe_look(seen, seen.namesake)
        )


def _describe_look(seen: Observation, look: SiblingLook) -> str:
    if look.status is None:
        return _("no answer, which says nothing.")
    if look.is_honest:
        sentence = _("the host answers %(status)s for what does not exist, as it should.")
    elif is_alike(seen, look):
        sentence = _("what does not exist is answered just so (%(status)s).")
    else:
        sentence = _("what does not exist is answered otherwise (%(status)s).")
    return sentence % {"status": look.status}


def _tell_of_plausibility(seen: Observation) -> Iterator[FiredRule]:
    if is_root(seen.url) and find_absence(seen) is None and seen.sibling is not None:
        yield FiredRule(9, _("The front page of a site is never a soft 404."))
    if is_unreadable(seen):
        yield FiredRule(9, _("A program writes the page: equal texts say nothing."))
    if lands_elsewhere(seen):
        yield FiredRule(10, _("A deep link that ends at a shallower page."))
    if seen.parking:
        yield FiredRule(11, _("A mark of parked domains: %(name)s.") % {"name": seen.parking})
    if is_another_text(seen):
        yield FiredRule(11, _("The text is not that of the last good look any more."))
    if says_not_found(seen.title):
        yield FiredRule(11, _("Its title sounds as if it were not there: no proof by itself."))
    if seen.signs & {Sign.GATE, Sign.CONSENT}:
        yield FiredRule(7, _("It was redirected to a gate in front of the page."))


def _tell_of_certificate(seen: Observation) -> Iterator[FiredRule]:
    if seen.tls_problem is not TlsProblem.NONE:
        yield FiredRule(12, _("The certificate: %(problem)s.") % {"problem": seen.tls_problem})


def _tell_of_fragments(seen: Observation) -> Iterator[FiredRule]:
    sentences = {
        FragmentState.FOUND: _("#%(name)s is there."),
        FragmentState.MISSING: _("#%(name)s is not there: a small thing, never a death."),
        FragmentState.UNVERIFIABLE: _("#%(name)s cannot be verified from what the server sends."),
    }
    for name, state in seen.fragments.items():
        yield FiredRule(15, sentences[state] % {"name": name})


_PARTS: tuple[Callable[[Observation], Iterator[FiredRule]], ...] = (
    _tell_of_method,
    _tell_of_attempts,
    _tell_of_redirects,
    _tell_of_looks,
    _tell_of_plausibility,
    _tell_of_certificate,
    _tell_of_fragments,
)
