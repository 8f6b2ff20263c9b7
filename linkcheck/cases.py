"""The cases that links open: how moderators see them, and what they can decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linkcheck.confirming import PEOPLE_NEEDED, find_confirmers
from linkcheck.evidence import Probe, Use, find_probes, find_uses
from linkcheck.explaining import explain
from linkcheck.forms import DeadLinkForm, LinkDecisionForm
from linkcheck.kinds import BAD_CERTIFICATE, DEAD_LINK, MOVED_LINK, SOFT_DEAD, UNVERIFIABLE
from linkcheck.models import Link
from linkcheck.move_cases import register_moves
from linkcheck.policy import LinkState
from linkcheck.repairing import override_link, replace_link, retire_entries, use_copy
from linkcheck.undoing import settled, undo
from linkcheck.verdicts import Override
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

_TEMPLATE = "linkcheck/_case.html"
REPLACE = Action(name="replace", label=gettext_lazy("Replace everywhere"), key="1", is_primary=True)
RETIRE = Action(name="retire", label=gettext_lazy("Retire the entry"), key="2")
_WORKS = Action(name=Override.WORKS_FOR_ME, label=gettext_lazy("Works for me"), key="3")
DISMISS = Action(name="dismiss", label=gettext_lazy("Dismiss"), key="4")
_IGNORE = Action(name=Override.IGNORE, label=gettext_lazy("Leave it alone"), key="5")
_REALLY_DEAD = Action(name=Override.REALLY_DEAD, label=gettext_lazy("Really dead"), key="6")
_COPY = Action(name="archive", label=gettext_lazy("Use the archived copy"), key="7")
_LEAD_TO_COPY = Action(
    name="archive_address", label=gettext_lazy("Use it as the entry's address"), key="8"
)
_OF_COPIES = frozenset({_COPY.name, _LEAD_TO_COPY.name})
# On a link's page a word can be given and taken back without a case: it stands in the log too.
_SAID_ELSEWHERE = {
    "withdraw": gettext_lazy("Word taken back"),
    **{action.name: action.label for action in (_WORKS, _IGNORE, _REALLY_DEAD)},
}


def register_cases() -> None:
    """Make the kinds of this app known to moderation."""
    all_words = (REPLACE, RETIRE, _WORKS, DISMISS, _IGNORE, _REALLY_DEAD)
    with_copies = (*all_words, _COPY, _LEAD_TO_COPY)
    # What a wall hides is not for one to vouch for: two people click (linkcheck.confirming).
    without_works = (REPLACE, RETIRE, DISMISS, _IGNORE, _REALLY_DEAD)
    for kind, label, health, actions in (
        (DEAD_LINK, gettext_lazy("dead link"), "dead", with_copies),
        (SOFT_DEAD, gettext_lazy("soft 404 or parked"), "suspect", with_copies),
        (BAD_CERTIFICATE, gettext_lazy("bad certificate"), "suspect", all_words),
        (UNVERIFIABLE, gettext_lazy("please click once"), "unsure", without_works),
    ):
        register_handler(_handler(kind, label, health, actions, DeadLinkForm))
    moved = gettext_lazy("moved link")
    register_handler(_handler(MOVED_LINK, moved, "moved", (REPLACE, DISMISS), LinkDecisionForm))
    register_moves()


def _handler(
    kind: str,
    label: Promise,
    health: str,
    actions: Sequence[Action],
    form_class: type[LinkDecisionForm],
) -> CaseHandler:
    return CaseHandler(
        kind=kind,
        label=label,
        health=health,
        template=_TEMPLATE,
        actions=actions,
        find_views=find_views,
        apply=apply,
        describe=describe,
        form_class=form_class,
        further_labels=_SAID_ELSEWHERE,
        undo=undo,
        settled=settled,
        foresee=foresee,
    )


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """How cases about links are shown: the link, its last probes, its uses, a suggestion."""
    link_ids = {case.target_id for case in cases}
    links = Link.objects.select_related("host", "help").in_bulk(link_ids)
    probes = find_probes(link_ids)
    uses = find_uses(link_ids)
    asked = [case.target_id for case in cases if case.kind == UNVERIFIABLE and case.is_open]
    confirmers = find_confirmers(asked, timezone.now()) if asked else {}
    return {
        case.pk: _view(
            links[case.target_id],
            probes[case.target_id],
            uses[case.target_id],
            confirmers.get(case.target_id),
        )
        for case in cases
        if case.target_id in links
    }


def _view(
    link: Link, probes: Sequence[Probe], uses: Sequence[Use], confirmers: set[int] | None
) -> CaseView:
    state = LinkState.from_dict(link.state)
    learned = getattr(link, "help", None)  # of a one-to-one that may not be there
    if learned is not None and not learned.suggested_url:
        learned = None
    suggestion = link.moved_to
    if not suggestion:
        suggestion = learned.suggested_url if learned else _last_target(link, probes)
    return CaseView(
        title=_title(link, uses),
        context={
            "link": link,
            "sentence": explain(state),
            "probes": probes,
            "uses": uses,
            "suggestion": suggestion,
            "learned": learned if learned and learned.suggested_url == suggestion else None,
            "confirmers": confirmers,
            "people_needed": PEOPLE_NEEDED,
        },
        initial={"new_url": suggestion},
        withheld=_withheld(link, uses),
    )


def _withheld(link: Link, uses: Sequence[Use]) -> frozenset[str]:
    """What cannot be decided about a copy: there is none, or no entry that could lead to it."""
    if not link.archive_url:
        return _OF_COPIES
    is_address = any(use.is_own_address for use in uses)
    return frozenset() if is_address else frozenset({_LEAD_TO_COPY.name})


def _title(link: Link, uses: Sequence[Use]) -> str:
    """The entry whose own address it is, or else the words that carry the link."""
    texts = [use.text for use in uses if use.is_own_address] + [use.text for use in uses]
    return next((text for text in texts if text and text != link.url), link.display_url)


def _last_target(link: Link, probes: Sequence[Probe]) -> str:
    """Where the link led when it last led to something that answered."""
    for probe in reversed(probes):
        if probe.shape == "ok" and probe.observation.is_redirected:
            target = probe.observation.final_url
            return target if target != link.url else ""
    return ""


def apply(case: Case, request: Request) -> dict[str, Any]:
    """Carry out a decision about a link, inside its transaction; what the log keeps of it."""
    if request.action == "dismiss":
        return {}
    link = Link.objects.get(pk=case.target_id)
    match request.action:
        case "replace":
            new_url = str(request.params.get("new_url") or "")
            return replace_link(
                link=link, new_url=new_url, reason=request.reason, actor=request.actor
            )
        case "retire":
            return retire_entries(link=link, reason=request.reason, actor=request.actor)
        case "archive" | "archive_address" as action:
            return use_copy(
                link=link,
                moves_address=action == "archive_address",
                reason=request.reason,
                actor=request.actor,
            )
        case Override.WORKS_FOR_ME | Override.IGNORE | Override.REALLY_DEAD as word:
            days = request.params.get("days")
            until = timezone.now() + timedelta(days=int(days)) if days else None
            words = override_link(
                link=link,
                override=Override(word),
                actor=request.actor,
                reason=request.reason,
                until=until,
            )
            return {"days": int(days) if days else None, **words}
    raise ValidationError({"action": _("This cannot be decided about a link.")})


def foresee(case: Case, view: CaseView, action: str, params: Mapping[str, Any]) -> str:
    """What a decision would do, in a sentence; ValidationError where it could not be done."""
    uses: Sequence[Use] = view.context.get("uses", ())
    titles = ", ".join(dict.fromkeys(use.ref.title for use in uses)) or _("nothing any more")
    match action:
        case "replace":
            if not params.get("new_url"):
                raise ValidationError(_("Nothing is suggested in its place."))
            places = {"url": params["new_url"], "titles": titles}
            return _("Replaced by %(url)s in: %(titles)s.") % places
        case "retire":
            own = [use.ref.title for use in uses if use.is_own_address]
            if not own:
                raise ValidationError(_("No entry has this address as its own."))
            return _("Retired: %(titles)s.") % {"titles": ", ".join(own)}
        case "archive" | "archive_address":
            copy = {"url": view.context["link"].archive_url, "titles": titles}
            return _("The copy %(url)s stands in for it in: %(titles)s.") % copy
        case Override.WORKS_FOR_ME | Override.IGNORE | Override.REALLY_DEAD as word:
            return f"{_WORDS[Override(word)]} {_describe_time({'days': params.get('days')})}"
    return _("Nothing is changed.")


def describe(decision: Decision) -> str:
    """What a decision did, in a sentence or two."""
    details = decision.details
    match decision.action:
        case "replace":
            return _describe_replacement(decision)
        case "retire":
            return _describe_retirement(decision)
        case "archive" | "archive_address":
            titles = ", ".join(decision.titles_of("changed"))
            return _("The copy %(url)s stands in for it in: %(titles)s.") % {
                "url": details["new_url"],
                "titles": titles,
            }
        case Override.WORKS_FOR_ME | Override.IGNORE | Override.REALLY_DEAD as word:
            return f"{_WORDS[Override(word)]} {_describe_time(details)}"
        case "withdraw":
            return _("The checks speak for themselves again.")
    return _("Dismissed: nothing was changed.")


def _describe_replacement(decision: Decision) -> str:
    details = decision.details
    count = len(details["changed"])
    sentence = ngettext(
        "Replaced by %(url)s in %(count)d place.",
        "Replaced by %(url)s in %(count)d places.",
        count,
    ) % {"url": details["new_url"], "count": count}
    if titles := decision.titles_of("left"):
        left = _("It still stands in: %(titles)s.") % {"titles": ", ".join(titles)}
        return f"{sentence} {left}"
    return sentence


def _describe_retirement(decision: Decision) -> str:
    sentence = _("Retired: %(titles)s.") % {"titles": ", ".join(decision.titles_of("retired"))}
    if titles := decision.titles_of("left"):
        left = _("The link still stands in: %(titles)s.") % {"titles": ", ".join(titles)}
        return f"{sentence} {left}"
    return sentence


_WORDS: dict[Override, Promise] = {
    Override.WORKS_FOR_ME: gettext_lazy("It works, whatever the checks say:"),
    Override.IGNORE: gettext_lazy("Nobody is told anything about it, whatever the checks say:"),
    Override.REALLY_DEAD: gettext_lazy("It is dead, whatever the checks say:"),
}


def _describe_time(details: Mapping[str, Any]) -> str:
    days = details["days"]
    if days is None:
        return _("until someone decides otherwise.")
    return ngettext("for %(days)d day.", "for %(days)d days.", days) % {"days": days}
