"""The cases that links open: how moderators see them, and what they can decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linkcheck.evidence import Probe, Use, find_probes, find_uses
from linkcheck.explaining import explain
from linkcheck.forms import DeadLinkForm, LinkDecisionForm
from linkcheck.kinds import DEAD_LINK, MOVED_LINK
from linkcheck.models import Link
from linkcheck.policy import LinkState
from linkcheck.repairing import override_link, replace_link, retire_entries
from linkcheck.verdicts import Override
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

_TEMPLATE = "linkcheck/_case.html"
_REPLACE = Action(
    name="replace", label=gettext_lazy("Replace everywhere"), key="1", is_primary=True
)
_RETIRE = Action(name="retire", label=gettext_lazy("Retire the entry"), key="2")
_WORKS = Action(name="works_for_me", label=gettext_lazy("Works for me"), key="3")
_DISMISS = Action(name="dismiss", label=gettext_lazy("Dismiss"), key="4")


def register_cases() -> None:
    """Make the kinds of this app known to moderation."""
    register_handler(
        CaseHandler(
            kind=DEAD_LINK,
            label=gettext_lazy("dead link"),
            health="dead",
            template=_TEMPLATE,
            actions=(_REPLACE, _RETIRE, _WORKS, _DISMISS),
            find_views=find_views,
            apply=apply,
            describe=describe,
            form_class=DeadLinkForm,
            further_labels={"withdraw": gettext_lazy("Word taken back")},
        )
    )
    register_handler(
        CaseHandler(
            kind=MOVED_LINK,
            label=gettext_lazy("moved link"),
            health="moved",
            template=_TEMPLATE,
            actions=(_REPLACE, _DISMISS),
            find_views=find_views,
            apply=apply,
            describe=describe,
            form_class=LinkDecisionForm,
        )
    )


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """How cases about links are shown: the link, its last probes, its uses, a suggestion."""
    link_ids = {case.target_id for case in cases}
    links = Link.objects.select_related("host").in_bulk(link_ids)
    probes = find_probes(link_ids)
    uses = find_uses(link_ids)
    return {
        case.pk: _view(links[case.target_id], probes[case.target_id], uses[case.target_id])
        for case in cases
        if case.target_id in links
    }


def _view(link: Link, probes: Sequence[Probe], uses: Sequence[Use]) -> CaseView:
    state = LinkState.from_dict(link.state)
    suggestion = link.moved_to or _last_target(link, probes)
    return CaseView(
        title=_title(link, uses),
        context={
            "link": link,
            "sentence": explain(state),
            "probes": probes,
            "uses": uses,
            "suggestion": suggestion,
        },
        initial={"new_url": suggestion},
    )


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
        case "works_for_me":
            days = request.params.get("days")
            until = timezone.now() + timedelta(days=int(days)) if days else None
            override_link(
                link=link,
                override=Override.WORKS_FOR_ME,
                actor=request.actor,
                reason=request.reason,
                until=until,
            )
            return {"days": int(days) if days else None}
    raise ValidationError({"action": _("This cannot be decided about a link.")})


def describe(decision: Decision) -> str:
    """What a decision did, in a sentence or two."""
    details = decision.details
    match decision.action:
        case "replace":
            return _describe_replacement(details)
        case "retire":
            return _describe_retirement(details)
        case "works_for_me":
            return _describe_word(details)
        case "withdraw":
            return _("The checks speak for themselves again.")
    return _("Dismissed: nothing was changed.")


def _describe_replacement(details: Mapping[str, Any]) -> str:
    count = len(details["changed"])
    sentence = ngettext(
        "Replaced by %(url)s in %(count)d place.",
        "Replaced by %(url)s in %(count)d places.",
        count,
    ) % {"url": details["new_url"], "count": count}
    if details["left"]:
        left = _("It still stands in: %(titles)s.") % {"titles": ", ".join(details["left"])}
        return f"{sentence} {left}"
    return sentence


def _describe_retirement(details: Mapping[str, Any]) -> str:
    sentence = _("Retired: %(titles)s.") % {"titles": ", ".join(details["retired"])}
    if details["left"]:
        left = _("The link still stands in: %(titles)s.") % {"titles": ", ".join(details["left"])}
        return f"{sentence} {left}"
    return sentence


def _describe_word(details: Mapping[str, Any]) -> str:
    days = details["days"]
    if days is None:
        return _("It works: so it stays, whatever the checks say.")
    return ngettext(
        "It works: taken for %(days)d day.", "It works: taken for %(days)d days.", days
    ) % {"days": days}
