"""Rendering costs work in proportion to the text, and never more output than the bound."""

from cProfile import Profile
from typing import Any

import pytest

from markup import parsing, urls
from markup.decorating import MAX_EMBEDS
from markup.rendering import (
    MAX_OUTPUT_BYTES,
    MAX_TEXT_BYTES,
    OutputTooLarge,
    render_document,
    render_markdown,
)
from tests.markup.vectors import load_json, needs_vectors

SURVIVED_SIZE = MAX_TEXT_BYTES
COUNTED_SIZE = 1_000
# Four times the text may take five times the steps: the constant part, and bounded nesting.
FACTOR, ALLOWED = 4, 5

OUR_OWN = {
    "many wikilink openers": "[[",
    "many brackets": "[",
    "brackets and emphasis": "[_",
    "half wikilinks": "[[a|",
    "colons": ":",
    "http colons": "http:",
    "addresses": "http://a.b ",
    "closing parentheses": "http://a.b/(" + ")" * 50,
    "mail addresses": "a@b.c ",
    "footnote openers": "[^a",
    "half embeds": "{{resources ",
    "embeds": "{{resources tag=a}}\n\n",
    "lists": "- a\n",
    "quotes and references": "[a]: > > a\n![",
    "alerts": "> [!NOTE]\nx\n",
    "fences": "```\n",
    "code": "```py\n[x()]\n```\n",
    "quotes in code": '```py\n"""x\n```\n',
    "pictures": f"![a](/images/{'a' * 32}-9x9.png)\n\n",
    "tables of sources": "|a|\n|-|\n|http://a.b http://c.d|\n\n",
    "formulas": "$x$ ",
    "half formulas": "$x",
    "dollars": "$",
    "formulas alone": "$$\nx\n$$\n",
    "half formulas alone": "$$x\n",
}


def build(vector: dict[str, Any], size: int) -> str:
    """Return the text of a generator of markdown_pathological.json, cut to ``size`` characters."""
    if "parts" in vector:
        # Each part in proportion, so that what opens also closes.
        share = size / sum(len(part) * times for part, times in vector["parts"])
        return "".join(part * max(1, int(times * share)) for part, times in vector["parts"])
    generators = {
        "deeply nested lists": lambda: "".join("  " * x + "* a\n" for x in range(1000)),
        "backticks": lambda: "".join("e" + "`" * x for x in range(1, 10000)),
        "many references": lambda: (
            "".join(f"[{x}]: u\n" for x in range(1, size // 16)) + "[0] " * (size // 8)
        ),
    }
    return generators[vector["name"]]()[:size]


def pathological() -> list[Any]:
    vectors = [vector for vector in load_json("markdown_pathological.json") if "note" not in vector]
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


# What is remembered of an earlier text must not be taken for little work.
REMEMBERING = (parsing._normalise_link, urls._normalise, urls._is_allowed, urls._leads_to)


def find_growth(small: str, large: str) -> float:
    """How many times as many functions rendering ``large`` calls: work, whatever the machine."""
    render_markdown(small)  # what is loaded once belongs to neither
    return count_calls(large) / count_calls(small)


def count_calls(text: str) -> int:
    for remembering in REMEMBERING:
        remembering.cache_clear()
    with Profile() as profile:
        render_markdown(text)
    return sum(entry.callcount for entry in profile.getstats())


@needs_vectors
@pytest.mark.parametrize("vector", pathological())
def test_text_that_hurts_parsers_is_survived(vector):
    """As large as a text may be: shown within the bound, or refused with words."""
    text = build(vector, SURVIVED_SIZE).encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
    try:
        assert len(render_markdown(text)) <= MAX_OUTPUT_BYTES
    except OutputTooLarge as error:
        assert "too large" in str(error)


@needs_vectors
@pytest.mark.parametrize("vector", pathological())
def test_work_grows_with_the_text_that_hurts_parsers(vector):
    small, large = build(vector, COUNTED_SIZE), build(vector, FACTOR * COUNTED_SIZE)
    assert find_growth(small, large) < ALLOWED


@pytest.mark.parametrize("unit", OUR_OWN.values(), ids=OUR_OWN.keys())
@pytest.mark.parametrize(
    "before",
    ["", "[a]: b\n\n[^a]: x\n\n", "{{math}}\n\n"],
    ids=["alone", "with references", "with formulas"],
)
def test_work_grows_with_the_text_for_rules_of_our_own(unit, before):
    small = before + unit * (COUNTED_SIZE // len(unit))
    large = before + unit * (FACTOR * COUNTED_SIZE // len(unit))
    assert find_growth(small, large) < ALLOWED


@pytest.mark.parametrize(
    "text",
    [
        "[a]: <http://x.example/" + "a" * 1900 + ">\n\n" + "[a] " * 20_000,
        '[a]: /x "' + "t" * 20_000 + '"\n\n' + "[a] " * 20_000,
    ],
    ids=["addresses", "titles"],
)
def test_references_cannot_multiply_a_text_beyond_the_bound(text):
    with pytest.raises(OutputTooLarge, match="too large"):
        render_markdown(text)


def test_tables_cannot_multiply_a_text_beyond_the_bound():
    table = "|a" * 256 + "\n" + "|-" * 256 + "\n" + "|\n" * 256 + "\n"
    with pytest.raises(OutputTooLarge):
        render_markdown(table * 30)


def test_nesting_is_cut_and_does_not_exhaust_the_stack():
    for text in (">" * 50_000 + "a", "[" * 50_000 + "]" * 50_000, "- " * 20_000 + "a"):
        render_markdown(text)


def test_ten_lists_in_each_other_are_shown():
    text = "".join("  " * depth + f"- level {depth}\n" for depth in range(15))
    assert "level 14" in render_markdown(text)


def test_only_so_many_embeds_are_filled():
    document = render_document(
        "{{resources tag=a}}\n\n" * (MAX_EMBEDS + 10), resolve_embed=lambda embed: "filled"
    )
    assert document.html.count("filled") == MAX_EMBEDS
    assert document.html.count("{{resources") == 10


def test_resolvers_are_asked_about_a_bounded_number():
    asked = []

    def resolve(slugs):
        asked.append(len(slugs))
        return {}

    text = " ".join(f"[[p{number}]]" for number in range(6000))
    html = render_markdown(text, resolve_wikilink=resolve)
    assert asked == [5000]
    assert html.count("is-missing") == 5000
    assert html.count("/wiki/p5999/") == 1


def test_what_an_embed_brings_counts_as_output():
    with pytest.raises(OutputTooLarge):
        render_markdown("{{resources tag=a}}", resolve_embed=lambda embed: "x" * MAX_OUTPUT_BYTES)


def test_text_cannot_forge_the_place_of_an_embed():
    html = render_markdown(
        "{{resources tag=a}}\n\n0; 1;\n\n\\0; <div class=embed>0;</div>",
        resolve_embed=lambda embed: "\\0 \\g<0> filled",
    )
    assert html.count("filled") == 1
    assert "\\0 \\g<0> filled" in html
