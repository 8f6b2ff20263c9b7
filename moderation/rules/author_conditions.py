"""Conditions on who makes an edit: how new the account is, and how busy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from moderation.rules.conditions import ConditionKind, register_condition
from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding
from moderation.rules.parameters import number

_GROUP: Final = _("Author")
#: How far back the edits of an author are looked at, and how many of them.
MAX_MINUTES: Final = 24 * 60
MAX_RECENT: Final = 500
#: Up to here edits are counted; nobody with more is new.
MAX_COUNTED: Final = 1000


def register_author_conditions() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_condition(
        ConditionKind(
            name="recent_edits",
            group=_GROUP,
            label=_("Many edits in a short time"),
            says=_("at least %(number)s edits by the author in %(minutes)s minutes, with this one"),
            found=_("%(count)d edits by the author in %(minutes)d minutes"),
            parameters=[
                number(_("Edits, at least"), least=2, most=MAX_RECENT, initial=10),
                number(
                    _("in so many minutes"), name="minutes", least=1, most=MAX_MINUTES, initial=10
                ),
            ],
            check=_check_recent,
            cost=3,
        )
    )
    register_condition(
        ConditionKind(
            name="account_age",
            group=_GROUP,
            label=_("A young account"),
            says=_("an account younger than %(number)s days"),
            found=_("the account is %(count)d days old"),
            parameters=[number(_("Younger than so many days"), least=1, most=3650, initial=7)],
            check=_check_age,
            cost=0,
        )
    )
    register_condition(
        ConditionKind(
            name="edit_count",
            group=_GROUP,
            label=_("An author with few edits"),
            says=_("an author with fewer than %(number)s edits before"),
            found=_("the author made %(count)d edits before"),
            parameters=[
                number(_("Fewer than so many edits"), least=1, most=MAX_COUNTED, initial=10)
            ],
            check=_check_count,
            cost=3,
        )
    )


def _check_recent(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    period = timedelta(minutes=values["minutes"])
    count = 1 + sum(age <= period for age in facts.edit_ages)
    if count < values["number"]:
        return None
    return Finding(values={"count": count, "minutes": values["minutes"]})


def _check_age(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    age = facts.account_age
    return Finding(values={"count": age.days}) if age < timedelta(days=values["number"]) else None


def _check_count(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    count = facts.edit_count
    return Finding(values={"count": count}) if count < values["number"] else None
