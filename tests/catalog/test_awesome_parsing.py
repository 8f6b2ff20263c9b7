"""Small hand-written lists, one awkward habit of their authors each."""

from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.awesome import ParsedEntry, ParsedList, parse_list


def parse(text: str, name: str = "") -> ParsedList:
    return parse_list(dedent(text), name=name)


def entries_of(text: str) -> list[ParsedEntry]:
    return [entry for section in parse(text).sections for entry in section.entries]


def only_entry(item: str) -> ParsedEntry:
    (entry,) = entries_of(f"# List\n\n## Tools\n\n- {item}\n")
    return entry


def messages(text: str) -> list[tuple[int, str]]:
    return [(line.line, line.message) for line in parse(text).report]


# What an entry says


@pytest.mark.parametrize(
    "separator",
    [" - ", " -- ", " – ", " — ", "—", ": ", " : ", "：", " | ", " ", " -", "- ", ". ", ", "],
)
def test_every_separator_is_taken_off_the_description(separator):
    entry = only_entry(f"[Ray](https://ray.io){separator}Scales Python.")
    assert (entry.title, entry.url) == ("Ray", "https://ray.io")
    assert entry.description == "Scales Python."


@pytest.mark.parametrize(
    ("rest", "description"),
    [
        ("", ""),
        (" - ", ""),
        ("-based tool", "-based tool"),
        (" :star: archived", ":star: archived"),
        (" - :star: archived", ":star: archived"),
        (" *(archived)*", "*(archived)*"),
        (" (PDF)", "(PDF)"),
        (" - .NET *library*, `fast`", ".NET *library*, `fast`"),
        (" - A &amp; B\\*", "A &amp; B\\*"),
        (" - one\n  two\\\n  three", "one two three"),
        (" - one\n\n  two", "one\n\ntwo"),
        (" - see <!-- lint --> this", "see  this"),
        (" - see <a name='x'></a>this", "see this"),
    ],
)
def test_the_description_is_markdown_as_written(rest, description):
    assert only_entry(f"[a](https://a.org){rest}").description == description


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("[Ray *core* `1.0`](https://a.org)", "Ray core 1.0"),
        ("[C\\# &amp; C++&lrm;](https://a.org)", "C# & C++"),
        ("[a [b] c](https://a.org)", "a [b] c"),
        ("[a\n  b](https://a.org)", "a b"),
        ("[a](<https://a.org> 'tooltip')", "a"),
        ("**[a](https://a.org)**", "a"),
        ("*__[a](https://a.org)__*", "a"),
        ("([a](https://a.org))", "a"),
        ("《[a](https://a.org)》", "a"),
        ("[x] [a](https://a.org)", "a"),
        ("[ ] [a](https://a.org)", "a"),
        ("[![logo](l.png) Ray](https://a.org)", "Ray"),
        ("[![logo](l.png)](https://a.org)", "logo"),
        ("[![](l.png)](https://a.org)", "a.org"),
        ("[](https://www.a.org)", "a.org"),
        ("<https://a.org>", "a.org"),
        ("https://a.org", "a.org"),
        ("<a href='https://a.org'>a <b>b</b></a>", "a b"),
        ("[a](//a.org)", "a"),
    ],
)
def test_the_title_is_plain_text(link, title):
    entry = only_entry(link)
    assert entry.title == title
    assert entry.url in {"https://a.org", "https://www.a.org"}
    assert entry.description == ""


@pytest.mark.parametrize(
    ("item", "title", "description"),
    [
        ("<https://a.org> - The A project", "The A project", ""),
        ("The A project: https://a.org", "The A project", ""),
        ("[The A project] (https://a.org) - text", "The A project", "text"),
        (f"<https://a.org> - {'word ' * 30}end", "a.org", f"{'word ' * 30}end"),
    ],
)
def test_a_bare_address_takes_its_name_from_the_words_beside_it(item, title, description):
    entry = only_entry(item)
    assert (entry.title, entry.description) == (title, description)


@pytest.mark.parametrize(
    ("item", "description"),
    [
        ("Author: [a](https://a.org)", "Author"),
        ("Author: [a](https://a.org) - text", "Author: text"),
        ("See [a](https://a.org) for more.", "See [a](https://a.org) for more."),
        ("🔥 [a](https://a.org) - text", "🔥 text"),
        (":fire: [a](https://a.org) - text", ":fire: text"),
        ("**[a](https://a.org) - text**", "**text**"),
        ("**[a](https://a.org):** text", "text"),
    ],
)
def test_words_before_the_link_are_kept(item, description):
    entry = only_entry(item)
    assert entry.title == "a"
    assert entry.description == description


