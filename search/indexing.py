"""Keeping the documents of the search as the objects are.

A write marks its object's document as stale, in its own transaction; a worker makes it anew, nudged
after the commit and swept by beat. What readers may not see any more goes at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from django.db import transaction
from django.db.models import F

from changes.nudging import nudge_after_commit
from search.analysis import find_terms, find_words, is_unspaced
from search.engines import mark_term, store_vectors
from search.models import MAX_TEXT, SearchDocument, SearchWord
from search.queries import clean_value
from search.sources import TYPES, Source, read_ids, read_sources

BATCH: Final = 25  # documents made in one transaction
MAX_TITLE_WORDS: Final = 400  # characters
MIN_WORD: Final = 3  # letters of a word that is worth suggesting

_DERIVED: Final = [
    *("title", "url", "address", "context", "text", "language", "kind", "level", "health", "tags"),
    *("changed_at", "title_words", "words", "title_terms", "label_terms", "heading_terms"),
    *("body_terms", "marks", "liveliness", "word_list", "is_stale"),
]


def mark_documents_stale(object_type: str, ids: Collection[int]) -> None:
    """Have the documents of some objects made anew; one query, inside the write's transaction."""
    from search.tasks import index_stale_documents

    SearchDocument.objects.bulk_create(
        [
            SearchDocument(object_type=object_type, object_id=object_id, is_stale=True)
            for object_id in sorted(ids)
        ],
        update_conflicts=True,
        unique_fields=["object_type", "object_id"],
        update_fields=["is_stale"],
    )
    nudge_after_commit(index_stale_documents)


def index_stale_documents() -> int:
    """Make the stale documents anew, a batch at a time; how many there were."""
    done = 0
    while count := index_batch():
        done += count
    return done


@transaction.atomic
def index_batch() -> int:
    """Make up to BATCH stale documents anew, leaving out what another worker has in hand."""
    has_skip = transaction.get_connection().features.has_select_for_update_skip_locked
    stale = SearchDocument.objects.select_for_update(skip_locked=has_skip).stale()
    rows = list(stale.values_list("object_type", "object_id")[:BATCH])
    ids_of: dict[str, list[int]] = {}
    for object_type, object_id in rows:
        ids_of.setdefault(object_type, []).append(object_id)
    for object_type, ids in ids_of.items():
        write_documents(object_type, ids)
    return len(rows)


@transaction.atomic
def write_documents(object_type: str, ids: Collection[int]) -> None:
    """Make the documents of some objects as these are now; a constant number of queries."""
    sources = read_sources(object_type, ids)
    about = SearchDocument.objects.filter(object_type=object_type, object_id__in=ids)
    before = count_words(about.values_list("word_list", flat=True))
    about.exclude(object_id__in=sources).delete()
    documents = [make_document(source) for source in sources.values()]
    SearchDocument.objects.bulk_create(
        documents,
        update_conflicts=True,
        unique_fields=["object_type", "object_id"],
        update_fields=_DERIVED,
    )
    store_vectors(documents)
    count_in_vocabulary(count_words(d.word_list for d in documents), before)


@transaction.atomic
def remove_documents(object_type: str, ids: Collection[int]) -> None:
    """Take objects out of the search at once."""
    about = SearchDocument.objects.filter(object_type=object_type, object_id__in=ids)
    before = count_words(about.values_list("word_list", flat=True))
    about.delete()
    count_in_vocabulary(Counter(), before)


def rebuild() -> Iterable[int]:
    """Make every document anew and drop those of objects that are gone.

    Gives how many objects each step dealt with, for a progress bar.
    """
    for object_type in TYPES:
        known = SearchDocument.objects.filter(object_type=object_type)
        ids = sorted({*read_ids(object_type), *known.values_list("object_id", flat=True)})
        for at in range(0, len(ids), BATCH):
            write_documents(object_type, ids[at : at + BATCH])
            yield len(ids[at : at + BATCH])


def make_document(source: Source) -> SearchDocument:
    """What the search keeps of an object; pure."""
    text = source.text[:MAX_TEXT]
    language = source.language
    words = find_words(f"{source.title} {text}")
    return SearchDocument(
        object_type=source.object_type,
        object_id=source.object_id,
        title=source.title,
        url=source.url,
        address=source.address,
        context=source.context,
        text=text,
        language=language,
        kind=source.kind,
        level=source.level,
        health=source.health,
        tags=source.tags,
        changed_at=source.changed_at,
        title_words=" ".join(find_words(source.title))[:MAX_TITLE_WORDS],
        words=f" {' '.join(words)} ",
        title_terms=" ".join(find_terms(source.title, language)),
        label_terms=_terms_of(source.labels, language),
        heading_terms=_terms_of(source.headings, language),
        body_terms=" ".join(find_terms(text, language)),
        marks=" ".join(mark_term(*mark) for mark in _marks_of(source)),
        liveliness=source.liveliness,
        word_list=sorted(_vocabulary_of(source)),
    )


def _terms_of(texts: Iterable[str], language: str) -> str:
    return " ".join(term for text in texts for term in find_terms(text, language))


def _marks_of(source: Source) -> list[tuple[str, str]]:
    marks = [("type", source.object_type), *source.marks]
    return [(name, clean_value(value)) for name, value in marks]


def _vocabulary_of(source: Source) -> set[str]:
    """Words of the title, labels and headings that are worth suggesting for a mistyped one."""
    texts = [source.title, *source.labels, *source.headings]
    words = {word for text in texts for word in find_words(text)}
    return {w for w in words if len(w) >= MIN_WORD and not w.isdigit() and not is_unspaced(w)}


def count_words(lists: Iterable[list[str]]) -> Counter[str]:
    """In how many of some documents each word of their ``word_list`` stands."""
    return Counter(word for words in lists for word in words)


def count_in_vocabulary(now: Counter[str], before: Counter[str]) -> None:
    """Bring the vocabulary from ``before`` to ``now``; in the order of words, so nobody waits in a
    circle."""
    difference: Mapping[str, int] = {
        word: now[word] - before[word]
        for word in sorted(now.keys() | before.keys())
        if now[word] != before[word]
    }
    if not difference:
        return
    SearchWord.objects.bulk_create([SearchWord(word=w) for w in difference], ignore_conflicts=True)
    by_change: dict[int, list[str]] = {}
    for word, change in difference.items():
        by_change.setdefault(change, []).append(word)
    held = SearchWord.objects.select_for_update().filter(word__in=difference).order_by("word")
    list(held.values_list("pk"))
    for change, words in by_change.items():
        SearchWord.objects.filter(word__in=words).update(documents=F("documents") + change)
    if min(difference.values()) < 0:
        SearchWord.objects.filter(word__in=difference, documents__lte=0).delete()
