"""What somebody typed into the search box, understood: words, "phrases", -not and operators."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from search.analysis import find_words, fold

MAX_LENGTH: Final = 200  # characters of a query
MAX_WORDS: Final = 12  # more are left out, and it is said

#: Operators by the name under which a value is kept with a document; the first spelling is shown.
OPERATORS: Final = {
    "type": ("type", "in"),
    "kind": ("kind",),
    "level": ("level",),
    "language": ("language", "lang"),
    "tag": ("tag",),
    "site": ("site", "host"),
    "section": ("section",),
    "health": ("health", "is"),
}
_NAMES: Final = {spelling: name for name, spellings in OPERATORS.items() for spelling in spellings}

_PART: Final = re.compile(
    r'(?P<not>(?<!\S)-)?(?:(?P<name>[a-z]+):(?P<value>"[^"]*"|[^\s"]+)|"(?P<phrase>[^"]*)"?'
    r"|(?P<word>\S+))"
)


@dataclass(frozen=True)
class SearchQuery:
    """``text`` is what was typed. All but ``excluded…`` has to be found.

    ``words`` are folded words, ``phrases`` lists of them that stand side by side, ``marks`` pairs
    of an operator's name and its value.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    excluded_words: tuple[str, ...] = ()
    excluded_phrases: tuple[tuple[str, ...], ...] = ()
    excluded_marks: tuple[tuple[str, str], ...] = ()
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing: what is only excluded is no question."""
        return not (self.words or self.phrases or self.marks)

    @property
    def asks_for_words(self) -> bool:
        return bool(self.words or self.phrases)

    @property
    def all_words(self) -> tuple[str, ...]:
        """Every word that has to be found, those of phrases too."""
        return (*self.words, *(word for phrase in self.phrases for word in phrase))


@dataclass
class _Parts:
    words: list[str] = field(default_factory=list)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)


def parse_query(text: str) -> SearchQuery:
    """Understand ``text``; never raises. What is no known operator is searched for as words."""
    text = text.replace("\0", " ").strip()[:MAX_LENGTH]
    wanted, unwanted = _Parts(), _Parts()
    for match in _PART.finditer(text):
        _take(match, unwanted if match["not"] else wanted)
    words = list(dict.fromkeys(wanted.words))
    return SearchQuery(
        text=text,
        words=tuple(words[:MAX_WORDS]),
        phrases=tuple(dict.fromkeys(wanted.phrases[:MAX_WORDS])),
        marks=tuple(dict.fromkeys(wanted.marks)),
        excluded_words=tuple(dict.fromkeys(unwanted.words[:MAX_WORDS])),
        excluded_phrases=tuple(dict.fromkeys(unwanted.phrases[:MAX_WORDS])),
        excluded_marks=tuple(dict.fromkeys(unwanted.marks)),
        is_cut=len(words) > MAX_WORDS,
    )


def _take(match: re.Match[str], parts: _Parts) -> None:
    if match["phrase"] is not None:
        _take_phrase(match["phrase"], parts)
    elif match["name"] is None:
        parts.words += find_words(match["word"])
    elif match["name"] in _NAMES:
        value = clean_value(match["value"])
        if value:
            parts.marks.append((_NAMES[match["name"]], value))
    else:
        parts.words += find_words(match[0].lstrip("-"))


def _take_phrase(text: str, parts: _Parts) -> None:
    words = tuple(find_words(text))
    if len(words) == 1:
        parts.words += words
    elif words:
        parts.phrases.append(words)


def clean_value(value: str) -> str:
    """An operator's value as it is compared: blanks are as good as hyphens, as in tags."""
    return "-".join(fold(value.strip('"')).split())


def with_words(query: SearchQuery, corrections: dict[str, str]) -> str:
    """The text of ``query`` with some of its words corrected, for people to read and click."""

    def correct(match: re.Match[str]) -> str:
        return corrections.get(fold(match[0]), match[0])

    return re.sub(r"[^\W_]+", correct, query.text)
