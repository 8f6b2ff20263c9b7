"""Conditions on the links to other sites that an edit adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from moderation.rules.conditions import ConditionKind, register_condition
from moderation.rules.facts import EditFacts
from moderation.rules.findings import Finding, Quote, quote_from
from moderation.rules.parameters import hosts, number

_GROUP: Final = _("Links")


def register_link_conditions() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_condition(
        ConditionKind(
            name="links_added",
            group=_GROUP,
            label=_("Links to other sites added"),
            says=_("at least %(number)s links to other sites added"),
            found=_("links to other sites added: %(count)d"),
            parameters=[number(_("Links, at least"), least=1, most=1000, initial=5)],
            check=_check_links_added,
        )
    )
    register_condition(
        ConditionKind(
            name="link_host",
            group=_GROUP,
            label=_("A link to certain sites added"),
            says=_("a link added to %(text)s"),
            found=_("a link to a site of the list"),
            parameters=[hosts(_("Sites"))],
            check=_check_link_host,
        )
    )


def _check_links_added(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    added = _find_added(facts, values["number"])
    if added is None:
        return None
    shown = ", ".join(added[:3])
    return Finding(values={"count": len(added)}, quote=quote_from(shown, 0, len(shown)))


def _find_added(facts: EditFacts, least: int) -> list[str] | None:
    """The links that an edit adds, None where there are fewer than ``least``.

    The cheap questions come first: reading a large page as Markdown takes long.
    """
    if facts.most_urls < least or facts.most_added_urls < least:
        return None
    return facts.added_urls if len(facts.added_urls) >= least else None


def _check_link_host(facts: EditFacts, values: Mapping[str, Any]) -> Finding | None:
    matcher = values["text"]
    for url in _find_added(facts, 1) or ():
        if matcher.find(url) is not None:
            return Finding(quote=Quote(match=quote_from(url, 0, len(url)).match))
    return None
