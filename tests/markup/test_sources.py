"""Tables that compare: each source has a mark, and the table says how many are alive."""

from markup.rendering import LinkMark, render_markdown
from markup.sources import describe_sources
from tests.markup.safety import find_faults

TABLE = """| Name | Source |
|---|---|
| one | [a](https://a.example/) |
| two | [b](https://b.example/), [c](https://c.example/) |
| three | [[Page]] and [a again](https://a.example/) |

And [b](https://b.example/) in the text.
"""


def mark(urls):
    marks = {"https://a.example/": LinkMark("ok", "verified"), "https://b.example/": DEAD}
    return {url: marks[url] for url in urls if url in marks}


DEAD = LinkMark("dead", "dead since May")


def test_sources_in_cells_have_shapes_with_words():
    html = render_markdown(TABLE, mark_source=mark, mark_link=mark)
    assert html.count('class="health compact ok" title="verified"') == 2
    assert html.count('<span class="visually-hidden">dead since May</span>') == 1
    assert html.count('class="health compact none"') == 1
    assert html.count('<span class="health dead">dead since May</span>') == 1
    assert find_faults(html) == []
    summary = '<p class="sources-summary">1 of 3 sources verified, 1 dead, 1 not verified yet</p>'
    assert summary in html


def test_sources_are_asked_about_once():
    asked = []

    def ask(urls):
        asked.append(urls)
        return {}

    render_markdown(TABLE + "\n\n" + TABLE, mark_source=ask)
    assert asked == [["https://a.example/", "https://b.example/", "https://c.example/"]]


def test_a_table_with_one_link_is_none_that_compares():
    html = render_markdown("| a |\n|-|\n| https://a.example/ |\n", mark_source=mark, mark_link=mark)
    assert "sources-summary" not in html
    assert '<span class="health ok">verified</span>' in html


def test_the_summary_counts_moved_as_alive_and_names_doubt():
    states = {"ok": 10, "moved": 2, "unsure": 1, "dead": 1}
    assert describe_sources(states) == "12 of 14 sources verified, 1 dead, 1 in doubt"
