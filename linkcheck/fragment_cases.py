"""The cases of pages that lack the place that links name (rule 15): for when there is time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy

from linkcheck.cases import apply, describe, find_views
from linkcheck.kinds import MISSING_FRAGMENT
from linkcheck.undoing import settled, undo
from moderation.handlers import Action, CaseHandler, CaseView, register_handler
from moderation.models import Case

_DISMISS = Action(name="dismiss", label=gettext_lazy("Dismiss"), key="1", is_primary=True)


def register_fragments() -> None:
    """Make the kind known to moderation.

    It is put right where the link stands; the case closes by itself at the next look.
    """
    register_handler(
        CaseHandler(
            kind=MISSING_FRAGMENT,
            label=gettext_lazy("missing place in a page"),
            health="unsure",
            template="linkcheck/_case.html",
            actions=(_DISMISS,),
            find_views=_find_views,
            apply=apply,
            describe=describe,
            undo=undo,
            settled=settled,
        )
    )


def _find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """As other cases of links are shown, with the places instead of the verdict."""
    reasons = {case.pk: case.reason for case in cases}
    return {
        pk: replace(
            view,
            context={**view.context, "sentence": reasons[pk], "suggestion": ""},
            initial={},
        )
        for pk, view in find_views(cases).items()
    }
