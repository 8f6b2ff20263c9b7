"""The verdicts and their reasons in sentences that a person understands."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec.structs import replace

from linkcheck.observations import Observation
from linkcheck.policy import LinkState, advance
from linkcheck.verdicts import Reason, Verdict

#: Names for lists, filters and forms.
VERDICT_LABELS: dict[Verdict, Promise] = {
    Verdict.UNCHECKED: gettext_lazy("unchecked"),
    Verdict.OK: gettext_lazy("ok"),
    Verdict.MOVED: gettext_lazy("moved"),
    Verdict.RESTRICTED: gettext_lazy("restricted"),
    Verdict.BLOCKED: gettext_lazy("blocked"),
    Verdict.UNSTABLE: gettext_lazy("unstable"),
    Verdict.SUSPECT: gettext_lazy("suspect"),
    Verdict.DEAD: gettext_lazy("dead"),
    Verdict.SOFT_404: gettext_lazy("soft 404"),
    Verdict.PARKED: gettext_lazy("parked"),
    Verdict.TLS_INVALID: gettext_lazy("bad certificate"),
    Verdict.EXCLUDED: gettext_lazy("excluded"),
}

_SENTENCES: dict[Reason, Promise] = {
    Reason.NOT_CHECKED: gettext_lazy("It has not been looked at yet."),
    Reason.HOST_RESTING: gettext_lazy("It was not asked: its host needs a rest."),
    Reason.RATE_LIMITED: gettext_lazy(
        "The server asked us to come back later (%(status)s): that says nothing about the page."
    ),
    Reason.ANSWERED: gettext_lazy("The server answered %(status)s."),
    Reason.UNCHANGED: gettext_lazy("The server says that it has not changed since the last look."),
    Reason.REDIRECTED: gettext_lazy("It leads to %(target)s, which answered %(status)s."),
    Reason.REDIRECTED_PERMANENTLY: gettext_lazy(
        "It has moved for good to %(target)s, and has led there for a week or longer."
    ),
    Reason.INCOMPLETE_CHAIN: gettext_lazy(
        "The server answered %(status)s; it forgets to send an intermediate certificate, which"
        " browsers fetch by themselves."
    ),
    Reason.NEEDS_ACCOUNT: gettext_lazy("The page stands there, for those with an account."),
    Reason.LEGAL: gettext_lazy("The server withholds the page for legal reasons (451)."),
    Reason.FORBIDDEN: gettext_lazy(
        "The server refuses this page (403), while it answers 404 for one that does not exist."
    ),
    Reason.BUILT_BY_SCRIPT: gettext_lazy(
        "The server answered %(status)s with the same empty page as for an address that does not"
        " exist: a program writes the page in the browser, so that alone says nothing against it."
    ),
    Reason.OWN_SITE: gettext_lazy("It is an address of this site, which has such a page."),
    Reason.BOT_WALL: gettext_lazy(
        "A wall against robots (%(wall)s) answered instead of the page: a person has to look."
    ),
    Reason.CONSENT: gettext_lazy(
        "A page that asks for consent (%(target)s) answered instead: a person has to look."
    ),
    Reason.FORBIDDEN_EVERYWHERE: gettext_lazy(
        "The server refuses us whatever we ask for (403): a person has to look."
    ),
    Reason.NOT_FOUND: gettext_lazy("The server says that there is no such page (404)."),
    Reason.GONE: gettext_lazy("The server says that the page was taken away on purpose (410)."),
    Reason.NO_SUCH_HOST: gettext_lazy("There is no host of that name."),
    Reason.SERVER_ERROR: gettext_lazy("The server failed (%(status)s)."),
    Reason.TIMEOUT: gettext_lazy("The server did not answer in time."),
    Reason.CONNECTION_FAILED: gettext_lazy("No connection to the server, or it broke off."),
    Reason.DNS_FAILURE: gettext_lazy("The name of the host could not be resolved just now."),
    Reason.TLS_FAILURE: gettext_lazy("No secure connection could be agreed on."),
    Reason.REDIRECT_LOOP: gettext_lazy("Its redirects lead in a circle."),
    Reason.TOO_MANY_REDIRECTS: gettext_lazy("It redirects too many times."),
    Reason.BAD_ANSWER: gettext_lazy("What came back is not a usable answer."),
    Reason.REQUEST_REJECTED: gettext_lazy("The server rejected the request (%(status)s)."),
    Reason.SAME_FOR_ALL: gettext_lazy(
        "The server answered %(status)s, but gives the same for an address beside it that does not"
        " exist."
    ),
    Reason.LANDS_ELSEWHERE: gettext_lazy(
        "It leads to %(target)s, as does an address beside it that does not exist."
    ),
    Reason.LANDS_WITH_OTHERS: gettext_lazy(
        "It leads to %(target)s, as do several other addresses of that host."
    ),
    Reason.PARKED: gettext_lazy(
        "The domain seems to be parked or for sale: another page stands where the site was."
    ),
    Reason.CERTIFICATE: gettext_lazy("It answers, but its certificate is bad: %(tls_problem)s."),
    Reason.INVALID_URL: gettext_lazy("This is not an address."),
    Reason.UNSUPPORTED_SCHEME: gettext_lazy("Only http and https addresses can be checked."),
    Reason.TARGET_NOT_ALLOWED: gettext_lazy("This target is not allowed to be checked."),
    Reason.ROBOTS: gettext_lazy("The host's robots.txt asks us to leave this page alone."),
}

_TLS_PROBLEMS: dict[str, Promise] = {
    "expired": gettext_lazy("it has expired"),
    "not_yet_valid": gettext_lazy("it is not valid yet"),
    "self_signed": gettext_lazy("it is signed by nobody we know"),
    "wrong_name": gettext_lazy("it is for another name"),
    "untrusted": gettext_lazy("its issuer is unknown"),
    "missing_intermediate": gettext_lazy("an intermediate certificate is missing"),
}


#: Verdicts that more than one look stands behind.
_FOUND_SO = (Verdict.DEAD, Verdict.SOFT_404, Verdict.PARKED)


def explain(state: LinkState) -> str:
    """Return why the verdict of ``state`` is what it is, in a sentence or two."""
    arguments = {"status": "", "target": "", "wall": "", "tls_problem": "", **state.evidence}
    problem = _TLS_PROBLEMS.get(str(arguments["tls_problem"]))
    if problem is not None:
        arguments["tls_problem"] = str(problem)
    sentence = str(_SENTENCES[state.reason]) % arguments
    count = _explain_count(state)
    return f"{sentence} {count}" if count else sentence


def explain_look(seen: Observation) -> str:
    """Return what one look means by itself, whatever came before, in a sentence."""
    return explain(replace(advance(LinkState(), seen), verdict=Verdict.UNCHECKED))


def _explain_count(state: LinkState) -> str:
    """Return the sentence that says how far the counting has come."""
    evidence = state.evidence
    if state.verdict in (Verdict.SUSPECT, Verdict.UNSTABLE) and "needed" in evidence:
        return _("Strike %(strikes)s of %(needed)s.") % evidence
    if state.verdict in _FOUND_SO and "strikes" in evidence:
        return _("It was found so %(strikes)s times, at least a day apart.") % evidence
    return ""
