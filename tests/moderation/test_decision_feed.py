"""The public log as Atom, RSS and JSON Feed."""

import json

import pytest
from django.urls import reverse

from moderation import log_filters
from moderation.log import log_decision
from moderation.models import Decision
from tests.changes.content import make_page
from tests.changes.test_change_feed import NASTY_TITLES, check_atom, check_rss, parse

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"
LOG = reverse("moderation:decision_list")


def feed_url(format: str) -> str:
    return reverse("moderation:decision_feed", args=[format])


def log(actor, title: str, *, target_id: int = 1, reason: str = "", **details: object) -> Decision:
    return log_decision(
        kind="protection",
        target_type="page",
        target_id=target_id,
        title=title,
        action="protect",
        actor=actor,
        reason=reason,
        details=details,
    )


@pytest.fixture
def decisions(alice, maria, mika) -> list[Decision]:
    """One for each title that breaks feeds, and one about a page that stands."""
    page = make_page(alice, "Tasks")
    nasty = [log(maria, title, reason=title, target_id=99) for title in NASTY_TITLES]
    return [*nasty, log(mika, "Tasks", target_id=page.pk, reason="It was <b>fought</b> over.")]


@pytest.mark.parametrize(
    "query", ["", "?kind=protection&action=protect", "?moderator=mika", "?words=script", "?kind=x"]
)
def test_every_filter_gives_valid_feeds_with_the_same_entries(client, decisions, query):
    atom, rss = (client.get(f"{feed_url(name)}{query}") for name in ("atom", "rss"))
    check_atom(atom.content)
    check_rss(rss.content)
    document = json.loads(client.get(f"{feed_url('json')}{query}").content)
    lines = client.get(f"{LOG}{query}").context["lines"]
    expected = [f"tag:127.0.0.1,2026:decision/{line.decision.pk}" for line in lines]
    assert [entry.id for entry in parse(atom).entries] == expected
    assert [entry.id for entry in parse(rss).entries] == expected
    assert [item["id"] for item in document["items"]] == expected


def test_an_entry_says_who_decided_what_and_why(client, decisions):
    (entry,) = parse(client.get(feed_url("atom"), {"moderator": "mika"})).entries
    assert "Tasks" in entry.title and entry.author == "mika"
    assert entry.summary == "It was <b>fought</b> over."
    assert [tag.term for tag in entry.tags] == ["protection", "protect"]
    body = entry.content[0].value
    assert f'<a href="{SITE}/wiki/tasks/">Tasks</a>' in body and "&lt;b&gt;fought" in body
    number = decisions[-1].pk
    assert entry.link == f"{SITE}{LOG}?before={number + 1}#decision-{number}"
    page = client.get(entry.link.removeprefix(SITE).partition("#")[0])
    assert f'id="decision-{number}"' in page.content.decode()


def test_the_page_names_its_feeds_with_its_filters(client, decisions):
    html = client.get(LOG, {"moderator": "mika"}).content.decode()
    head = html.partition("</head>")[0]
    for name in ("atom", "rss", "json"):
        assert f'href="{feed_url(name)}?moderator=mika"' in head


def test_next_leads_through_the_whole_log(client, maria, django_assert_max_num_queries):
    made = [log(maria, str(number)).pk for number in range(log_filters.PAGE_SIZE + 5)]
    found = []
    url = feed_url("json")
    while url:
        with django_assert_max_num_queries(8):
            document = json.loads(client.get(url).content)
        found += [int(item["id"].rpartition("/")[2]) for item in document["items"]]
        url = document.get("next_url", "").removeprefix(SITE)
    assert found == made[::-1]
    atom = parse(client.get(feed_url("atom"), {"before": made[5]}))
    assert atom.feed.id == "tag:127.0.0.1,2026:decisions"


def test_asking_again_is_answered_from_an_index_until_something_is_new(
    client, maria, mika, django_assert_num_queries
):
    log(maria, "One")
    etag = client.get(feed_url("atom")).headers["ETag"]
    with django_assert_num_queries(2):
        again = client.get(feed_url("atom"), headers={"if-none-match": etag})
    assert again.status_code == 304
    log(maria, "Two")
    response = client.get(feed_url("atom"), headers={"if-none-match": etag})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, no-cache"
    maria.delete()
    erased = client.get(feed_url("atom"), headers={"if-none-match": response.headers["ETag"]})
    assert erased.status_code == 200


def test_what_is_private_is_in_nobodys_feed(client, maria):
    log(maria, "Street 5", reason="Lives in street 5", target_id=7, is_private=True)
    client.force_login(maria)
    for query in ("", "?words=street", "?target=page:7"):
        for name in ("atom", "rss", "json"):
            assert "treet 5" not in client.get(f"{feed_url(name)}{query}").content.decode()
