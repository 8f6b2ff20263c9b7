"""How the links were doing over time, counted by day and drawn on the server."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.urls import reverse

from changes.charts import HEIGHT, WIDTH
from linkcheck.models import Link, LinkTotals
from linkcheck.tasks import count_links as sweep
from linkcheck.trend import Day, count_links, draw_trend, find_trend
from tests.linkcheck.factories import make_links

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LINKS = reverse("linkcheck:link_list")


def day(number: int, *shares: float) -> Day:
    return Day(date(2026, 5, 1) + timedelta(days=number), shares)


def test_a_day_has_one_count_of_each_mark_and_the_last_one_stays():
    make_links(["https://a.example/", "https://b.example/"])
    Link.objects.filter(url__contains="//a").update(mark="ok")
    count_links(NOON)
    assert LinkTotals.objects.get(mark="ok").count == 1
    Link.objects.update(mark="dead")
    count_links(NOON + timedelta(hours=6))
    assert LinkTotals.objects.get(mark="dead").count == 2
    assert LinkTotals.objects.get(mark="ok").count == 0
    count_links(NOON + timedelta(hours=12))
    assert LinkTotals.objects.filter(mark="dead").count() == 2


def test_links_that_nobody_uses_do_not_count():
    make_links(["https://a.example/"])
    Link.objects.update(is_used=False, mark="dead")
    sweep()
    assert LinkTotals.objects.get(mark="dead").count == 0


def test_the_chart_is_as_high_as_the_worst_day_and_says_how_it_began_and_ended():
    trend = draw_trend([day(0, 0, 0), day(1, 10, 20), day(4, 40, 0)])
    assert [shape for shape, _area in trend.areas] == ["dead", "unsure"]
    assert trend.top == 40
    assert "0.0 % of the links" in trend.sentence
    assert "40.0 % on" in trend.sentence


def test_little_trouble_is_drawn_small():
    assert draw_trend([day(0, 0, 0), day(1, 0.1, 0)]).top == 5


def test_one_day_is_no_trend():
    assert draw_trend([]) is None
    assert draw_trend([day(0, 1, 0)]) is None


def test_days_without_any_link_looked_at_are_left_out_and_old_ones_too():
    for number, count in ((0, 0), (1, 4), (2, 4), (-400, 4)):
        LinkTotals.objects.create(day=NOON + timedelta(days=number), mark="ok", count=count)
    LinkTotals.objects.create(day=NOON, mark="", count=9)
    trend = find_trend(NOON + timedelta(days=3))
    assert (trend.first, trend.last) == (date(2026, 5, 2), date(2026, 5, 3))


def test_the_chart_stands_on_the_page_with_words_for_those_who_do_not_see_it(
    client, django_assert_max_num_queries
):
    make_links(["https://a.example/"])
    with time_machine.travel(NOON, tick=False) as clock:
        assert "<figure" not in client.get(LINKS).content.decode()
        for mark in ("ok", "ok", "dead"):
            Link.objects.update(mark=mark)
            count_links()
            clock.shift(timedelta(days=1))
        with django_assert_max_num_queries(7):
            html = client.get(LINKS).content.decode()
    svg = html[html.index("<figure") : html.index("</figure>") + 9]
    figure = ElementTree.fromstring(svg)
    drawing = figure.find("svg")
    assert drawing.get("role") == "img"
    words = drawing.get("aria-label")
    assert figure.find("figcaption").text == f"{words} The height of the chart is 100 %."
    assert "0.0 % of the links on May 1, 2026, 100.0 % on May 3, 2026" in words
    assert "style=" not in svg


def test_numbers_of_the_drawing_are_the_same_in_every_language(client, settings):
    settings.LANGUAGE_CODE = "es"
    for number, counts in ((0, (3, 1)), (1, (2, 2))):
        for mark, count in zip(("ok", "dead"), counts, strict=True):
            LinkTotals.objects.create(day=NOON + timedelta(days=number), mark=mark, count=count)
    with time_machine.travel(NOON + timedelta(days=2)):
        html = client.get(LINKS, headers={"accept-language": "es"}).content.decode()
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in html
    assert f'points="0.0,{HEIGHT / 2} {WIDTH}.0,0.0' in html
