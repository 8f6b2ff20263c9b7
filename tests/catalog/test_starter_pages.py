"""The starter's pages, read as they stand: links that lead somewhere, figures with a source."""

import re
from functools import cache

import pytest

from catalog.models import Kind, Level
from markup.embeds import parse_embed, unknown_parameters
from markup.slugs import slugify_title
from markup.urls import url_key
from tests.catalog.starter_texts import (
    FOOTNOTE_MARK,
    FOOTNOTE_TEXT,
    LINK_TARGET,
    PATHS,
    SHARED_LINKS,
    StarterPage,
    entries,
    pages,
    runs,
    section_texts,
    statements,
    table_rows,
    words,
)
from wiki.starter_files import read_file

EXPECTED = {
    "Start here",
    "What is Ray",
    "Choosing a library",
    "Getting from one machine to a cluster",
    "Ray on Kubernetes",
    "Ray on cloud platforms compared",
    "Ray with MLflow",
    "Ray and large language models",
    "Ray from Java and C++",
    "Distributed training compared",
    "Ray, Dask, Modin, Spark compared",
    "Who runs Ray in production",
    "The market around Ray",
    "Security",
    "Leaving, moving, mixing: migration strategies",
    "Known limits",
    "Frequently asked questions",
    "How this wiki works",
    "Editing help",
    "What belongs on this list",
    "Moderation policy",
}
TRANSLATED = {
    "Start here",
    "What is Ray",
    "Choosing a library",
    "Getting from one machine to a cluster",
}
# Red on purpose: pages that readers are invited to begin, and the example of a red link.
WANTED_PAGES = {"Glossary", "Serving in production", "A page nobody has begun"}
ARTICLE = "https://ainews.cool/article/20260427-ray-ecosystem-distributed-ai-guide"
# Addresses that show how something is written, and are no sources.
EXAMPLES = {"https://example.org/picture.png"}

_WIKILINK = re.compile(r"\[\[([^\[\]|#\n]+?)(?:#[^\[\]|\n]+)?(?:\\?\|[^\[\]\n]+)?\]\]")
_OUTSIDE = re.compile(r"\]\((https?://[^)\s]+)\)")
_UNITS = (
    r"%|percent|times|times?\b|fold|million|billion|dollars?|cores?|CPUs?|GPUs?|nodes?|tasks?"
    r"|customers?|users?|stars?|pipelines?|applications?|transactions?|parameters?|models?"
    r"|[KMGTPE]i?B|veces|millones|núcleos|nodos|clientes"
)
#: A number with a unit, a sum of money, or a number of four digits and more written with a sign.
_FIGURE = re.compile(
    rf"(?:\$\s?\d|€\s?\d|\b\d[\d.,–-]*\+?\s?(?:{_UNITS})(?!\w)|\b\d[\d.,]*\s?[万亿倍]|\b\d{{1,3}}(?:[,.]\d{{3}})+\b)"
)


@cache
def listed_keys() -> frozenset[str]:
    return frozenset(url_key(entry.url) for entry in entries())


def is_listed(url: str) -> bool:
    return url_key(url) in listed_keys()


def sources_of(statement: str, page: StarterPage) -> list[str]:
    """The addresses that a statement gives, in itself or in its footnotes."""
    notes = dict(FOOTNOTE_TEXT.findall(page.prose))
    cited = [notes.get(name, "") for name in FOOTNOTE_MARK.findall(statement)]
    return _OUTSIDE.findall(" ".join([statement, *cited]))


def figures_in(statement: str) -> list[str]:
    """The figures that a reader sees in it, link targets and marks of footnotes taken away."""
    return _FIGURE.findall(FOOTNOTE_MARK.sub("", LINK_TARGET.sub("]", statement)))


@pytest.fixture(params=pages(), ids=lambda page: f"{page.language}-{page.path.stem}")
def page(request: pytest.FixtureRequest) -> StarterPage:
    found: StarterPage = request.param
    return found


def test_the_pages_are_there() -> None:
    assert {page.title for page in pages() if page.language == "en"} == EXPECTED


def test_the_most_read_pages_are_there_in_spanish_and_chinese() -> None:
    for language in ("es", "zh"):
        originals = {p.front_matter["translation-of"] for p in pages() if p.language == language}
        assert originals == TRANSLATED


def test_a_page_has_a_title_a_language_and_perhaps_a_section(page: StarterPage) -> None:
    assert set(page.front_matter) <= {"title", "section", "language", "translation-of"}
    assert page.path.stem == slugify_title(page.front_matter.get("translation-of", page.title))
    assert page.front_matter.get("section", "Security") in section_texts()
    folder = page.path.parent.name
    assert page.language == ("en" if folder == "pages" else folder)
    assert ("translation-of" in page.front_matter) == (page.language != "en")


def test_a_translation_keeps_the_sources_and_the_lists_of_its_original(page: StarterPage) -> None:
    title = page.front_matter.get("translation-of")
    if title is None:
        return
    original = next(other for other in pages() if other.title == title)
    cited = set(_OUTSIDE.findall(FOOTNOTE_TEXT.sub("", page.body)))
    assert cited <= set(_OUTSIDE.findall(original.body))
    for pattern in (FOOTNOTE_TEXT, re.compile(r"^\{\{.+\}\}$", re.MULTILINE)):
        assert len(pattern.findall(page.body)) == len(pattern.findall(original.body))


