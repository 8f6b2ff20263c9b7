"""The place of a text that shows why it was found, with the words that were looked for marked.

Plain Python: gives pairs of a piece of text and whether it is marked; whoever shows them escapes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from search.analysis import find_words, is_unspaced, query_terms, stem

Pieces = list[tuple[str, bool]]

LENGTH: Final = 220  # characters of a snippet
MAX_LOOKED_AT: Final = 30_000  # characters of a text that are gone through
_WORD: Final = re.compile(r"[^\W_]+(?:\+\+|#)?")


def find_forms(words: Collection[str]) -> frozenset[str]:
    """All forms under which the words of a query are marked."""
    return frozenset(form for word in words for forms in query_terms(word) for form in forms)


def make_snippet(text: str, words: Collection[str], language: str) -> Pieces:
    """About LENGTH characters of ``text`` around the place with most different words of a query."""
    text = text[:MAX_LOOKED_AT]
    spans = _find_spans(text, words, language)
    start = _best_start(spans)
    if start:
        start = text.rfind(" ", 0, start) + 1 or start
    end = min(len(text), start + LENGTH)
    if end < len(text):
        end = text.rfind(" ", start, end) if " " in text[start:end] else end
    pieces = _cut(text, [span[:2] for span in spans], start, end)
    if start > 0:
        pieces.insert(0, ("… ", False))
    if end < len(text):
        pieces.append((" …", False))
    return pieces


def mark_words(text: str, words: Collection[str], language: str) -> Pieces:
    """The whole of a short ``text``."""
    spans = _find_spans(text, words, language)
    return _cut(text, [span[:2] for span in spans], 0, len(text))


def _find_spans(text: str, words: Collection[str], language: str) -> list[tuple[int, int, str]]:
    """Beginning, end and form of each place where a word of the query stands."""
    if not words:
        return []
    forms, spans = find_forms(words), []
    for match in _WORD.finditer(text):
        word = _read_word(match[0])
        if is_unspaced(word):
            spans += _find_runs(match, words)
        elif word and (word in forms or stem(word, language) in forms):
            spans.append((match.start(), match.end(), stem(word, language)))
    return spans


@lru_cache(maxsize=50_000)
def _read_word(written: str) -> str:
    """The folded word of what is written as one; a text has few different ones."""
    found = find_words(written)
    return found[0] if found else ""


def _find_runs(match: re.Match[str], words: Collection[str]) -> list[tuple[int, int, str]]:
    """Where words of a script without spaces stand within a run of it."""
    return [
        (match.start() + at.start(), match.start() + at.end(), word)
        for word in words
        if is_unspaced(word)
        for at in re.finditer(re.escape(word), match[0])
    ]


def _best_start(spans: list[tuple[int, int, str]]) -> int:
    """Where to begin so that most different words are shown; a little before the first of them."""
    best, most = 0, 0
    for at, (start, _end, _form) in enumerate(spans[:200]):
        window = {form for begin, _e, form in spans[at : at + 40] if begin < start + LENGTH - 60}
        if len(window) > most:
            best, most = start, len(window)
    return max(0, best - 60) if best > 100 else 0


def _cut(text: str, spans: list[tuple[int, int]], start: int, end: int) -> Pieces:
    pieces: Pieces = []
    at = start
    for begin, stop in spans:
        if begin < at or stop > end:
            continue
        pieces += [(text[at:begin], False), (text[begin:stop], True)]
        at = stop
    pieces.append((text[at:end], False))
    return [piece for piece in pieces if piece[0]]
