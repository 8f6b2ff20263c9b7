"""The case of a host that does not exist: how moderators see it, and what they can decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linkcheck.forms import DaysField
from linkcheck.host_repairing import override_host, replace_host, restore_host_word, retire_host
from linkcheck.kinds import DEAD_HOST
from linkcheck.missing_hosts import explain_missing
from linkcheck.models import Host, Link
from linkcheck.undoing import undo_batch_of
from linkcheck.verdicts import Override
from moderation.forms import DecisionForm
from moderation.handlers import Action, CaseHandler, CaseView, Request, register_handler
from moderation.models import Case, Decision

_ACTIONS = (
    Action(
        name="replace",
        label=gettext_lazy("Replace the name in all links"),
        key="1",
        is_primary=True,
    ),
    Action(name="retire", label=gettext_lazy("Retire all its entries"), key="2"),
    Action(name=Override.WORKS_FOR_ME, label=gettext_lazy("Works for me"), key="3"),
    Action(name="dismiss", label=gettext_lazy("Dismiss"), key="4"),
)
#: What is said on the page of a host stands in the log as well.
_SAID_ELSEWHERE = {
    Override.IGNORE: gettext_lazy("Leave it alone"),
    Override.REALLY_DEAD: gettext_lazy("Really dead"),
    "withdraw": gettext_lazy("Word taken back"),
    "follow_moves": gettext_lazy("Follow all its moves"),
}
_WORDS: dict[str, Promise] = {
    Override.WORKS_FOR_ME: gettext_lazy("The host works, whatever the checks say:"),
    Override.IGNORE: gettext_lazy("Nobody is told anything about the links of the host:"),
    Override.REALLY_DEAD: gettext_lazy("The host is dead, whatever the checks say:"),
}


_OF_MANY = frozenset({"replace", "retire", "follow_moves"})
_GIVEN_WORDS = frozenset({*_WORDS, "withdraw"})


class DeadHostForm(DecisionForm):
    """The new name of the host, or for how long a moderator's word stands."""

    new_host = forms.CharField(
        label=gettext_lazy("New name of the host"),
        required=False,
        max_length=260,
        help_text=gettext_lazy("It takes the place of the old one in all links; their paths stay."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "dir": "ltr"}),
    )
    days = DaysField(label=gettext_lazy("Your word stands for so many days"))
    field_order = ("version", "new_host", "days", "reason")


def register_host_cases() -> None:
    """Make the kind known to moderation."""
    register_handler(
        CaseHandler(
            kind=DEAD_HOST,
            label=gettext_lazy("dead host"),
            health="dead",
            template="linkcheck/_case_host.html",
            actions=_ACTIONS,
            find_views=find_views,
            apply=apply,
            describe=describe,
            form_class=DeadHostForm,
            further_labels=_SAID_ELSEWHERE,
            undo=undo,
            settled=settled,
        )
    )


def find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """How cases about hosts are shown: since when, and which links die with it; three queries."""
    ids = {case.target_id for case in cases}
    hosts = Host.objects.in_bulk(ids)
    links = Link.objects.used().filter(host_id__in=ids)
    counts = dict(links.values_list("host_id").annotate(n=Count("pk")).order_by())
    return {
        case.pk: CaseView(
            title=hosts[case.target_id].name,
            context={
                "host": hosts[case.target_id],
                "sentence": _explain(hosts[case.target_id], case),
                "count": counts.get(case.target_id, 0),
            },
        )
        for case in cases
        if case.target_id in hosts
    }


def _explain(host: Host, case: Case) -> str:
    return explain_missing(host) if host.missing_since else case.reason


def apply(case: Case, request: Request) -> dict[str, Any]:
    """Carry out a decision about a host, inside its transaction; what the log keeps of it."""
    if request.action == "dismiss":
        return {}
    host = Host.objects.get(pk=case.target_id)
    match request.action:
        case "replace":
            new_host = str(request.params.get("new_host") or "")
            return replace_host(
                host=host, new_host=new_host, reason=request.reason, actor=request.actor
            )
        case "retire":
            return retire_host(host=host, reason=request.reason, actor=request.actor)
        case Override.WORKS_FOR_ME:
            days = request.params.get("days")
            words = override_host(
                host=host,
                override=Override.WORKS_FOR_ME,
                actor=request.actor,
                reason=request.reason,
                until=timezone.now() + timedelta(days=int(days)) if days else None,
            )
            return {"days": int(days) if days else None, **words}
    raise ValidationError({"action": _("This cannot be decided about a host.")})


def undo(decision: Decision, request: Request) -> dict[str, Any]:
    """Take back a decision about a host, inside its transaction; what the log keeps of it."""
    host = Host.objects.filter(pk=decision.target_id or 0).first()
    if decision.action in _OF_MANY:
        return undo_batch_of(decision, request)
    if host is not None and decision.action in _GIVEN_WORDS:
        restore_host_word(host=host, details=decision.details, actor=request.actor)
    return {}


def settled(case: Case) -> str:
    """Why nothing is left to decide about the case of a host; "" where there is."""
    host = Host.objects.filter(pk=case.target_id).first()
    if host is None or not Link.objects.used().filter(host=host).exists():
        return _("No link leads there any more.")
    if host.missing_since or host.override == Override.REALLY_DEAD:
        return ""
    return _("There is a host of that name again.")


def describe(decision: Decision) -> str:
    """What a decision did, in a sentence or two."""
    details = decision.details
    match decision.action:
        case "replace":
            return ngettext(
                "%(host)s takes the place of the name in %(count)d link.",
                "%(host)s takes the place of the name in %(count)d links.",
                details["count"],
            ) % {"host": details["new_host"], "count": details["count"]}
        case "retire":
            return _describe_retirement(details)
        case "follow_moves":
            return ngettext(
                "%(count)d link is replaced by where it moved.",
                "%(count)d links are replaced by where they moved.",
                details["count"],
            ) % {"count": details["count"]}
        case Override.WORKS_FOR_ME | Override.IGNORE | Override.REALLY_DEAD as word:
            return f"{_WORDS[word]} {_describe_time(details)}"
        case "withdraw":
            return _("The checks speak for themselves again.")
    return _("Dismissed: nothing was changed.")


def _describe_retirement(details: Mapping[str, Any]) -> str:
    count, left = details["count"], details["left"]
    sentence = ngettext("%(count)d entry is retired.", "%(count)d entries are retired.", count)
    if not left:
        return sentence % {"count": count}
    rest = ngettext(
        "%(count)d other link of the host stays.", "%(count)d other links of the host stay.", left
    )
    return f"{sentence % {'count': count}} {rest % {'count': left}}"


def _describe_time(details: Mapping[str, Any]) -> str:
    days = details["days"]
    if days is None:
        return _("until someone decides otherwise.")
    return ngettext("for %(days)d day.", "for %(days)d days.", days) % {"days": days}
