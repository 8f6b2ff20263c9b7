"""What Markdown becomes, and what a document tells of itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import override_settings

from markup.rendering import (
    MAX_TEXT_BYTES,
    Embed,
    Heading,
    LinkMark,
    OutgoingLink,
    TextTooLong,
    Wikilink,
    render_document,
    render_markdown,
)
from markup.urls import link_url

REL = 'rel="nofollow ugc noopener noreferrer"'


def test_headings_get_unique_anchors_and_a_named_permalink():
    document = render_document(
        "# Ray *Serve* `x`\n\n## 入门\n\n## Same\n\n## Same\n\n## Same-1\n\n## !!!"
    )
    assert document.headings == [
        Heading(1, "h-ray-serve-x", "Ray Serve x"),
        Heading(2, "h-入门", "入门"),
        Heading(2, "h-same", "Same"),
        Heading(2, "h-same-1", "Same"),
        Heading(2, "h-same-1-1", "Same-1"),
        Heading(2, "h-section", "!!!"),
    ]
    assert (
        '<div class="heading"><h1 id="h-ray-serve-x">Ray <em>Serve</em> <code>x</code></h1>'
        '<a class="heading-anchor" href="#h-ray-serve-x"'
        ' aria-label="Link to this section: Ray Serve x"></a></div>\n'
    ) in document.html
    assert 'id="h-入门"' in document.html


def test_tables_scroll_and_align_by_class():
    html = render_markdown("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert html.startswith(
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Table">\n<table>'
    )
    assert '<td class="align-left">1</td>' in html
    assert '<td class="align-center">2</td>' in html
    assert '<td class="align-right">3</td>' in html
    assert "style" not in html


def test_tasks_are_checkboxes_that_say_their_state():
    html = render_markdown("- [ ] write\n- [x] test\n- plain")
    assert (
        '<input type="checkbox" class="task-list-item-checkbox" disabled="" aria-label="to do">'
        in html
    )
    assert 'checked="" aria-label="done"> test' in html
    assert html.count("<input") == 2


def test_footnotes_lead_there_and_back():
    html = render_markdown("One[^a], two[^b], one again[^a].\n\n[^a]: First.\n[^b]: Second.")
    assert '<a href="#fn-1" id="fnref-1" role="doc-noteref" aria-label="Footnote 1">1</a>' in html
    assert 'id="fnref-1-1"' in html
    assert '<li id="fn-2" class="footnote-item"><p>Second. <a href="#fnref-2"' in html
    assert 'aria-label="Back to the text"' in html


def test_strikethrough_and_code():
    assert render_markdown("~~gone~~") == "<p><s>gone</s></p>\n"
    assert (
        render_markdown("```prose title=x\na < b\n```")
        == '<pre><code class="language-prose">a &lt; b\n</code></pre>\n'
    )


def test_a_quote_that_begins_with_a_mark_is_an_alert():
    assert render_markdown("> [!Warning]\n> Mind *this*.\n>\n> > more") == (
        '<div class="markdown-alert markdown-alert-warning" role="note">\n'
        '<p class="markdown-alert-title">Warning</p>\n'
        "<p>Mind <em>this</em>.</p>\n<blockquote>\n<p>more</p>\n</blockquote>\n</div>\n"
    )
    assert "alert-tip" in render_markdown("> [!TIP]\n>\n> - a")


@pytest.mark.parametrize(
    "text", ["> [!NOTE] x", "> [!OTHER]\n> x", "> x\n> [!NOTE]", "[!NOTE]", ">"]
)
def test_other_quotes_are_no_alerts(text):
    assert "alert" not in render_markdown(text)


def test_html_is_shown_as_text():
    assert render_markdown("a <b>bold</b> <!-- c -->") == (
        "<p>a &lt;b&gt;bold&lt;/b&gt; &lt;!-- c --&gt;</p>\n"
    )


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("see https://example.org/a_b*c?x=1&y=2.", "https://example.org/a_b*c?x=1&y=2", None),
        ("(https://example.org/x)", "https://example.org/x", None),
        ("(https://example.org/Ray_(software))", "https://example.org/Ray_(software)", None),
        ("www.example.org/a", "http://www.example.org/a", "www.example.org/a"),
        (
            "见https://example.org/路径。然后",
            "https://example.org/%E8%B7%AF%E5%BE%84",
            "https://example.org/路径",
        ),
        ("**https://example.org/**", "https://example.org/", None),
        ("HTTPS://example.org/", "HTTPS://example.org/", None),
        ("https://example.org/&copy;", "https://example.org/", None),
        ("http://localhost:8000/x", "http://localhost:8000/x", None),
    ],
)
def test_bare_addresses_are_links(text, url, shown):
    assert render_document(text).links == [OutgoingLink(url, shown or url)]


@pytest.mark.parametrize(
    "text",
    [
        "xhttps://example.org",
        "train.py and README.md",
        "https://",
        "www.",
        "www.a_b",
        "`https://example.org`",
        "a@b",
        "example.org",
    ],
)
def test_other_words_are_no_links(text):
    assert "<a " not in render_markdown(text)


def test_mail_addresses_are_links_but_not_outgoing_ones():
    document = render_document("write to me@example.org, or <you@example.org>")
    assert document.html.count('href="mailto:') == 2
    assert document.links == []


def test_outgoing_links_come_in_reading_order_and_can_be_checked():
    document = render_document(
        "[one](https://a.example/1) ![pic](https://a.example/2.png) <https://a.example/3>\n\n"
        "| x |\n|-|\n| [four][r] |\n\n"
        "- [five *em*](HTTP://A.example/5 'title')\n\nnote[^1]\n\n"
        "[in](/wiki/x/) [rel](x/y) [frag](#x) [r]\n\n"
        "[^1]: https://a.example/7\n\n[r]: //a.example/4"
    )
    assert [(link.url, link.text) for link in document.links] == [
        ("https://a.example/1", "one"),
        ("https://a.example/2.png", "pic"),
        ("https://a.example/3", "https://a.example/3"),
        ("https://a.example/4", "four"),
        ("HTTP://A.example/5", "five em"),
        ("https://a.example/4", "r"),
        ("https://a.example/7", "https://a.example/7"),
    ]
    assert all(link_url(link.url) for link in document.links)
    assert document.html.count(REL) == len(document.links)


@override_settings(SITE_URL="https://list.example")
def test_links_to_the_site_itself_are_not_outgoing():
    document = render_document("https://list.example/wiki/x/ and https://other.example/")
    assert [link.url for link in document.links] == ["https://other.example/"]
    assert document.html.count(REL) == 1


def test_outside_pictures_are_not_loaded():
    assert render_markdown("![A *diagram*](https://i.example/x.png)") == (
        f'<p><a class="image-link" href="https://i.example/x.png" {REL}>image: A diagram</a></p>\n'
    )
    assert "<img" not in render_markdown("![x](//i.example/x.png)")
    assert render_markdown("![x](/media/x.png)") == (
        '<p><img src="/media/x.png" alt="x" loading="lazy"></p>\n'
    )


def test_a_picture_in_a_link_becomes_its_words():
    document = render_document("[![Build](https://i.example/b.svg)](https://ci.example/)")
    assert document.links == [OutgoingLink("https://ci.example/", "Build")]


def test_wikilinks_are_resolved_in_one_question():
    asked = []

    def resolve(slugs):
        asked.append(slugs)
        return {"ray-serve": "/wiki/ray-serve/", "c-sharp": "/wiki/c-sharp/"}

    document = render_document(
        "[[Ray Serve]] [[ray  serve|label]] [[C#]] [[Ray Serve#Scaling up]] [[#Here]]"
        " [[Missing/Page]]",
        resolve_wikilink=resolve,
    )
    assert asked == [["ray-serve", "c-sharp", "missing-page"]]
    assert document.wikilinks == [
        Wikilink("Ray Serve", "ray-serve", ""),
        Wikilink("ray  serve", "ray-serve", ""),
        Wikilink("C#", "c-sharp", ""),
        Wikilink("Ray Serve", "ray-serve", "h-scaling-up"),
        Wikilink("", "", "h-here"),
        Wikilink("Missing/Page", "missing-page", ""),
    ]
    assert '<a class="wikilink" href="/wiki/ray-serve/">label</a>' in document.html
    assert 'href="/wiki/ray-serve/#h-scaling-up">Ray Serve § Scaling up</a>' in document.html
    assert '<a class="wikilink" href="#h-here">Here</a>' in document.html
    assert (
        '<a class="wikilink is-missing" href="/wiki/missing-page/edit/?title=Missing%2FPage"'
        ' title="This page does not exist yet">Missing/Page</a>'
    ) in document.html


def test_wikilinks_without_a_resolver_are_plain_links():
    assert render_markdown("[[入门]]") == (
        '<p><a class="wikilink" href="/wiki/%E5%85%A5%E9%97%A8/">入门</a></p>\n'
    )


@pytest.mark.parametrize(
    "text", ["[[]]", "[[!!!]]", "[[a\nb]]", "[[a[b]]", "\\[[a]]", "`[[a]]`", "[[ ]]"]
)
def test_what_is_no_wikilink_stays_text(text):
    assert "wikilink" not in render_markdown(text)


def test_a_wikilink_in_a_table_and_in_emphasis():
    html = render_markdown("| a |\n|-|\n| **[[Page\\|label]]** |")
    assert '<strong><a class="wikilink" href="/wiki/page/">label</a></strong>' in html


def test_an_embed_is_filled_by_the_resolver():
    seen = []

    def resolve(embed):
        seen.append(embed)
        return "<ul><li>trusted</li></ul>"

    document = render_document(
        'Before\n\n{{resources section="ray-serve" kind=tutorial limit=5}}\n\nAfter',
        resolve_embed=resolve,
    )
    embed = Embed("resources", {"section": "ray-serve", "kind": "tutorial", "limit": "5"})
    assert seen == document.embeds == [embed]
    assert document.html == (
        '<p>Before</p>\n<div class="embed"><ul><li>trusted</li></ul></div>\n<p>After</p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{resources section=}}",
        '{{resources section="a}}',
        "{{unknown a=b}}",
        "{{resources",
        "{{resources a=b a=c}}",
        "text {{resources tag=x}}",
        "`{{resources tag=x}}`",
        '{{resources tag="<script>alert(1)</script>" =}}',
        "{{" + "a" * 2000 + "}}",
    ],
)
def test_a_malformed_embed_is_shown_as_it_was_typed(text):
    document = render_document(text, resolve_embed=lambda embed: "FILLED")
    assert "FILLED" not in document.html
    assert "{{" in document.html
    assert document.embeds == []


def test_unknown_parameters_of_an_embed_are_named():
    html = render_markdown(
        '{{resources colour="<b>" limit=many}}', resolve_embed=lambda embed: "FILLED"
    )
    assert 'class="embed-error"' in html
    assert "colour, limit" in html
    assert "FILLED" not in html


def test_an_embed_without_a_resolver_is_literal_text():
    document = render_document("{{resources tag=x}}")
    assert document.html == "<p>{{resources tag=x}}</p>\n"
    assert document.embeds == [Embed("resources", {"tag": "x"})]


def test_marks_stand_behind_their_links():
    asked = []

    def mark(urls):
        asked.append(urls)
        return {"https://a.example/": LinkMark("dead", "dead since May")}

    html = render_markdown(
        "https://a.example/ [b](https://b.example/) [a](https://a.example/)", mark_link=mark
    )
    assert asked == [["https://a.example/", "https://b.example/"]]
    assert html.count('</a> <span class="health dead">dead since May</span>') == 2


def test_an_inline_text_has_no_blocks():
    html = render_markdown("# not a *heading*\n- no list\n\n[[Page]]\n", inline=True)
    assert html == (
        '# not a <em>heading</em>\n- no list\n\n<a class="wikilink" href="/wiki/page/">Page</a>'
    )
    assert render_document("# x\n\n{{resources tag=a}}", inline=True).headings == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("\ufeff# x", None),
        ("a\r\nb\rc", "<p>a\nb\nc</p>\n"),
        ("a\x00b\x07c\x9b", "<p>a\ufffdb\ufffdc\ufffd</p>\n"),
        ("a\ud800b", "<p>a\ufffdb</p>\n"),
        ("\udcff[x](\udcff)", None),
    ],
)
def test_odd_characters_are_survived(text, html):
    rendered = render_markdown(text)
    rendered.encode()
    assert html is None or rendered == html
    assert "\ufeff" not in rendered


def test_a_text_over_the_limit_is_refused():
    render_markdown("é" * (MAX_TEXT_BYTES // 2))
    with pytest.raises(TextTooLong, match="512 KB"):
        render_markdown("é" * (MAX_TEXT_BYTES // 2) + "x")


def test_threads_render_the_same_at_the_same_time():
    texts = [
        f"# T{number}\n\n[[P{number}]] https://e{number}.example/ x[^1]\n\n[^1]: n"
        for number in range(8)
    ]
    expected = [render_markdown(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(render_markdown, texts * 10)) == expected * 10
