"""The starter's text, read as it stands: the list, its entries' metadata, and the pages."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from markup.slugs import slugify_title

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "starter"
PAGE_FILES = sorted((STARTER / "pages").glob("*.md"))
SHARED_LINKS = ROOT.parent / "shared" / "ray" / "links.tsv"

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
KINDS = {
    "documentation",
    "tutorial",
    "course",
    "video",
    "talk",
    "paper",
    "book",
    "blog-post",
    "case-study",
    "library",
    "tool",
    "benchmark",
    "community",
    "security-advisory",
}
LEVELS = {"beginner", "intermediate", "advanced"}
LANGUAGES = {"en", "es", "it", "ja", "pt", "zh"}

# The eight pages of the first starter; more may join them.
FIRST_PAGES = {
    "What is Ray",
    "Getting from one machine to a cluster",
    "Choosing a library",
    "Distributed training compared",
    "Security",
    "Leaving, moving, mixing: migration strategies",
    "How this wiki works",
    "Editing help",
}
# Red on purpose: pages that readers are invited to begin, and the example of a red link.
WANTED_PAGES = {"Glossary", "Serving in production", "A page nobody has begun"}
# Notes that name a source without an address, because none is known.
SOURCES_WITHOUT_ADDRESS = {"ainews"}

_ENTRY = re.compile(
    r"- \[(?P<title>[^\[\]]+)\]\((?P<url>\S+)\)"
    r" - (?P<text>.+) <!-- (?P<meta>.+) -->"
)
_TAG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
_FOOTNOTE_TEXT = re.compile(r"^\[\^([\w-]+)\]: (.+)$", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(r"\[\^([\w-]+)\](?!:)")
_WIKILINK = re.compile(r"\[\[([^\[\]|#\n]+)(?:#[^\[\]|\n]+)?(?:\|[^\[\]\n]+)?\]\]")
_EMBED = re.compile(r'^\{\{resources (section|tag)="([^"]+)" limit=[1-9]\d?\}\}$')


@dataclass(frozen=True)
class Entry:
    section: str
    title: str
    url: str
    description: str
    metadata: dict[str, str]

    @property
    def tags(self) -> list[str]:
        return self.metadata["tags"].split(", ")


@dataclass(frozen=True)
class StarterPage:
    name: str
    front_matter: dict[str, str]
    body: str

    @property
    def prose(self) -> str:
        """The body without fenced and inline code, where nothing is a link or a claim."""
        return _CODE.sub("", _FENCE.sub("", self.body))


def _list_text() -> str:
    return (STARTER / "README.md").read_text(encoding="utf-8")


def _sections() -> dict[str, str]:
    """Section title -> what stands below its heading, in the list's order."""
    parts = re.split(r"^## (.+)$", _list_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _entry(section: str, line: str) -> Entry:
    found = _ENTRY.fullmatch(line)
    assert found, f"not in the form of an entry: {line}"
    metadata = dict(pair.split(": ", 1) for pair in found["meta"].split("; "))
    return Entry(section, found["title"], found["url"], found["text"], metadata)


def _entries() -> list[Entry]:
    return [
        _entry(section, line)
        for section, text in _sections().items()
        for line in text.splitlines()
        if line.startswith(("- ", "* ", "+ "))
    ]


def _read_page(path: Path) -> StarterPage:
    opening, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{path.name} does not begin with front matter"
    front_matter = dict(line.split(": ", 1) for line in head.splitlines())
    return StarterPage(path.stem, front_matter, body)


def _pages() -> list[StarterPage]:
    return [_read_page(path) for path in PAGE_FILES]


def _table_rows(text: str) -> list[str]:
    """The body rows of all tables: those below a delimiter row."""
    rows, in_body = [], False
    for line in text.splitlines():
        if not line.startswith("|"):
            in_body = False
        elif re.fullmatch(r"\|(?:\s*:?-+:?\s*\|)+", line):
            in_body = True
        elif in_body:
            rows.append(line)
    return rows


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_][\w'’-]*", text.casefold())


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


# The list


def test_the_list_has_its_sections_in_the_agreed_order() -> None:
    assert _list_text().startswith("# Ray, tended\n\n")
    assert list(_sections()) == SECTIONS


def test_every_section_opens_with_one_or_two_sentences() -> None:
    for section, text in _sections().items():
        introduction = text.split("\n- ", 1)[0].strip()
        assert introduction.endswith("."), section
        assert 1 <= len(re.findall(r"[.?!](?=\s|$)", introduction)) <= 2, section


def test_every_section_has_entries_and_the_list_is_worth_opening() -> None:
    entries = _entries()
    per_section = Counter(entry.section for entry in entries)
    assert len(entries) >= 110
    assert all(per_section[section] >= 3 for section in SECTIONS), per_section


def test_every_address_is_well_formed_and_listed_once() -> None:
    urls = [entry.url for entry in _entries()]
    for url in urls:
        parts = urlsplit(url)
        assert parts.scheme in {"http", "https"}, url
        assert parts.hostname and "." in parts.hostname, url
        assert not parts.username and not parts.port, url
    spellings = Counter(url.split("://", 1)[1].rstrip("/").casefold() for url in urls)
    assert [url for url, count in spellings.items() if count > 1] == []


def test_no_two_entries_share_a_title() -> None:
    titles = Counter(entry.title.casefold() for entry in _entries())
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_entry_is_described_in_one_plain_sentence() -> None:
    for entry in _entries():
        text = entry.description
        assert 8 <= len(text.split()) <= 25, entry.title
        assert text[0].isupper(), entry.title
        assert text.endswith(".") and ". " not in text, entry.title
        assert not text.casefold().startswith(entry.title.casefold()), entry.title
        assert not re.search(r"[\[\]<>]|https?://", text), entry.title


def test_every_entry_carries_metadata_of_the_allowed_values() -> None:
    for entry in _entries():
        assert list(entry.metadata) == ["kind", "level", "lang", "tags"], entry.title
        assert entry.metadata["kind"] in KINDS, entry.title
        assert entry.metadata["level"] in LEVELS, entry.title
        assert entry.metadata["lang"] in LANGUAGES, entry.title


def test_tags_are_a_shared_vocabulary() -> None:
    used: Counter[str] = Counter()
    for entry in _entries():
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
        taken = set().union(*(_runs(row["note"], 6) for row in rows))
    assert [entry.title for entry in _entries() if _runs(entry.description, 6) & taken] == []


# The pages


def test_the_first_pages_are_there() -> None:
    assert {page.front_matter["title"] for page in _pages()} >= FIRST_PAGES


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_a_page_has_a_title_a_language_and_perhaps_a_section(path: Path) -> None:
    page = _read_page(path)
    assert set(page.front_matter) <= {"title", "section", "language"}
    assert page.name == slugify_title(page.front_matter["title"])
    assert page.front_matter["language"] == "en"
    assert page.front_matter.get("section", SECTIONS[0]) in SECTIONS


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_a_page_is_substantial_and_leaves_the_first_heading_to_its_title(path: Path) -> None:
    prose = _LINK_TARGET.sub("]", _read_page(path).prose)
    assert 400 <= len(_words(prose)) <= 950
    assert not re.search(r"^# ", prose, re.MULTILINE)


def test_every_wiki_link_leads_to_a_starter_page_or_is_red_on_purpose() -> None:
    titles = {page.front_matter["title"] for page in _pages()}
    targets = {target for page in _pages() for target in _WIKILINK.findall(page.prose)}
    assert targets - titles == WANTED_PAGES


def test_every_page_is_linked_from_another() -> None:
    for page in _pages():
        others = "".join(other.prose for other in _pages() if other != page)
        assert f"[[{page.front_matter['title']}" in others, page.name


def test_every_embed_names_a_section_or_a_tag_of_the_list() -> None:
    known = {
        "section": {slugify_title(section) for section in SECTIONS},
        "tag": {tag for entry in _entries() for tag in entry.tags},
    }
    for page in _pages():
        for line in page.prose.splitlines():
            if "{{" in line:
                embed = _EMBED.fullmatch(line)
                assert embed and embed[2] in known[embed[1]], f"{page.name}: {line}"


def test_every_link_to_a_section_of_this_site_names_one_of_the_list() -> None:
    slugs = {slugify_title(section) for section in SECTIONS}
    for page in _pages():
        assert set(re.findall(r"\(/sections/([^)/]*)/\)", page.prose)) <= slugs, page.name


def test_every_figure_in_a_table_has_its_source_in_the_row() -> None:
    for page in _pages():
        for row in _table_rows(page.prose):
            words = _FOOTNOTE_MARK.sub("", _LINK_TARGET.sub("]", row))
            if re.search(r"\d", words):
                assert "](http" in row or _FOOTNOTE_MARK.search(row), f"{page.name}: {row}"


def test_every_footnote_is_used_and_names_its_source() -> None:
    for page in _pages():
        notes = dict(_FOOTNOTE_TEXT.findall(page.prose))
        assert set(_FOOTNOTE_MARK.findall(page.prose)) == set(notes), page.name
        for name, text in notes.items():
            assert "](http" in text or name in SOURCES_WITHOUT_ADDRESS, f"{page.name}: {name}"


def test_the_unchecked_article_is_never_cited_without_saying_whose_claim_it_is() -> None:
    for page in _pages():
        for block in _FOOTNOTE_TEXT.sub("", page.prose).split("\n\n"):
            if "[^ainews]" in block:
                assert "article" in block, f"{page.name}: {block}"


def test_every_link_in_a_page_is_of_the_web_or_of_this_site() -> None:
    for page in _pages():
        for target in re.findall(r"\]\(([^)\s]*)\)", page.prose):
            assert target.startswith(("https://", "http://", "/")), f"{page.name}: {target}"


def test_words_of_facts_are_not_taken_over_from_the_collection() -> None:
    facts = SHARED_LINKS.with_name("facts.md")
    if not facts.exists():
        pytest.skip("the collected facts are not on this machine")
    taken = _runs(_LINK_TARGET.sub("]", facts.read_text(encoding="utf-8")), 7)
    for page in _pages():
        own = _runs(_LINK_TARGET.sub("]", page.prose), 7)
        assert own & taken == set(), page.name
