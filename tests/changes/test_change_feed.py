"""Feeds of recent changes and of one object: Atom, RSS, JSON."""

import email.utils
import json
import re
from xml.etree import ElementTree

import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.models import Change
from changes.recording import Authorship
from tests.changes.content import (
    edit,
    make_changes,
    make_page,
    make_page_with_revisions,
    make_resource,
    make_section,
)
from wiki.editing import delete_page

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"
NASTY_TITLES = [
    '"><script>alert(1)</script>',
    "<![CDATA[ x ]]> & &amp; &#0;",
    "]]>",
    "😀 👩‍👩‍👧 naïve",
    "שלום \u05d0",
    "العربية",
    "中文標題",
    "a\ufffeb",
]


def parse(response):
    """What feedparser makes of a feed; it must find nothing to complain about."""
    assert response.status_code == 200
    feed = feedparser.parse(
        response.content, response_headers={"content-type": response.headers["Content-Type"]}
    )
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def check_atom(content):
    """The rules of RFC 4287 that a feed of ours could break."""
    root = ElementTree.fromstring(content)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for element in [root, *entries]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        stamp = element.findtext(f"{ATOM}updated")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", stamp)
        assert element.findtext(f"{ATOM}author/{ATOM}name")
        links = [(link.get("rel"), link.get("type")) for link in element.findall(f"{ATOM}link")]
        assert len(set(links)) == len(links)
        for link in element.findall(f"{ATOM}link"):
            assert link.get("href").startswith(f"{SITE}/")
    ids = [element.findtext(f"{ATOM}id") for element in [root, *entries]]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}:[\x21-\x7e]+", name)
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")].count("self") == 1


