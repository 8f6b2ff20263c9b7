"""What is read of our own HTML: by the search, and where pages describe themselves."""

from markup.documents import LinkMark
from markup.reading import read_words
from markup.rendering import render_markdown

TEXT = """## Install & run

A claim.[^1] See [the site](https://a.example/) and `x < y`.

| Name | Source |
|---|---|
| A | [one](https://a.example/) |
| B | [two](https://b.example/) |

[^1]: Its source.
"""


def mark(urls):
    return dict.fromkeys(urls, LinkMark(state="dead", label="dead since long"))


def test_only_the_words_of_a_text_are_read():
    html = render_markdown(TEXT, mark_link=mark, mark_source=mark)
    assert html.count("dead since long") >= 4
    assert read_words(html) == (
        "Install & run A claim. See the site and x < y."
        " Name Source A one B two 0 of 2 sources verified, 2 dead Its source."
    )


def test_the_link_of_a_listed_entry_is_a_sign_as_well():
    more = '<a class="embedded-more" href="/x/"><span class="visually-hidden">About X</span>…</a>'
    assert read_words(f'<ul><li><a href="/">X</a> {more}</li><li>Y</li></ul>') == "X Y"
