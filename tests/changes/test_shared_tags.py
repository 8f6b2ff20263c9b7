"""The small parts that templates share: times, names, meters, pages of a list, forms."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import translation

from accounts.models import User
from changes.templatetags.perennial import ago, describe_distance, meter, next_query, user_link


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=3), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=-59, seconds=-59), "59 minutes ago"),
        (timedelta(hours=-23, minutes=-59), "23 hours ago"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=-29), "29 days ago"),
        (timedelta(days=-45), "1 month ago"),
        (timedelta(days=-364), "12 months ago"),
        (timedelta(days=-800), "2 years ago"),
        (timedelta(hours=2, minutes=5), "in 2 hours"),
        (timedelta(days=40), "in 1 month"),
    ],
)
def test_a_distance_is_said_in_its_largest_unit(distance: timedelta, words: str) -> None:
    assert describe_distance(distance) == words


def test_a_time_carries_its_exact_moment() -> None:
    html = ago(datetime(2020, 2, 29, 12, 30, 5, tzinfo=UTC))
    assert 'datetime="2020-02-29T12:30:05+00:00"' in html
    assert 'title="Feb. 29, 2020, 12:30 p.m. UTC"' in html
    assert ago(None) == "never"


@pytest.mark.django_db
def test_a_name_leads_to_its_profile_and_a_lost_account_to_nothing() -> None:
    person = User(username="o-neil")
    assert user_link(person) == '<a class="user" href="/users/o-neil/"><bdi>o-neil</bdi></a>'
    assert user_link(None, "<b>gone</b>") == "<bdi>&lt;b&gt;gone&lt;/b&gt;</bdi>"
    assert user_link(None) == "<bdi>somebody</bdi>"
    assert "bot</span>" in user_link(User.objects.get_bot())


def test_a_meter_says_its_figures_in_words_and_shows_the_smallest() -> None:
    html = meter(ok=998, dead=1, unsure=1)
    assert 'aria-label="998 verified, 1 could not be verified, 1 dead"' in html
    assert html.count("<rect") == 3
    assert "style" not in html
    assert meter() == ""


def test_a_meter_is_the_same_drawing_in_every_language() -> None:
    with translation.override("es"):
        assert 'viewBox="0 0 100 8"' in meter(ok=1, moved=2)
        assert "," not in meter(ok=1, moved=2).split("aria-label")[1].split(">", 1)[1]


def test_pages_of_a_list_keep_its_filters() -> None:
    template = Template('{% include "_pagination.html" with page=page %}')
    page = Paginator(range(500), 10).page(7)
    request = RequestFactory().get("/changes/?kind=edited&user=a%26b&page=7")
    html = template.render(RequestContext(request, {"page": page}))
    assert 'href="?kind=edited&amp;user=a%26b&amp;page=8"' in html
    assert 'rel="prev"' in html
    assert 'aria-current="page"' in html
    assert html.count("<a ") == 8  # before, 1, 5, 6, 8, 9, 50, next


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("get", "/wiki/a/?x=1&y=2", "?next=%2Fwiki%2Fa%2F%3Fx%3D1%26y%3D2"),
        ("get", "/", ""),
        ("post", "/wiki/a/edit/", ""),
        ("get", "/accounts/login/?next=/wiki/a/", ""),
    ],
)
def test_signing_in_leads_back_to_where_one_reads(method: str, path: str, query: str) -> None:
    request = getattr(RequestFactory(), method)(path)
    assert next_query(Context({"request": request})) == query


class Sample(forms.Form):
    title = forms.CharField(max_length=5, help_text="Short.")
    level = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    note = forms.CharField(required=False, widget=forms.Textarea)
    base = forms.IntegerField(widget=forms.HiddenInput)


def test_a_form_says_what_is_wrong_beside_the_field_and_above_all_of_them() -> None:
    html = str(Sample({"title": "<too long>", "note": "\nkept\n", "base": "x"}))
    assert '<a href="#id_title">Title: Ensure this value has at most 5 characters' in html
    assert 'id="id_title_error"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="&lt;too long&gt;"' in html
    assert "\n\nkept\n</textarea>" in html  # HTML drops the first line break of a textarea
    assert "Base: Enter a whole number." in html
    assert html.count('name="base"') == 1
    assert 'href="#id_level_0"' in html


def test_a_form_without_errors_has_no_summary() -> None:
    html = str(Sample())
    assert "error-summary" not in html
    assert html.count(">required<") == 2