def check_rss(content):
    """The rules of RSS 2.0 that a feed of ours could break."""
    root = ElementTree.fromstring(content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root.findall("channel")
    for name in ("title", "link", "description"):
        assert channel.findtext(name)
    assert channel.find(f"{ATOM}link[@rel='self']").get("href").startswith(SITE)
    guids = []
    for item in channel.findall("item"):
        assert item.findtext("title")
        assert item.findtext("link").startswith(f"{SITE}/")
        assert item.find("guid").get("isPermaLink") == "false"
        guids.append(item.findtext("guid"))
        assert email.utils.parsedate_to_datetime(item.findtext("pubDate")).tzinfo is not None
    assert len(set(guids)) == len(guids)


@pytest.fixture
def content(alice, bob, erin, maria):
    """Some of everything that can change."""
    section = make_section(erin)
    make_resource(alice, section)
    page = make_page(alice, body="The quick fox.\n")
    edit(page, "The slow fox.\n", bob, summary="slower")
    gone = make_page(maria, title="Spam", body="buy this secret thing\n")
    delete_page(page_id=gone.pk, reason="spam", by=Authorship(actor=maria))
    make_changes(bob, 1)
    return page


FILTERS = [
    "",
    "?kind=edited",
    "?type=page",
    "?section=core",
    "?user=bob",
    "?minor=no",
    "?object=page:1",
    "?user=bob&kind=edited&type=page",
    "?kind=merged",
    "?before=3",
]


@pytest.mark.parametrize("query", FILTERS)
def test_every_filter_gives_valid_feeds(client, content, query):
    atom, rss = client.get(f"/changes.atom{query}"), client.get(f"/changes.rss{query}")
    check_atom(atom.content)
    check_rss(rss.content)
    feeds = [parse(atom), parse(rss)]
    document = json.loads(client.get(f"/changes.json{query}").content)
    shown = client.get(f"/changes/{query}").context["days"]
    expected = [f"change/{line.change.pk}" for day in shown for line in day.lines]
    for feed in feeds:
        assert [entry.id.split(":", 2)[2] for entry in feed.entries] == expected
    assert [item["id"].split(":", 2)[2] for item in document["items"]] == expected
    assert {feed.version for feed in feeds} == {"atom10", "rss20"}


def test_an_entry_says_who_changed_what_and_shows_it(client, content):
    feed = parse(client.get("/changes.atom?kind=edited"))
    (entry,) = feed.entries
    assert entry.title == "Tasks: edited by bob"
    assert entry.author == "bob"
    assert entry.author_detail.href == f"{SITE}/users/bob/"
    assert entry.link == f"{SITE}/wiki/tasks/compare/?from=1&to=2"
    assert entry.summary == "slower"
    assert [tag.term for tag in entry.tags] == ["edited", "page"]
    assert entry.published == entry.updated
    body = entry.content[0].value
    assert "The <del>quick</del> fox." in body
    assert "The <ins>slow</ins> fox." in body
    (item,) = json.loads(client.get("/changes.json?kind=edited").content)["items"]
    assert "The <ins>slow</ins> fox." in item["content_html"]
    assert item["authors"] == [{"name": "bob", "url": f"{SITE}/users/bob/"}]


def test_ids_do_not_depend_on_who_asks_how(client, content):
    feed = parse(client.get("/changes.atom", headers={"host": "localhost"}))
    other = parse(client.get("/changes.atom", headers={"host": "127.0.0.1"}))
    rss = parse(client.get("/changes.rss"))
    assert feed.feed.id == other.feed.id == "tag:127.0.0.1,2026:changes"
    assert [e.id for e in feed.entries] == [e.id for e in other.entries]
    assert [e.id for e in feed.entries] == [e.id for e in rss.entries]
    assert b"localhost" not in client.get("/changes.atom", headers={"host": "localhost"}).content


def test_two_orders_of_the_same_filters_are_one_feed(client, content):
    one = parse(client.get("/changes.atom?user=bob&kind=edited"))
    other = parse(client.get("/changes.atom?kind=edited&user=BOB&minor="))
    assert one.feed.id == other.feed.id == "tag:127.0.0.1,2026:changes?kind=edited&user=bob"


def test_what_was_deleted_is_not_in_the_bodies(client, content):
    for ending in ("atom", "rss", "json"):
        text = client.get(f"/changes.{ending}").content.decode()
        assert "Spam" in text
        assert "secret thing" not in text


def test_long_feeds_have_pages(client, alice):
    make_changes(alice, 120)
    feed, found = parse(client.get("/changes.atom?user=alice")), []
    while True:
        found += [entry.id for entry in feed.entries]
        after = [link.href for link in feed.feed.links if link.rel == "next"]
        if not after:
            break
        assert after[0].startswith(f"{SITE}/changes.atom?user=alice&before=")
        feed = parse(client.get(after[0].removeprefix(SITE)))
        assert [link.href for link in feed.feed.links if link.rel == "self"] == after
        assert feed.feed.id == "tag:127.0.0.1,2026:changes?user=alice"
    assert len(found) == len(set(found)) == 120
    document = json.loads(client.get("/changes.json?user=alice").content)
    assert document["next_url"].startswith(f"{SITE}/changes.json?user=alice&before=")


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_an_unchanged_feed_answers_304_from_one_index(client, content, ending):
    address = f"/changes.{ending}?kind=edited&minor=no"
    response = client.get(address)
    etag, modified = response.headers["ETag"], response.headers["Last-Modified"]
    for header in ({"if-none-match": etag}, {"if-modified-since": modified}):
        with CaptureQueriesContext(connection) as queries:
            unchanged = client.get(address, headers=header)
        assert unchanged.status_code == 304
        assert unchanged.content == b""
        assert unchanged.headers["ETag"] == etag
        assert len(queries) == 1
        assert "historical" not in queries[0]["sql"]
        assert unchanged.headers["Cache-Control"] == "public, no-cache"
    edit(content, "Another text.\n", content.history.first().history_user)
    changed = client.get(address, headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_formats_have_etags_of_their_own(client, content):
    etags = {client.get(f"/changes.{ending}").headers["ETag"] for ending in ("atom", "rss", "json")}
    assert len(etags) == 3


def test_an_empty_feed_is_valid_and_does_not_change_by_itself(client, db):
    for ending, check in (("atom", check_atom), ("rss", check_rss)):
        response = client.get(f"/changes.{ending}")
        check(response.content)
        assert client.get(f"/changes.{ending}").content == response.content
        again = client.get(f"/changes.{ending}", headers={"if-none-match": response["ETag"]})
        assert again.status_code == 304
    assert json.loads(client.get("/changes.json").content)["items"] == []


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("atom", "application/atom+xml"),
        ("rss", "application/rss+xml"),
        ("json", "application/feed+json"),
    ],
)
def test_a_browser_that_shows_a_feed_may_do_nothing(client, content, ending, kind):
    response = client.get(f"/changes.{ending}")
    assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
    policy = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
    assert policy == {"default-src 'none'", "sandbox"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Cookie" not in response.headers.get("Vary", "")


def test_feeds_are_in_the_language_of_the_site(client, content):
    spanish = client.get("/changes.atom", headers={"accept-language": "es"})
    assert spanish.content == client.get("/changes.atom").content
    assert spanish.headers["Content-Language"] == "en"


@pytest.mark.parametrize("title", NASTY_TITLES)
def test_nasty_titles_come_through_as_text(client, alice, title):
    make_changes(alice, 1, object_title=title, summary=f"{title} \x01\x0b\x1f end")
    expected = title.replace("\ufffe", "")
    for ending, check in (("atom", check_atom), ("rss", check_rss)):
        response = client.get(f"/changes.{ending}")
        check(response.content)
        parse(response)
        assert b"<script" not in response.content
    root = ElementTree.fromstring(client.get("/changes.atom").content)
    shown = root.findtext(f"{ATOM}entry/{ATOM}title")
    assert expected in shown
    assert root.findtext(f"{ATOM}entry/{ATOM}summary") == f"{expected}  end"
    body = root.findtext(f"{ATOM}entry/{ATOM}content")
    assert "<script" not in body
    document = json.loads(client.get("/changes.json").content)
    assert title in document["items"][0]["title"]


def test_texts_cannot_attack_a_reader_of_feeds(client, alice):
    page = make_page(alice, body="x\n")
    edit(page, "<script>alert(1)</script><img src=x onerror=alert(1)> \u202e\x02\n", alice)
    for ending in ("atom", "rss"):
        feed = parse(client.get(f"/changes.{ending}"))
        assert "<script" not in feed.entries[0].summary
    body = ElementTree.fromstring(client.get("/changes.atom").content).findtext(
        f"{ATOM}entry/{ATOM}content"
    )
    assert "<script" not in body
    assert "<img" not in body


def test_titles_in_another_direction_are_isolated(client, alice):
    make_changes(alice, 1, object_title="שלום")
    title = json.loads(client.get("/changes.json").content)["items"][0]["title"]
    assert title == "\u2068שלום\u2069: link died by alice"


def test_a_feed_takes_the_same_queries_for_few_and_many(client, alice, bob, erin):
    section = make_section(erin)
    make_resource(alice, section)
    edit(make_page(alice), "Edited.\n", bob)
    make_changes(bob, 1)
    client.get("/changes.atom")
    with CaptureQueriesContext(connection) as few:
        client.get("/changes.atom")
    for number in range(8):
        other = make_section(erin, f"Section {number}")
        make_resource(bob, other, f"Resource {number}")
        edit(make_page(erin, f"Page {number}"), f"Edited {number}.\n", bob)
    make_changes(bob, 3)
    with CaptureQueriesContext(connection) as many:
        feed = parse(client.get("/changes.atom"))
    assert len(feed.entries) == 40
    assert len(few) == len(many) <= 12


def test_long_texts_are_cut_or_left_to_the_site(client, alice):
    page = make_page(alice, body="".join(f"Line {n} of many.\n" for n in range(2_000)))
    edit(page, "word " * 20_000, alice)
    content = client.get("/changes.atom").content
    assert len(content) < 40_000
    root = ElementTree.fromstring(content)
    newest, oldest = [e.findtext(f"{ATOM}content") for e in root.findall(f"{ATOM}entry")]
    assert "word word" not in newest
    assert "See this change on the site" in newest
    assert "Line 1 of many." in oldest
    assert "The rest is on the site." in oldest


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_each_object_has_a_feed_of_its_own(client, alice, bob, ending):
    page = make_page_with_revisions(alice, 3)
    make_page(bob, "Another")
    response = client.get(f"/wiki/tasks/history.{ending}")
    if ending == "json":
        document = json.loads(response.content)
        assert len(document["items"]) == 3
        assert document["home_page_url"] == f"{SITE}/wiki/tasks/history/"
        assert document["feed_url"] == f"{SITE}/wiki/tasks/history.json"
        return
    feed = parse(response)
    assert len(feed.entries) == 3
    assert feed.feed.title.startswith("History of “Tasks”")
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [
        f"{SITE}/wiki/tasks/history.{ending}"
    ]
    if ending == "atom":
        assert feed.feed.id == f"tag:127.0.0.1,2026:changes?object=page%3A{page.pk}"


def test_pages_of_an_objects_feed(client, alice):
    page = make_page(alice)
    make_changes(alice, 60, object_type="page", object_id=page.pk, kind=Change.Kind.EDITED)
    feed = parse(client.get("/wiki/tasks/history.atom"))
    (after,) = [link.href for link in feed.feed.links if link.rel == "next"]
    assert after.startswith(f"{SITE}/wiki/tasks/history.atom?before=")
    assert len(parse(client.get(after.removeprefix(SITE))).entries) == 11
    assert client.get("/wiki/tasks/history.atom?before=x").status_code == 400


def test_unknown_formats_answer_404(client, alice):
    make_page(alice)
    assert client.get("/changes.xml").status_code == 404
    assert client.get("/wiki/tasks/history.csv").status_code == 404


def test_the_feed_of_a_history_is_too(client, content):
    spanish = client.get("/wiki/tasks/history.atom", headers={"accept-language": "es"})
    assert spanish.content == client.get("/wiki/tasks/history.atom").content
