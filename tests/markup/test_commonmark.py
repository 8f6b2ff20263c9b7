"""The CommonMark 0.31.2 examples, with HTML off and our decorations taken away again."""

import re

import pytest

from markup.rendering import render_markdown
from tests.markup.vectors import load_json, needs_vectors

pytestmark = needs_vectors

RAW_HTML_SECTIONS = {"HTML blocks", "Raw HTML"}
# Examples elsewhere in the specification that use raw HTML: here it is text.
RAW_HTML = {21, 31, 308, 309, 344, 475, 476, 477, 491, 494, 201, 524, 536, 642, 643}
EXCEPTIONS = {
    # A language of letters, digits and + # . - only.
    144: "the language of a fence is no name",
    # A blockquote without content has no line break in it: same elements.
    218: "white space in an empty blockquote",
    239: "white space in an empty blockquote",
    240: "white space in an empty blockquote",
    # A relative address has no colon in its first segment (RFC 3986 §4.2).
    500: "relative address foo):",
    # "[[" opens a wikilink.
    548: "wikilink",
    559: "wikilink",
    590: "wikilink",
    # Only http, https and mailto are links.
    596: "scheme irc",
    598: "scheme a+b+c",
    599: "made-up scheme",
    601: "scheme localhost",
    # Bare addresses are links (GFM "Autolinks (extension)").
    602: "bare address",
    608: "bare address",
    611: "bare address",
    612: "bare address",
    # A picture in a link shows as its words.
    517: "picture in a link",
    531: "picture in a link",
}


def without_decorations(html: str) -> str:
    html = re.sub(
        r'(?s)<div class="heading">(.*?)<a class="heading-anchor"[^>]*></a></div>', r"\1", html
    )
    html = re.sub(r'(<h[1-6]) id="[^"]*"', r"\1", html)
    html = html.replace(' rel="nofollow ugc noopener noreferrer"', "").replace(
        ' loading="lazy"', ""
    )
    return re.sub(
        r'<a(?=[^>]* class="image-link")(?=[^>]* href="([^"]*)")(?:[^>]*?( title="[^"]*"))?[^>]*>'
        r"(?:image: )?(.*?)</a>",
        r'<img src="\1" alt="\3"\2>',
        html,
    )


def normalised(html: str) -> str:
    for one, other in ((" />", ">"), ("&quot;", '"'), ("&gt;", ">"), ("\xa0", "&nbsp;")):
        html = html.replace(one, other)
    return html.strip()


@pytest.mark.parametrize("example", load_json("commonmark-0.31.2.json"), ids=lambda e: e["example"])
def test_example_of_the_specification(example):
    if example["section"] in RAW_HTML_SECTIONS or example["example"] in RAW_HTML:
        html = render_markdown(example["markdown"])
        assert not re.search(
            r"<(?:script|style|textarea|del|ins|table|b|bar|responsive-image)\b", html
        )
        return
    expected = re.sub(r'(src="[^/"][^"]*") alt=""', r'\1 alt="image"', normalised(example["html"]))
    html = normalised(without_decorations(render_markdown(example["markdown"])))
    assert (html == expected) == (example["example"] not in EXCEPTIONS), EXCEPTIONS.get(
        example["example"]
    )