@pytest.mark.parametrize(
    "item",
    [
        "[a](https://a.org) ![stars](https://s.io/b.svg) - text",
        "[a](https://a.org) - text ![stars](https://s.io/b.svg)",
        "![stars](https://s.io/b.svg) [a](https://a.org) - text",
        "[a](https://a.org) - ![stars](https://s.io/b.svg) text",
        "[a](https://a.org) ![stars](https://s.io/b.svg)) - text",
        "[a](https://a.org) <img alt='stars' src='https://s.io/b.svg'/> text",
    ],
)
def test_badges_are_kept_beside_the_description(item):
    entry = only_entry(item)
    assert (entry.title, entry.description) == ("a", "text")
    assert entry.badges == "![stars](https://s.io/b.svg)"


def test_a_linked_badge_before_the_words_is_no_title():
    entry = only_entry("[![build](https://s.io/b.svg)](https://ci.org) [a](https://a.org) - text")
    assert (entry.title, entry.url) == ("a", "https://a.org")
    assert entry.badges == "[![build](https://s.io/b.svg)](https://ci.org)"


def test_further_links_stay_in_the_description():
    entry = only_entry("[Book](https://a.org) - [PDF](https://a.org/pdf), [ePub](https://a.org/e)")
    assert entry.description == "[PDF](https://a.org/pdf), [ePub](https://a.org/e)"
    assert entry.extra_links == (("PDF", "https://a.org/pdf"), ("ePub", "https://a.org/e"))


def test_reference_links_are_resolved_in_title_description_badge_and_introduction():
    text = """
    # L
    ## S
    An [introduction][1].

    - [a][A site] ![b][] - see [c] and [d](https://d.org)

    [1]: https://one.org
    [a site]: <https://a.org> "A"
    [b]: https://b.org/b.svg
    [c]: https://c.org/x_(y)
    """
    (section,) = parse(text).sections
    (entry,) = section.entries
    assert section.introduction == "An [introduction](https://one.org)."
    assert (entry.title, entry.url) == ("a", "https://a.org")
    assert entry.badges == "![b](https://b.org/b.svg)"
    assert entry.description == "see [c](<https://c.org/x_(y)>) and [d](https://d.org)"


def test_blocks_and_remarks_below_an_entry_belong_to_it():
    text = """
    - [a](https://a.org) - text

      > quoted

      - a remark
      - another
    """
    (entry,) = entries_of(text)
    assert entry.description == "text\n\n> quoted\n\n- a remark\n- another"


# Sections


def test_sections_nest_by_their_headings():
    text = """
    # The List

    Hello.

    ## One
    About one.
    - [a](https://a.org)
    #### Deep
    - [b](https://b.org)
    ### Less deep
    ## Two
    """
    parsed = parse(text)
    assert parsed.title == "The List"
    assert parsed.introduction_markdown == "Hello."
    assert [(s.path, s.depth, s.line) for s in parsed.sections] == [
        (("One",), 1, 6),
        (("One", "Deep"), 2, 9),
        (("One", "Less deep"), 2, 11),
        (("Two",), 1, 12),
    ]
    assert parsed.sections[0].introduction == "About one."
    assert [len(s.entries) for s in parsed.sections] == [1, 1, 0, 0]
    assert parsed.report == ()


def test_the_topmost_headings_are_depth_one_whatever_their_level():
    parsed = parse("### A\n- [a](https://a.org)\n#### B\n### C\n", name="courses")
    assert parsed.title == "courses"
    assert [section.path for section in parsed.sections] == [("A",), ("A", "B"), ("C",)]


