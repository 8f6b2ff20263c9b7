"""Some lines of a document, as the whole document shows them."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from markup.parts import find_lines, find_part, find_parts, read_part, replace_part
from markup.rendering import render_document, render_markdown

TEXT = """Lead with a note[^first].

## Scale

See [the docs][docs] and a note[^second], again[^second].

| a | b |
| - | - |
| 1 | 2 |

## Scale

Other.[^third]

[^first]: Of the lead.
[^second]: Of the part, which names another[^deep].
[^deep]: Below.
[^third]: Of the other.

[docs]: https://docs.example/
"""
NOTES = '<section class="footnotes"'


def excerpt(text, lines):
    return render_document(text, lines=lines).html


def lines_of(text, part_id):
    part = find_part(text, part_id)
    return part.start, part.end


def test_a_part_has_what_the_rest_defines():
    html = excerpt(TEXT, lines_of(TEXT, "h-scale"))
    assert 'href="https://docs.example/"' in html
    assert "Of the part, which names another" in html and "Below." in html
    assert "Of the lead" not in html and "Of the other" not in html and "Lead" not in html
    # With the numbers and the anchors that the page has.
    assert 'href="#fn-2"' in html and '<li id="fn-2"' in html
    main = html[: html.index(NOTES)]
    assert main in render_markdown(TEXT)
    assert 'id="h-scale-1"' in excerpt(TEXT, lines_of(TEXT, "h-scale-1"))


def test_a_note_is_shown_where_it_is_written():
    lines = lines_of(TEXT, "h-scale-1")
    html = excerpt(TEXT, lines)
    assert all(words in html for words in ("Of the lead", "Of the part", "Below", "Of the other"))
    assert (
        excerpt("A[^a].\n\n## B\n\nNo note.\n\n[^a]: Here.\n\n## C\n\nC.\n", (6, 10)).count("Here.")
        == 1
    )
    assert NOTES not in excerpt("A[^a].\n\n## B\n\nNo note.\n\n## C\n\n[^a]: Here.\n", (2, 6))


def test_a_block_that_begins_before_is_shown_whole():
    assert excerpt("Lead.\nmine\n", (1, 2)) == "<p>Lead.\nmine</p>\n"
    assert excerpt("## A\n\n```\nopen\n\n## B\n", (0, 4)) == render_markdown(
        "## A\n\n```\nopen\n\n## B\n"
    )
    assert excerpt("A\n\nB\n", (5, 9)) == excerpt("A\n\nB\n", (1, 1)) == ""


def test_formulas_are_read_where_the_page_asks_for_them():
    text = "{{math}}\n\n## Sum\n\n$x+1$\n"
    assert "<math" in excerpt(text, lines_of(text, "h-sum"))


BLOCKS = st.lists(
    st.sampled_from(
        [
            "Words[^a] and [a link][r].",
            "- one\n- two[^b]\n\n  more",
            "> quoted[^a]\n> ## Not a part",
            "## Same",
            "### Deeper",
            "## Other [[Page]]",
            "```\ncode [^a]\n```",
            "| a | b |\n| - | - |\n| [x](https://x.example/) | [y](https://y.example/) |",
            "[^a]: The note a.",
            "[^b]: The note b, see[^a].\n\n    With more.",
            "[r]: https://r.example/",
            "---",
            "{{math}}",
            "$y$",
        ]
    ),
    max_size=12,
).map(lambda blocks: "".join(f"{block}\n\n" for block in blocks))


@settings(max_examples=300, deadline=None)
@given(BLOCKS)
def test_every_part_stands_in_the_whole_and_together_they_are_it(text):
    whole = render_markdown(text)
    main = whole[: whole.index(NOTES)] if NOTES in whole else whole
    count = len(text.split("\n"))
    cuts = [0, *(part.start for part in find_parts(text)), count]
    shown = [excerpt(text, (start, end)) for start, end in itertools.pairwise(cuts)]
    mains = [html[: html.index(NOTES)] if NOTES in html else html for html in shown]
    assert "".join(mains) == main
    assert excerpt(text, (0, count)) == whole


@settings(max_examples=200, deadline=None)
@given(BLOCKS, BLOCKS, st.data())
def test_an_edited_part_is_found_again_in_what_is_made_of_it(text, source, data):
    parts = find_parts(text)
    if not parts:
        return
    part = data.draw(st.sampled_from(parts))
    made = replace_part(text, part, source)
    start, end = find_lines(part, source)
    assert "\n".join(made.split("\n")[start:end]).strip("\n") == source.strip("\n")
    unchanged = find_lines(part, read_part(text, part))
    assert excerpt(text, unchanged) == excerpt(text, (part.start, part.end))
