"""The six real lists, against an independent count of the links in their entries."""

import re
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from catalog.awesome import ParsedEntry, ParsedList, parse_list, read_list

LISTS = Path(settings.BASE_DIR).parent / "shared" / "lists"
NAMES = [
    "awesome-ray",
    "awesome-production-machine-learning",
    "awesome-python",
    "free-courses-es",
    "free-programming-books-zh",
    "free-courses-ar",
]
MARKS = "\u200e\u200f "
LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]"
    r"\((?!#)([^()\s]+(?:\([^()]*\))?[^()\s]*)\)"
)

pytestmark = pytest.mark.skipif(not LISTS.is_dir(), reason="the real lists are not here")


class ExpectedLink(NamedTuple):
    line: int
    title: str
    url: str
    heading: str


def load(name: str) -> ParsedList:
    return parse_list(read_list(LISTS / f"{name}.md"), name=name)


def plain(markdown: str) -> str:
    without_tags = re.sub(r"<[^>]+>", "", markdown)
    without_escapes = re.sub(r"\\(.)", r"\1", without_tags)
    without_marks = re.sub(r"[*_`]{1,2}(?=\S)|(?<=\S)[*_`]{1,2}$", "", without_escapes)
    return " ".join(unescape(without_marks).split()).strip(MARKS)


def expected_links(text: str) -> list[ExpectedLink]:
    """The first web link of every list item, read line by line with nothing but expressions."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    found, heading = [], ""
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if match := re.match(r"#{1,6}\s+(.*?)(?:\s+#+)?\s*$", line):
            heading = plain(match[1])
        if not re.match(r"\s*(?:[-*+]|\d+[.)])\s", line):
            continue
        if link := LINK.search(line):
            found.append(ExpectedLink(number, plain(link[1]), link[2], heading))
    return found


def is_right(link: ExpectedLink, entries: dict[int, tuple[ParsedEntry, str]]) -> bool:
    if link.line not in entries:
        return False
    entry, section = entries[link.line]
    return (plain(entry.title), entry.url, section) == (link.title, link.url, link.heading)


@pytest.mark.parametrize("name", NAMES)
def test_99_percent_of_the_links_are_entries_with_title_and_section(name):
    parsed = load(name)
    expected = expected_links((LISTS / f"{name}.md").read_text(encoding="utf-8"))
    entries = {e.line: (e, plain(s.title)) for s in parsed.sections for e in s.entries}
    missed = [link for link in expected if not is_right(link, entries)]
    rate = 1 - len(missed) / len(expected)
    print(f"{name}: {len(expected)} links, {rate:.2%}, missed {missed}")  # noqa: T201 (the rate)
    assert rate >= 0.99
    assert {link.line for link in missed} <= {line.line for line in parsed.report}
    assert sum(len(section.entries) for section in parsed.sections) >= len(expected) - len(missed)


def test_nested_items_keep_the_label_they_stand_under():
    parsed = load("awesome-python")
    frameworks = next(s for s in parsed.sections if s.title == "Web Frameworks")
    flask, companion = frameworks.entries[:2]
    assert frameworks.path == ("Projects", "Web Frameworks")
    assert (flask.title, flask.group, flask.parent) == ("flask", "Synchronous", None)
    assert (companion.title, companion.group, companion.parent) == ("awesome-flask", "flask", 0)


def test_the_star_badges_are_kept_beside_the_entry_and_out_of_its_description():
    parsed = load("awesome-production-machine-learning")
    entries = [entry for section in parsed.sections for entry in section.entries]
    starred = [entry for entry in entries if "img.shields.io/github/stars" in entry.badges]
    assert len(starred) > 500
    assert not any("![" in entry.description for entry in entries)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_contents_is_no_section(name):
    titles = {section.title for section in load(name).sections}
    assert not titles & {"Contents", "Categories", "Índice", "目录", "Index"}
    assert not any(title.startswith("Quick links") for title in titles)


def test_headings_lose_their_anchors_and_direction_marks():
    titles = [section.title for section in load("free-courses-ar").sections]
    assert "C#" in titles
    assert "C++" in titles


def test_a_link_without_a_scheme_is_reported_with_its_line():
    (line,) = load("free-courses-ar").report
    assert line.is_refusal
    assert line.line == 152
    assert "youtube.com" in line.message


def test_lint_comments_and_badges_leave_no_trace_in_the_small_dirty_list():
    parsed = load("awesome-ray")
    assert parsed.title == "Awesome RAY"
    assert "lint" not in parsed.introduction_markdown
    assert parsed.report == ()
    papers = next(section for section in parsed.sections if section.title == "Papers")
    assert papers.line == 84
    assert papers.introduction.startswith("This section contains papers")
