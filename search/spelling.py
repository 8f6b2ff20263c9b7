"""Words that were probably meant: the nearest of the vocabulary to one that is found nowhere."""

from __future__ import annotations

from typing import Final

from rapidfuzz.distance import OSA

from search.analysis import is_unspaced, stem
from search.engines import find_similar_words
from search.models import SearchWord
from search.queries import SearchQuery

MIN_LENGTH: Final = 3  # letters of a word that may be mistyped
MAX_CORRECTED: Final = 3  # words of one query
_CANDIDATES: Final = 40


def find_corrections(query: SearchQuery) -> dict[str, str]:
    """The word that was probably meant, for each word of a query that is unknown.

    One query for all words and one more for each unknown one, at most MAX_CORRECTED.
    """
    words = [word for word in dict.fromkeys(query.all_words) if _may_be_mistyped(word)]
    if not words:
        return {}
    known = set(SearchWord.objects.filter(word__in=words).values_list("word", flat=True))
    unknown = [word for word in words if word not in known][:MAX_CORRECTED]
    found = {word: find_nearest(word) for word in unknown}
    return {word: nearest for word, nearest in found.items() if nearest}


def find_nearest(word: str) -> str:
    """The word of the vocabulary with the fewest typing errors between, the frequent ones first.

    "" where none is near: one error in a short word, two in one of six letters or more (two letters
    that changed places are one error), and never the same stem, which is found as it is.
    """
    most = 1 if len(word) < 6 else 2
    ranked = [
        (distance, -documents, candidate)
        for candidate, documents in find_similar_words(word, limit=_CANDIDATES)
        if 0 < (distance := OSA.distance(word, candidate, score_cutoff=most)) <= most
        and stem(candidate, "en") != stem(word, "en")
    ]
    return min(ranked)[2] if ranked else ""


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= MIN_LENGTH and word.isalpha() and not is_unspaced(word)
