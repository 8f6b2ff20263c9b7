"""``@name`` in running text: what is one, and what only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.mentions import fill_mentions, find_marked
from markup.rendering import find_mentions, render_markdown


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@alice", ["alice"]),
        ("(@alice), @bob.", ["alice", "bob"]),
        ("@Alice @aLiCe", ["Alice"]),
        ("**@a_b-c.d**: hm", ["a_b-c.d"]),
        ("@ana-maría @नमस्ते @小明明", ["ana-maría", "नमस्ते", "小明明"]),
        ("| @alice |\n| --- |\n| @bob |", ["alice", "bob"]),
        ("# @alice", ["alice"]),
        ("`@alice` ```@bob```", []),
        ("```\n@alice\n```\n\n    @bob", []),
        ("a@alice @@alice /@alice .@alice", []),
        ("[@alice](/x) [[@alice]] https://x.example/@alice <mailto:a@alice.org>", []),
        ("![@alice](/images/x.png)", []),
        ("@al @", []),
        ("@" + "a" * 41, []),
    ],
)
def test_names_that_are_mentioned(text, names):
    assert find_mentions(text, 10) == names
    marked = find_marked(render_markdown(text, most_mentions=10))
    assert sorted({name.lower() for name in marked}) == sorted(name.lower() for name in names)


def test_so_many_names_and_no_more():
    text = " ".join(f"@name{number % 15}" for number in range(60))
    assert len(find_mentions(text, 10)) == 10
    assert set(find_marked(render_markdown(text, most_mentions=10))) == set(find_mentions(text, 10))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("@ab_.-/ `*[]()<>&\n'\"#!|"), max_size=60))
def test_without_links_the_html_is_that_of_the_text_alone(text):
    marked = render_markdown(text, most_mentions=10)
    assert fill_mentions(marked, lambda _name: "") == render_markdown(text)