def test_a_second_heading_of_level_one_holds_what_follows():
    parsed = parse("# T\n## Intro\n# Main\n## Part\n- [a](https://a.org)\n# Other\n")
    assert [s.path for s in parsed.sections] == [
        ("Intro",),
        ("Main",),
        ("Main", "Part"),
        ("Other",),
    ]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("## [Tools](https://a.org) ##", "Tools"),
        ("## <a id='t'></a>Tools 🔧&lrm;", "Tools 🔧"),
        ("## Tools {#tools}", "Tools"),
        ("## Tools [⬆](#top)", "Tools"),
        ("## Tools ![b](https://b.org) [![c](d)](https://e.org)", "Tools"),
        ("## ![Tools](t.png)", "Tools"),
        ("## **C\\#** & *`x`*", "C# & x"),
        ("Tools\n---", "Tools"),
        ("<h2 align='center'>Tools <img src='x'></h2>\n", "Tools"),
    ],
)
def test_headings_become_plain_titles(heading, title):
    (section,) = parse_list(f"# L\n\n{heading}\n\n- [a](https://a.org)\n").sections
    assert section.title == title


def test_entries_before_any_section_stand_in_one_named_after_the_list():
    (section, tools) = parse("- [a](https://a.org)\n\n# My List\n\n## Tools\n").sections
    assert (section.title, section.path, section.depth) == ("My List", ("My List",), 1)
    assert tools.title == "Tools"


def test_a_bold_line_labels_the_list_below_it():
    text = """
    ## S
    **Free**
    - [a](https://a.org)

    **Paid:**

    - [b](https://b.org)

    **Stray**
    """
    assert [entry.group for entry in entries_of(text)] == ["Free", "Paid"]
    assert [line for line, _message in messages(text)] == [10]


def test_labels_of_nested_items():
    text = """
    - Label:
      - [a](https://a.org)
        - [b](https://b.org)
    - MySQL - [list](https://m.org)
      - [c](https://c.org)
    """
    found = [(e.title, e.group, e.parent) for e in entries_of(text)]
    assert found == [
        ("a", "Label", None),
        ("b", "a", 0),
        ("list", "MySQL", None),
        ("c", "MySQL", 2),
    ]


def test_text_below_entries_is_moved_up_and_said_so():
    text = "## S\n\nAbove.\n\n- [a](https://a.org)\n\nBelow.\n"
    (section,) = parse(text).sections
    assert section.introduction == "Above.\n\nBelow."
    assert [line for line, _message in messages(text)] == [7]


# What is no entry


@pytest.mark.parametrize("title", ["Contents", "Índice", "目录", "What is here"])
def test_a_list_of_contents_is_skipped_in_silence(title):
    text = (
        f"# L\n\n## {title}\n\n**Part**\n\n- [A](#a)\n  - [B](#b)\n\n## A\n\n- [a](https://a.org)\n"
    )
    parsed = parse(text)
    assert [section.title for section in parsed.sections] == ["A"]
    assert parsed.report == ()


def test_contents_by_full_address_are_skipped_too():
    parsed = parse("# L\n## Contents\n- [A](https://git.org/l#a)\n## A\n- [a](https://a.org)\n")
    assert [section.title for section in parsed.sections] == ["A"]


def test_links_to_the_top_leave_no_trace():
    text = "## S\n\n- [a](https://a.org)\n\n**[⬆ back to top](#contents)**\n"
    (section,) = parse(text).sections
    assert section.introduction == ""
    assert parse(text).report == ()


def test_comments_anchors_and_code_hold_no_entries():
    text = """
    ## S
    <!-- - [x](https://x.org)

    - [y](https://y.org) -->
    <a name="s" />
    - [a](https://a.org)

    ```
    - [z](https://z.org)
    ```
    """
    assert [(entry.title, entry.line) for entry in entries_of(text)] == [("a", 7)]


def test_lists_without_any_link_belong_to_the_introduction():
    (section,) = parse("## Rules\n\n- be kind\n- be brief\n").sections
    assert section.introduction == "- be kind\n- be brief"
    assert section.entries == ()


@pytest.mark.parametrize(
    ("item", "word"),
    [
        ("[a](docs/a.md)", "docs/a.md"),
        ("[a](youtube.com/watch?v=1)", "https://"),
        ("[a](mailto:a@b.org)", "mailto:"),
        ("[a](javascript:alert(1))", "javascript:"),
        ("[a](ftp://a.org)", "ftp:"),
        ("[a][nowhere]", "nowhere"),
        ("[a](https://a.org/b c)", "broken"),
    ],
)
def test_links_that_cannot_be_taken_are_refused_with_their_line(item, word):
    (line,) = parse(f"## S\n- [ok](https://ok.org)\n- {item}\n").report
    assert (line.line, line.is_refusal) == (3, True)
    assert word in line.message


