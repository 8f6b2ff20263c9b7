"""Tables of comparison: a mark behind each source in a cell, and below how many are alive."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it.token import Token

from markup.documents import LinkMark

FEWEST = 2  # sources that make a table one of comparison
ALIVE = ("ok", "moved")
UNCHECKED = "none"


def mark_sources(
    tokens: Sequence[Token], ask: Callable[[Sequence[str]], Mapping[str, LinkMark]]
) -> None:
    """Put a compact mark behind each outside link in the tables that have ``FEWEST`` or more.

    ``ask`` gets all their addresses at once. What is known of the sources is noted at the table's
    end, in ``meta["sources"]``; the links are noted too, so that nobody marks them again.
    """
    tables = [table for table in _find_tables(tokens) if len(_addresses(table)) >= FEWEST]
    addresses = list(dict.fromkeys(url for table in tables for url in _addresses(table)))
    if not addresses:
        return
    marks = ask(addresses)
    for table in tables:
        for token in table:
            token.children = _marked(token.children or [], marks) if token.children else None
        states = Counter(_state(marks.get(url)) for url in _addresses(table))
        table[-1].meta["sources"] = dict(states)


def _find_tables(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    tables, start = [], 0
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            start = index
        elif token.type == "table_close":
            tables.append(tokens[start : index + 1])
    return tables


def _addresses(table: Sequence[Token]) -> list[str]:
    """Return the distinct addresses of the outside links of a table, in reading order."""
    found = (
        child.meta["outside"]
        for token in table
        for child in token.children or []
        if child.type == "link_close" and "outside" in child.meta
    )
    return list(dict.fromkeys(found))


def _marked(children: Sequence[Token], marks: Mapping[str, LinkMark]) -> list[Token]:
    marked: list[Token] = []
    for child in children:
        marked.append(child)
        if child.type == "link_close" and "outside" in child.meta:
            child.meta["is_source"] = True
            marked += _mark(marks.get(child.meta["outside"]))
    return marked


def _mark(mark: LinkMark | None) -> list[Token]:
    """Return the tokens of a shape whose words are for screen readers and whoever points at it."""
    label = mark.label if mark else _("not verified yet")
    attrs: dict[str, str | int | float] = {
        "class": f"health compact {_state(mark)}",
        "title": label,
    }
    hidden: dict[str, str | int | float] = {"class": "visually-hidden"}
    return [
        Token("text", "", 0, content="\xa0"),
        Token("mark_open", "span", 1, attrs=attrs),
        Token("words_open", "span", 1, attrs=hidden),
        Token("text", "", 0, content=label),
        Token("words_close", "span", -1),
        Token("mark_close", "span", -1),
    ]


def _state(mark: LinkMark | None) -> str:
    return mark.state if mark and mark.state else UNCHECKED


def describe_sources(states: Mapping[str, int]) -> str:
    """Say how many of a table's sources are alive: "12 of 14 sources verified, 1 dead"."""
    total, alive = sum(states.values()), sum(states.get(state, 0) for state in ALIVE)
    doubtful = sum(states.get(state, 0) for state in ("unsure", "suspect"))
    parts = [
        ngettext(
            "%(alive)d of %(total)d source verified",
            "%(alive)d of %(total)d sources verified",
            total,
        )
        % {"alive": alive, "total": total}
    ]
    if dead := states.get("dead"):
        parts.append(_("%(n)d dead") % {"n": dead})
    if doubtful:
        parts.append(_("%(n)d in doubt") % {"n": doubtful})
    if unchecked := states.get(UNCHECKED):
        parts.append(_("%(n)d not verified yet") % {"n": unchecked})
    return ", ".join(parts)
