"""The pages, the weeks and the badge."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from changes.models import Change
from changes.recording import Authorship
from insights.badges import make_badge
from insights.figures import compute_figures, store
from insights.gaps import GAPS
from insights.link_figures import empty_share
from insights.models import Week
from insights.weeks import WeekFigures, compute_week, write_missing_weeks
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.insights.sites import make_random_entries
from wiki.editing import delete_page
from wiki.models import Page

MONDAY = date(2026, 11, 23)
NEXT = datetime(2026, 11, 30, 1, tzinfo=UTC)


def test_before_the_first_count_the_page_says_so(client, db):
    page = client.get(reverse("insights:insights_overview")).content.decode()
    assert "Not counted yet" in page


def test_each_number_leads_to_its_list(client, erin):
    make_random_entries(erin, 120, now=timezone.now())
    make_page(erin, "Alone", "[[Nowhere]]\n")
    store(compute_figures(timezone.now()), timezone.now())
    response = client.get(reverse("insights:insights_overview"))
    page = response.content.decode()
    for gap, count in response.context["gaps"]:
        url = reverse("insights:gap_list", args=[gap.name])
        assert f'href="{url}"' in page
        listed = client.get(url).context["page"].paginator.count
        assert listed == count, gap.name
    assert "security: no section and no page" in page


def test_the_page_takes_few_queries_and_a_list_as_many_however_long(
    client, erin, django_assert_max_num_queries
):
    make_random_entries(erin, 60, now=timezone.now())
    store(compute_figures(timezone.now()), timezone.now())
    with django_assert_max_num_queries(5):
        client.get(reverse("insights:insights_overview"))
    for name in GAPS:
        with django_assert_max_num_queries(8):
            assert client.get(reverse("insights:gap_list", args=[name])).status_code == 200


def test_an_unknown_list_is_not_there(client, db):
    assert client.get("/insights/nothing/").status_code == 404
    assert client.get("/insights/weeks/2026-02-31/").status_code == 404
    assert client.get("/insights/weeks/2026-11-23/").status_code == 404


@pytest.fixture
def week(alice, erin, maria) -> Week:
    page = make_page(alice, "Tasks")
    for number in range(3):
        edit(page, f"Text {number}.\n", erin)
    secret = make_page(alice, "Secret", "x\n")
    make_resource(alice, make_section(erin))
    delete_page(page_id=secret.pk, reason="x", by=Authorship(actor=maria))
    Change.objects.update(at=datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert write_missing_weeks(NEXT) == 1
    return Week.objects.get(monday=MONDAY)


def test_a_week_that_is_over_is_written_once(week):
    assert write_missing_weeks(NEXT + timedelta(days=3)) == 0
    figures = WeekFigures.from_json(week.figures)
    assert figures == compute_week(MONDAY)
    assert (figures.edits, figures.contributors) == (8, 3)
    assert (figures.new_pages, figures.new_resources) == (2, 1)


def test_what_was_deleted_since_is_not_named(client, week):
    for url in (
        reverse("insights:week_detail", args=[MONDAY]),
        *(reverse("insights:week_feed", args=[name]) for name in ("atom", "rss", "json")),
    ):
        text = client.get(url).content.decode()
        assert "Tasks" in text
        assert "Secret" not in text, url


def test_the_weeks_are_a_feed(client, week):
    answer = client.get(reverse("insights:week_feed", args=["atom"]))
    assert "sandbox" in answer["Content-Security-Policy"]
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.link.endswith("/insights/weeks/2026-11-23/")
    assert 'href="http' in entry.content[0].value
    assert "Week by week" in client.get(reverse("insights:week_list")).content.decode()


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_unchanged_weeks_are_304_and_what_is_hidden_since_is_noticed(
    client, week, maria, ending, django_assert_max_num_queries
):
    past = datetime(2001, 1, 1, tzinfo=UTC)  # whatever the clock says
    Week.objects.update(computed_at=past)
    Change.objects.update(at=past)
    url = reverse("insights:week_feed", args=[ending])
    first = client.get(url)
    validators = {"If-None-Match": first["ETag"]}
    dated = {"If-Modified-Since": first["Last-Modified"]}
    for sent in (validators, dated):
        with django_assert_max_num_queries(4):
            answer = client.get(url, headers=sent)
        assert (answer.status_code, answer.content) == (304, b"")
    page = Page.objects.get(title="Tasks")
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    for sent in (validators, dated):
        answer = client.get(url, headers=sent)
        assert answer.status_code == 200
        assert "Tasks" not in answer.content.decode()
    assert answer["ETag"] != first["ETag"]


def test_many_weeks_cost_as_many_queries_as_one(client, week, django_assert_num_queries):
    url = reverse("insights:week_feed", args=["atom"])
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    rows = [
        Week(
            monday=MONDAY - timedelta(weeks=back),
            computed_at=week.computed_at,
            figures=week.figures,
        )
        for back in range(1, 9)
    ]
    Week.objects.bulk_create(rows)
    with django_assert_num_queries(len(asked)):
        client.get(url)


def test_the_badge_says_what_was_verified(client, erin):
    answer = client.get(reverse("insights:badge"))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age=3600" in answer["Cache-Control"]
    assert "not verified yet" in answer.content.decode()
    make_random_entries(erin, 60, now=timezone.now())
    figures = compute_figures(timezone.now())
    store(figures, timezone.now())
    image = ET.fromstring(client.get(reverse("insights:badge")).content)
    percent = int(100 * figures.all.verified / figures.all.total)
    assert image.get("aria-label") == f"links: {percent} % verified"
    one = client.get("/sections/section-1/badge.svg").content.decode()
    assert "verified" in one
    assert client.get("/sections/none/badge.svg").status_code == 404


def test_a_badge_rounds_down_and_has_three_colours():
    share = empty_share("x")
    assert make_badge(None).value == make_badge(share).value == "not verified yet"
    values = [
        make_badge(type(share)(**{**vars(share), "total": 1000, "verified": verified}))
        for verified in (999, 1000, 850, 100)
    ]
    assert [badge.value for badge in values] == [
        "99 % verified",
        "100 % verified",
        "85 % verified",
        "10 % verified",
    ]
    assert len({badge.colour for badge in values}) == 3