def test_an_item_without_a_link_among_entries_is_reported():
    (line,) = parse("## S\n- [a](https://a.org)\n- just words\n").report
    assert (line.line, line.is_refusal) == (3, False)
    assert "just words" in line.message


def test_html_that_is_left_out_is_reported_and_its_empty_section_dropped():
    text = "# L\n\n## Ad\n\n<table><tr><td><a href='https://x.org'>x</a></td></tr></table>\n"
    parsed = parse(text)
    assert parsed.sections == ()
    assert [line.line for line in parsed.report] == [5]


def test_a_comment_that_never_ends_is_reported():
    ((line, _message),) = messages(
        "## S\n\n- [a](https://a.org)\n\n<!-- oops\n\n- [b](https://b.org)\n"
    )
    assert line == 5


def test_entries_indented_into_code_are_refused_line_by_line():
    report = parse("## S\n\n    - [a](https://a.org)\n    - [b](https://b.org)\n").report
    assert [(line.line, line.is_refusal) for line in report] == [(3, True), (4, True)]


def test_tables_of_links_are_entries_row_by_row():
    text = """
    ## S
    | Name | What | Licence |
    |---|---|---|
    | [a](https://a.org) | text | MIT |
    | **Team**: | [b](https://b.org) ![s](https://s.io/s.svg) | |
    | [c](c.md) | | |
    """
    first, second = entries_of(text)
    assert (first.title, first.description, first.line) == ("a", "text – MIT", 5)
    assert (second.title, second.description) == ("b", "**Team**:")
    assert second.badges == "![s](https://s.io/s.svg)"
    assert [line for line, _message in messages(text)] == [7]


def test_tables_that_lead_into_the_page_are_skipped():
    assert parse("# L\n\n## Go\n\n| | |\n|-|-|\n| [A](#a) | [B](#b) |\n").sections == ()


def test_front_matter_is_no_heading():
    parsed = parse_list("---\ntitle: x\n---\n# L\n\n## S\n- [a](https://a.org)\n")
    assert parsed.title == "L"
    assert parsed.sections[0].line == 6


# Any text at all


def test_windows_line_ends_and_a_byte_order_mark_change_nothing():
    text = "# L\n\n## S\n\nIntro.\n\n- [a](https://a.org) - text\n"
    assert parse_list("\ufeff" + text.replace("\n", "\r\n")) == parse_list(text)


def test_an_empty_text_is_a_list_without_sections():
    parsed = parse_list("")
    assert (parsed.sections, parsed.introduction_markdown) == ((), "")
    assert parsed.title


def test_overlong_paragraphs_are_left_out_and_reported():
    text = "## S\n\n- [a](https://a.org)\n- " + "[x](https://x.org) " * 5000 + "\n"
    assert [entry.title for entry in entries_of(text)] == ["a"]
    assert [line for line, _message in messages(text)] == [4]


def test_lists_nested_beyond_reason_are_reported():
    text = "".join(f"{'  ' * depth}- [a](https://a.org/{depth})\n" for depth in range(100))
    parsed = parse_list(text)
    taken = len(parsed.sections[0].entries)
    assert 20 < taken < 100
    assert parsed.report


FRAGMENTS = [
    *("# ", "## ", "- ", "  - ", "1. ", "    ", "\n", "\n\n", "```\n", "---\n", "|", "\n|-|\n"),
    *("[a]", "(https://a.org)", "https://b.org", "[a]: https://c.org\n", "![", ": ", " - "),
    *("[", "]", "(", ")", "<", ">", "**", "_", "`", "&rlm;", "\u200f", "x", "日本"),
    *("<a href='x'>", "</a>", "<!--", "-->", "<h1>", "</h1>"),
]


@settings(deadline=None)  # the machine may be busy
@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join)))
@example("- [a](http://[)\n- <http://[>\n")
@example("![" * 3000 + "](x)" * 3000)
@example(">" * 500 + "- [a](https://a.org)")
def test_any_text_is_read_without_an_exception(text):
    parsed = parse_list(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for section in parsed.sections:
        assert section.title
        assert len(section.path) == section.depth
        for index, entry in enumerate(section.entries):
            assert entry.title
            assert entry.url
            assert 1 <= entry.line <= lines
            assert entry.parent is None or 0 <= entry.parent < index
    assert all(1 <= line.line <= lines and line.message for line in parsed.report)
