"""What people write cannot attack anyone (RELIABILITY §3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.rendering import LinkMark, render_document, render_markdown
from markup.sanitising import sanitise
from tests.markup.safety import find_faults
from tests.markup.vectors import load_json, load_jsonl, needs_vectors

WRAPPINGS = (
    "{}",
    "[text]({})",
    "![{}]({})",
    "[[{}]]",
    "`{}`\n\n# {}",
    "| a |\n|-|\n| {} |",
    "<{}>",
)


def resolve_everything(text: str, *, inline: bool = False) -> str:
    return render_document(
        text,
        resolve_wikilink=lambda slugs: {slug: f"/wiki/{slug}/" for slug in slugs[::2]},
        resolve_embed=lambda embed: "<ul><li>trusted</li></ul>",
        mark_link=lambda urls: {url: LinkMark("dead", f'<b>{url}"') for url in urls},
        inline=inline,
    ).html


@needs_vectors
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_no_vector_gets_script_tags_handlers_or_schemes_through(wrapping):
    faults = []
    for vector in load_jsonl("xss.jsonl"):
        text = wrapping.replace("{}", vector["text"])
        html = resolve_everything(text)
        faults += [(vector["text"][:80], fault) for fault in find_faults(html)]
        if sanitise(html) != html:
            faults.append((vector["text"][:80], "cleaning again changes it"))
    assert faults == []


@needs_vectors
def test_no_vector_gets_through_an_inline_text():
    for vector in load_jsonl("xss.jsonl"):
        assert find_faults(resolve_everything(vector["text"], inline=True)) == []


@needs_vectors
def test_naughty_strings_are_shown_and_do_no_harm():
    for text in load_json("blns.json"):
        assert find_faults(resolve_everything(text)) == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java\tscript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://example.org/",
        "https:example.org",
        "https://user:secret@example.org/",
        "//user@example.org/",
        "http://",
    ],
)
def test_other_addresses_are_no_links(address):
    for text in (
        f"[a]({address})",
        f"[a](<{address}>)",
        f"<{address}>",
        f"[a]\n\n[a]: <{address}>",
    ):
        document = render_document(text)
        assert "<a " not in document.html.replace('<a href="mailto:', "")
        assert document.links == []


def test_an_attribute_cannot_be_left_through_quotes():
    html = render_markdown('[a](/x "\\" onclick=alert(1) x=\\"") ![" onerror=x](/y.png)')
    assert find_faults(html) == []
    assert "&quot; onclick" in html


def test_a_mark_of_a_link_is_escaped():
    marked = render_markdown(
        "https://example.org/", mark_link=lambda urls: {urls[0]: LinkMark("dead", "<script>")}
    )
    assert '<span class="health dead">&lt;script&gt;</span>' in marked
    strange = render_markdown(
        "https://example.org/", mark_link=lambda urls: {urls[0]: LinkMark('"><script>', "x")}
    )
    assert "<span>x</span>" in strange


def test_a_language_cannot_become_a_class_of_its_own_choice():
    html = render_markdown('```"><script> health dead\nx\n```')
    assert html == "<pre><code>x\n</code></pre>\n"


def test_headings_cannot_shadow_names_of_the_page():
    document = render_document("# location\n\n# __proto__\n\n[^cookie]\n\n[^cookie]: x")
    assert [heading.id for heading in document.headings] == ["h-location", "h-proto"]
    assert 'id="fn-1"' in document.html


@given(
    st.text(alphabet=st.sampled_from("[](){}<>#!*_`~|-=:/\\\"'&;.^@w\n\t ahtpsjxv1"), max_size=200)
)
@settings(max_examples=400, deadline=None)
def test_no_text_of_signs_does_harm(text):
    html = resolve_everything(text)
    assert find_faults(html) == []
    assert sanitise(html) == html


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_at_all_does_harm(text):
    for inline in (False, True):
        html = resolve_everything(text, inline=inline)
        html.encode()
        assert find_faults(html) == []
