"""From text to the terms that are looked up: the same for both databases, since it is done here.

Plain Python without Django. A text becomes *words* (folded: NFKC, lower case, without accents) and
these *terms*: stems in the text's language. Chinese and Japanese, which do not part words by
spaces, become pairs of neighbouring characters, as Lucene's CJK analyser makes them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

import snowballstemmer

# What a query in no known language is tried as, and what the site's interface speaks.
QUERY_LANGUAGES: Final = ("en", "es")
MAX_WORD: Final = 60  # characters; what is longer is no word of a language

_STEMMERS: Final = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]").match
# Runs of unspaced script; else words, with the signs that are part of a name (C++, C#).
_WORD: Final = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:\+\+|#(?!\w))?")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_SIGNS: Final = {"++": "plusplus", "#": "sharp"}  # neither database takes the signs into a word


def fold(text: str) -> str:
    """``text`` as it is compared: compatibility forms, case and accents do not count."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


def find_words(text: str) -> list[str]:
    """The folded words of ``text`` in order; a run of Chinese is one."""
    return [
        (word if word[-1] not in "+#" else _name_of(word))[:MAX_WORD]
        for word in _WORD.findall(fold(text))
    ]


def find_terms(text: str, language: str) -> list[str]:
    """The terms of ``text`` in order, as an index keeps them.

    A word written in humps (KubeRay) gives its parts as well, so that "kube ray" finds it.
    """
    parted = _HUMP.sub(" ", text) if any(map(str.isupper, text)) else text
    terms = [term for word in find_words(text) for term in _terms_of(word, language)]
    if parted != text:
        known = set(terms)
        parts = (t for word in find_words(parted) for t in _terms_of(word, language))
        terms += [term for term in dict.fromkeys(parts) if term not in known]
    return terms


def query_terms(word: str) -> list[tuple[str, ...]]:
    """What has to be found for one folded word of a query: all of these, each in one of its forms.

    The language of a query is not known: a word may stand in the index as it is, or as its stem in
    one of ``QUERY_LANGUAGES``.
    """
    if is_unspaced(word):
        return [(pair,) for pair in _pairs(word)]
    return [tuple(dict.fromkeys([word, *(stem(word, lang) for lang in QUERY_LANGUAGES)]))]


def phrase_terms(words: Sequence[str]) -> list[tuple[str, ...]]:
    """The rows of terms that stand side by side where a phrase does: one for each language.

    A superset: "serve models" has the terms of "serving models".
    """
    rows = (
        tuple(term for word in words for term in _terms_of(word, language))
        for language in ("", *QUERY_LANGUAGES)
    )
    return list(dict.fromkeys(rows))


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script that does not part words by spaces."""
    return bool(_IS_UNSPACED(word))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The stem of a folded word; the word itself in a language without a stemmer."""
    algorithm = _STEMMERS.get(language.partition("-")[0])
    if algorithm is None or not word.isalpha():
        return word
    return str(_stemmer(algorithm).stemWord(word))


@cache
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(algorithm)


def _terms_of(word: str, language: str) -> Iterator[str]:
    if is_unspaced(word):
        yield from _pairs(word)
    else:
        yield stem(word, language)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _name_of(word: str) -> str:
    for sign, name in _SIGNS.items():
        if word.endswith(sign):
            return word.removesuffix(sign) + name
    return word
