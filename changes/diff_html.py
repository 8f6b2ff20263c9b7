"""Differences as HTML: signs and words beside the lines, so that no colour is needed to read them.

Made in Python, not by a template: thousands of small parts, and within a line every space counts.
Every text is escaped here, and only here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from markup.diffing import Diff, DiffRow, Span

_QUIET: Final = ("same", "gap")
# Signs that turn the text around them (UAX #9): shown, or a line could lie about itself.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Signs that cannot be seen at all: shown where they were added or removed.
_UNSEEN: Final = re.compile("[\u00ad\u200b\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Those that join letters and emoji: shown where they alone were added or removed.
_JOINING: Final = re.compile("[\u200c-\u200f]")


@dataclass(frozen=True, slots=True)
class _Half:
    """One side of a row, as it is shown."""

    name: str = "none"  # class: add, del, moved, none, or empty for an unchanged line
    number: int | None = None
    sign: str = ""
    word: str = ""
    spans: Iterable[Span] = ()
    note: str = ""  # for everyone to read, beside the line


def _halves(row: DiffRow) -> tuple[_Half, _Half]:
    """The old and the new side of ``row``."""
    old, new = _Half(), _Half()
    if row.kind == "same":
        old = _Half("", row.old_number, spans=row.old)
        new = _Half("", row.new_number, spans=row.new)
    if row.kind in ("removed", "changed"):
        old = _Half("del", row.old_number, "−", _("removed"), row.old)
    if row.kind in ("added", "changed"):
        new = _Half("add", row.new_number, "+", _("added"), row.new)
    if row.kind == "moved_from":
        note = _("moved to line %(number)d") % {"number": row.partner or 0}
        old = _Half("moved", row.old_number, "↕", _("moved away"), row.old, note)
    if row.kind == "moved_to":
        note = _("moved from line %(number)d") % {"number": row.partner or 0}
        new = _Half("moved", row.new_number, "↕", _("moved here"), row.new, note)
    return old, new


def _lines(diff: Diff) -> Iterator[tuple[DiffRow, _Half]]:
    """The rows one below the other: a changed line as it was, then as it is."""
    for row in diff.rows:
        old, new = _halves(row)
        if row.kind == "same":
            yield row, new
            continue
        yield from ((row, half) for half in (old, new) if half.name != "none")
        if row.kind == "gap":
            yield row, new


def inline_table(diff: Diff, label: str) -> SafeString:
    """The table of a difference, the lines one below the other; ``label`` names it."""
    parts = [f'<table class="diff" aria-label="{escape(label)}"><tbody>']
    marks = _marks(diff)
    before: DiffRow | None = None
    for row, half in _lines(diff):
        mark = marks.pop(id(row), "") if row is not before else ""
        before = row
        parts.append(_gap(row, 3) if row.kind == "gap" else f"<tr{mark}>{_cells(half)}</tr>")
    return _scrolling(parts, label)


def split_table(diff: Diff, label: str) -> SafeString:
    """The table of a difference, before and after side by side; ``label`` names it."""
    names = (_("Before"), _("After"))
    heads = "".join(f'<th colspan="3" scope="colgroup">{escape(name)}</th>' for name in names)
    parts = [
        f'<table class="diff side" aria-label="{escape(label)}">'
        + '<colgroup><col class="line"><col class="sign"><col></colgroup>' * 2,
        f"<thead><tr>{heads}</tr></thead><tbody>",
    ]
    marks = _marks(diff)
    for row in diff.rows:
        if row.kind == "gap":
            parts.append(_gap(row, 6))
        else:
            old, new = _halves(row)
            parts.append(f"<tr{marks.get(id(row), '')}>{_cells(old)}{_cells(new)}</tr>")
    return _scrolling(parts, label)


def _marks(diff: Diff) -> dict[int, str]:
    """The attribute of rows with which a difference begins, by their identity: keys lead there."""
    kinds = ["same", *(row.kind for row in diff.rows)]
    return {
        id(row): " data-difference"
        for before, row in zip(kinds, diff.rows, strict=False)
        if row.kind not in _QUIET and before in _QUIET
    }


def feed_table(diff: Diff, *, max_length: int) -> SafeString:
    """The same for readers of feeds, that know no stylesheet; cut at ``max_length`` characters."""
    parts = ["<table>"]
    length = 0
    for row, half in _lines(diff):
        if row.kind == "gap":
            part = f"<tr><td>…</td><td>{escape(_hidden_words(row))}</td></tr>"
        else:
            part = f"<tr><td>{half.sign}</td><td>{_text(half.spans)}</td></tr>"
        length += len(part)
        if length > max_length:
            parts.append(f"<tr><td>…</td><td>{escape(_('The rest is on the site.'))}</td></tr>")
            break
        parts.append(part)
    parts.append("</table>")
    return SafeString("".join(parts))


def _scrolling(parts: list[str], label: str) -> SafeString:
    inside = "".join(parts)
    return SafeString(
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"{inside}</tbody></table></div>"
    )


def _gap(row: DiffRow, columns: int) -> str:
    return f'<tr class="gap"><td colspan="{columns}">{escape(_hidden_words(row))}</td></tr>'


def _hidden_words(row: DiffRow) -> str:
    return ngettext("%(count)d unchanged line", "%(count)d unchanged lines", row.hidden) % {
        "count": row.hidden
    }


def _cells(half: _Half) -> str:
    name = f" {half.name}" if half.name else ""
    word = f'<span class="visually-hidden">{escape(half.word)}</span>' if half.word else ""
    number = "" if half.number is None else half.number
    note = f'<small class="moved-note">{escape(half.note)}</small>' if half.note else ""
    return (
        f'<td class="line{name}">{number}</td><td class="sign{name}">{half.sign}{word}</td>'
        f'<td class="text{name}" dir="auto">{note}{_text(half.spans)}</td>'
    )


def _text(spans: Iterable[Span]) -> str:
    return "".join(
        _visible(span.text) if span.kind == "same" else _changed(span.kind, span.text)
        for span in spans
    )


def _changed(element: str, text: str) -> str:
    shown = _UNSEEN.sub(_number, _visible(text))
    if not _JOINING.sub("", text):
        shown = _JOINING.sub(_number, shown)
    return f"<{element}>{shown}</{element}>"


def _visible(text: str) -> str:
    """Escaped; signs that turn text by their number."""
    return _TURNING.sub(_number, str(escape(text)))


def _number(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"