def test_a_page_is_substantial_and_leaves_the_first_heading_to_its_title(
    page: StarterPage,
) -> None:
    prose = LINK_TARGET.sub("]", page.prose)
    most = 2400 if page.language == "zh" else 1300
    assert 400 <= len(words(prose)) <= most
    assert not re.search(r"^# ", prose, re.MULTILINE)


def test_every_wiki_link_leads_to_a_starter_page_or_is_red_on_purpose() -> None:
    ways = [read_file(path) for path in sorted(PATHS.glob("*.md"))]
    titles = {slugify_title(page.title) for page in pages()}
    titles |= {slugify_title(fields["title"]) for fields, _text in ways}
    texts = [*(page.prose for page in pages()), *(text for _fields, text in ways)]
    targets = {target for text in texts for target in _WIKILINK.findall(text)}
    assert {target for target in targets if slugify_title(target) not in titles} == WANTED_PAGES


def test_every_link_to_a_heading_of_the_page_has_one(page: StarterPage) -> None:
    headings = {slugify_title(h) for h in re.findall(r"^#{2,} (.+)$", page.prose, re.MULTILINE)}
    for target in re.findall(r"\[\[#([^\[\]|]+)\]\]", page.prose):
        assert slugify_title(target) in headings, target


def test_every_page_is_linked_from_another(page: StarterPage) -> None:
    others = "".join(other.prose for other in pages() if other != page)
    assert f"[[{page.title}" in others


def test_every_embed_names_what_the_list_has(page: StarterPage) -> None:
    known = {
        "section": {slugify_title(section) for section in section_texts()},
        "tag": {tag for entry in entries() for tag in entry.tags},
        "kind": set(Kind.values),
        "level": set(Level.values),
    }
    for line in page.prose.splitlines():
        if "{{" in line:
            embed = parse_embed(line)
            assert embed is not None and unknown_parameters(embed) == [], line
            for name, value in embed.params.items():
                assert name == "limit" or value in known[name], line


def test_every_link_to_a_section_of_this_site_names_one_of_the_list(page: StarterPage) -> None:
    slugs = {slugify_title(section) for section in section_texts()}
    assert set(re.findall(r"\(/sections/([^)/]*)/\)", page.prose)) <= slugs


def test_every_link_in_a_page_is_of_the_web_or_of_this_site(page: StarterPage) -> None:
    for target in re.findall(r"\]\(([^)\s]*)\)", page.prose):
        assert target.startswith(("https://", "http://", "/")), target


def test_every_address_that_a_page_cites_is_an_entry_of_the_list(page: StarterPage) -> None:
    cited = set(_OUTSIDE.findall(page.prose)) - EXAMPLES
    assert sorted(url for url in cited if not is_listed(url)) == []


def test_every_figure_has_a_source_that_is_an_entry_of_the_list(page: StarterPage) -> None:
    if page.is_about_the_wiki:  # the numbers are those of this site's own rules
        return
    bare = [
        statement
        for statement in statements(page.prose)
        if figures_in(statement) and not any(map(is_listed, sources_of(statement, page)))
    ]
    assert bare == []


@pytest.mark.parametrize(
    "text",
    [
        "It saved 82 % of the cost.",
        "Revenue was $50M.",
        "They run 240,000 cores.",
        "It was 40 times as fast.",
        "About 200 TB a run.",
        "Clientes: 1.000 desde 2024.",
        "每秒超过 180 万个任务。",
        "| adoption | 5 % | 30 % |",
    ],
)
def test_a_figure_is_seen(text: str) -> None:
    assert figures_in(text)


@pytest.mark.parametrize("text", ["Ray 2.55.0 of 2026", "CVE-2023-48022", "3 steps, 20 min"])
def test_versions_dates_and_names_are_no_figures(text: str) -> None:
    assert not figures_in(text)


def test_every_figure_in_a_table_has_its_source_in_the_row(page: StarterPage) -> None:
    if page.is_about_the_wiki:
        return  # rules of this site
    for row in table_rows(page.prose):
        if re.search(r"\d", FOOTNOTE_MARK.sub("", LINK_TARGET.sub("]", row))):
            names_source = "](http" in row or FOOTNOTE_MARK.search(row) or "[[" in row
            assert names_source, row


def test_every_footnote_is_used_and_names_its_source(page: StarterPage) -> None:
    notes = dict(FOOTNOTE_TEXT.findall(page.prose))
    assert set(FOOTNOTE_MARK.findall(page.prose)) == set(notes)
    for name, text in notes.items():
        assert "](http" in text, name


def test_the_unchecked_article_is_never_cited_without_saying_whose_claim_it_is(
    page: StarterPage,
) -> None:
    word = {"en": "article", "es": "artículo", "zh": "文章"}[page.language]
    for block in FOOTNOTE_TEXT.sub("", page.prose).split("\n\n"):
        if "[^ainews]" in block or ARTICLE in block:
            assert word in block, block


def test_words_of_facts_are_not_taken_over_from_the_collection(page: StarterPage) -> None:
    facts = SHARED_LINKS.with_name("facts.md")
    if not facts.exists():
        pytest.skip("the collected facts are not on this machine")
    taken = runs(LINK_TARGET.sub("]", facts.read_text(encoding="utf-8")), 7)
    assert runs(LINK_TARGET.sub("]", page.prose), 7) & taken == set()
