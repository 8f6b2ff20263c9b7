"""Why nothing was done about a case: another was first, or is looking at it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from moderation.models import Case
from moderation.presenting import present_decisions


def explain_stale(case: Case) -> str:
    """Why nothing was done about a case that is not as it was seen."""
    if case.is_open:
        return _("This case changed since you saw it; please look again. Nothing was done.")
    decision = case.decisions.first()
    if case.state == Case.State.RESOLVED or decision is None:
        return _("This case has closed by itself meanwhile: %(note)s Nothing was done.") % {
            "note": case.closing_note
        }
    (line,) = present_decisions([decision])
    return _("%(name)s decided this case before you (%(action)s). Nothing was done.") % {
        "name": decision.actor_label,
        "action": line.action_label,
    }


def explain_claimed(case: Case) -> str:
    """Who is looking at a case; nothing was done about it."""
    name = case.claimed_by.label if case.claimed_by else ""
    return _("%(name)s is looking at this case: take it over first. Nothing was done.") % {
        "name": name
    }
