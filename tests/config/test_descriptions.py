"""What pages say of themselves where search engines list them, and where somebody shares them."""

import re
from html import unescape

import pytest
from django.urls import reverse
from protego import Protego

from config.structured import MAX_DESCRIPTION
from tests.addresses import addresses, make_site
from tests.changes.content import make_page, make_resource, make_section
from wiki.models import Path
from wiki.structured import describe_path

pytestmark = pytest.mark.django_db


def head(client, address):
    """The head of the page there; nothing where there is none that anyone may read and list."""
    response = client.get(address)
    if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
        return ""
    text = response.content.decode().partition("</head>")[0]
    return "" if 'name="robots" content="noindex' in text else text


def description(text):
    found = re.findall(r'<meta name="description" content="([^"]*)">', text)
    assert len(found) == 1, found
    return unescape(found[0])


def test_every_page_that_may_be_listed_describes_itself(client, alice, erin, maria, settings):
    make_site(contributor=alice, editor=erin, moderator=maria)
    rules = Protego.parse(client.get("/robots.txt").content.decode())
    heads = {
        name: head(client, address)
        for name, address in addresses().items()
        if rules.can_fetch(f"{settings.SITE_URL}{address}", "any")
    }
    said = {name: description(text) for name, text in heads.items() if text}
    assert len(said) > 30
    assert [text for text in said.values() if not 0 < len(text) <= MAX_DESCRIPTION + 1] == []
    repeated = {name for name in said if list(said.values()).count(said[name]) > 1}
    assert repeated == set()


def test_pages_that_are_not_to_be_listed_have_words_too_where_they_are_shared(client, db):
    for name in ("changes:change_list", "search:search_help"):
        text = head(client, reverse(name))
        assert description(text)
        assert 'property="og:title"' in text


def test_signs_in_titles_are_escaped_once(client, alice, erin):
    make_page(alice, "Ins & <outs>")
    text = head(client, "/wiki/ins-outs/talk/")
    assert description(text).endswith("what people say about Ins & <outs>.")
    assert 'content="Talk about Ins &amp; &lt;outs&gt;"' in text
    make_resource(alice, make_section(erin, "A & B"))
    text = description(head(client, "/resources/docs/"))
    assert text.startswith("Docs, an entry of “A & B”: ")


def test_a_path_says_what_it_teaches(client, alice, erin, maria):
    make_site(contributor=alice, editor=erin, moderator=maria)
    path = Path.objects.select_related("section", "rendered").get()
    course = describe_path(path, ["One", "Two"])["structured_data"][0]
    assert course["@type"] == "LearningResource"
    assert course["teaches"] == ["One", "Two"]
    assert '"LearningResource"' in head(client, path.get_absolute_url())
