"""The starter's list, read as it stands: its sections, its entries and their metadata."""

import csv
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from catalog.models import Kind, Level
from tests.catalog.starter_texts import SHARED_LINKS, entries, list_text, runs, section_texts

SECTIONS = [
    "Getting started",
    "Ray Core",
    "Ray Data",
    "Ray Train",
    "Ray Tune",
    "Ray Serve",
    "RLlib",
    "Ray on Kubernetes",
    "Ray on cloud",
    "Ray + MLflow and experiment tracking",
    "Ray + LLMs",
    "Ray + Java",
    "Integrations",
    "Production deployments",
    "Observability and operations",
    "Security",
    "Migration and alternatives",
    "Papers",
    "Books and courses",
    "Videos and talks",
    "Community",
]
LANGUAGES = {"en", "es", "it", "ja", "pt", "zh"}
_TAG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def test_the_list_has_its_sections_in_the_agreed_order() -> None:
    assert list_text().startswith("# Ray, tended\n\n")
    assert list(section_texts()) == SECTIONS


def test_every_section_opens_with_one_or_two_sentences() -> None:
    for section, text in section_texts().items():
        introduction = text.split("\n- ", 1)[0].strip()
        assert introduction.endswith("."), section
        assert 1 <= len(re.findall(r"[.?!](?=\s|$)", introduction)) <= 2, section


def test_every_section_has_entries_and_the_list_is_worth_opening() -> None:
    per_section = Counter(entry.section for entry in entries())
    assert len(entries()) >= 300
    assert all(per_section[section] >= 3 for section in SECTIONS), per_section


def test_every_address_is_well_formed_and_listed_once() -> None:
    urls = [entry.url for entry in entries()]
    for url in urls:
        parts = urlsplit(url)
        assert parts.scheme in {"http", "https"}, url
        assert parts.hostname and "." in parts.hostname, url
        assert not parts.username and not parts.port, url
    spellings = Counter(url.split("://", 1)[1].rstrip("/").casefold() for url in urls)
    assert [url for url, count in spellings.items() if count > 1] == []


def test_no_two_entries_share_a_title() -> None:
    titles = Counter(entry.title.casefold() for entry in entries())
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_entry_is_described_in_one_plain_sentence() -> None:
    for entry in entries():
        text = entry.description
        assert 8 <= len(text.split()) <= 25, entry.title
        assert text[0].isupper(), entry.title
        assert text.endswith(".") and ". " not in text, entry.title
        assert not text.casefold().startswith(entry.title.casefold()), entry.title
        assert not re.search(r"[\[\]<>]|https?://", text), entry.title


def test_every_entry_carries_metadata_of_the_allowed_values() -> None:
    for entry in entries():
        assert list(entry.metadata) == ["kind", "level", "lang", "tags"], entry.title
        assert entry.metadata["kind"] in Kind.values, entry.title
        assert entry.metadata["level"] in Level.values, entry.title
        assert entry.metadata["lang"] in LANGUAGES, entry.title


def test_tags_are_a_shared_vocabulary() -> None:
    used: Counter[str] = Counter()
    for entry in entries():
        assert 1 <= len(entry.tags) <= 3, entry.title
        assert len(set(entry.tags)) == len(entry.tags), entry.title
        used.update(entry.tags)
    assert [tag for tag in used if not _TAG.fullmatch(tag)] == []
    # A tag that only one entry carries leads nowhere.
    assert [tag for tag, count in used.items() if count < 2] == []


def test_no_description_repeats_a_run_of_words_from_the_collected_notes() -> None:
    if not SHARED_LINKS.exists():
        pytest.skip("the collected notes are not on this machine")
    with SHARED_LINKS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        taken = set().union(*(runs(row["note"], 6) for row in rows))
    assert [entry.title for entry in entries() if runs(entry.description, 6) & taken] == []
