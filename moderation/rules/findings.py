"""What a condition found in an edit: numbers for its sentence, and a short quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAX_QUOTED: Final = 160  # characters of what matched
MAX_AROUND: Final = 60  # characters before and behind it


@dataclass(frozen=True)
class Quote:
    """What matched, with a little of the text around it."""

    match: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why a condition is met. ``values`` are numbers and names, nothing of the text."""

    values: Mapping[str, Any] = field(default_factory=dict)
    quote: Quote | None = None


def quote_from(text: str, start: int, end: int) -> Quote:
    """The quote of ``text[start:end]``, shortened, without line ends."""
    match = text[start:end]
    is_cut = len(match) > MAX_QUOTED
    return Quote(
        match=_in_one_line(match[:MAX_QUOTED]) + ("…" if is_cut else ""),
        before=_in_one_line(text[max(0, start - MAX_AROUND) : start]),
        after="" if is_cut else _in_one_line(text[end : end + MAX_AROUND]),
    )


def _in_one_line(text: str) -> str:
    return text.replace("\0", "").replace("\n", " ").replace("\r", " ")
