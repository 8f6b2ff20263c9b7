"""Links and hosts in the browser."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from changes.objects import find_refs
from linkcheck.models import Check, Host, Link
from linkcheck.observations import Hop, Observation
from tests.linkcheck.factories import make_links, make_resource

pytestmark = pytest.mark.django_db

LINKS = reverse("linkcheck:link_list")


def add_checks(link: Link, *statuses: int) -> None:
    for number, status in enumerate(statuses, 1):
        seen = Observation(
            url=link.url,
            at=timezone.now() - timedelta(days=len(statuses) - number),
            status=status,
            hops=(Hop(link.url, 301), Hop("https://elsewhere.example/", status)),
        )
        Check.objects.create(
            link=link,
            claim_number=number,
            at=seen.at,
            status=status,
            verdict="ok",
            evidence=seen.as_dict(),
        )


def test_the_list_counts_filters_and_pages(client, django_assert_max_num_queries):
    links = make_links([f"https://host{n}.example/page" for n in range(60)])
    Link.objects.filter(pk__in=[link.pk for link in links[:7]]).update(mark="dead", verdict="dead")
    with django_assert_max_num_queries(6):
        response = client.get(LINKS)
    assert len(response.context["page"].object_list) == 50
    assert "60 links stand" in response.content.decode()

    def count(**filters) -> int:
        return client.get(LINKS, filters).context["page"].paginator.count

    assert count(mark="dead") == 7
    assert count(mark="none") == 53
    assert count(verdict="unchecked") == 53
    assert count(host="host3.example") == 1
    assert count(q="HOST3") == 11
    assert count(mark="no such mark", verdict="x" * 50, host="\N{SNOWMAN}") == 0


def test_a_link_shows_its_verdict_probes_and_uses(client, alice, django_assert_max_num_queries):
    resource = make_resource(alice, "https://old.example/guide", "The guide")
    add_checks(resource.link, 200, 404, 404)
    with django_assert_max_num_queries(8):
        response = client.get(resource.link.get_absolute_url())
    html = response.content.decode()
    assert "The guide" in html
    assert "elsewhere.example" in html
    assert [probe.shape for probe in response.context["probes"]] == ["ok", "dead", "dead"]
    assert [probe.words for probe in response.context["timeline"]] == ["404", "404", "200"]
    assert "Check it now" not in html


def test_an_override_is_shown_with_who_and_why(client, maria):
    (link,) = make_links(["https://a.example/"])
    Link.objects.update(
        override="works_for_me",
        override_by=maria,
        override_at=timezone.now(),
        mark="ok",
        override_reason="<i>seen</i>",
    )
    html = client.get(link.get_absolute_url()).content.decode()
    assert "A moderator says that it works." in html
    assert "works, says a moderator" in html
    assert "&lt;i&gt;seen&lt;/i&gt;" in html


def test_what_is_no_address_has_a_page_too(client):
    (link,) = make_links(["http://[broken/"])
    assert "This is not an address" in client.get(link.get_absolute_url()).content.decode()


def test_a_host_shows_its_links_and_its_rest(client):
    make_links(["https://a.example/1", "https://a.example/2", "https://www.a.example/"])
    until = timezone.now() + timedelta(hours=3)
    Host.objects.filter(name="a.example").update(rests_until=until, rest_reason="rate_limited")
    response = client.get(reverse("linkcheck:host_detail", args=["a.example"]))
    html = response.content.decode()
    assert response.context["page"].paginator.count == 2
    assert "This host rests" in html
    assert "www.a.example" in html
    assert client.get(reverse("linkcheck:host_detail", args=["b.example"])).status_code == 404


def test_signed_in_people_can_ask_for_a_look(client, alice):
    (link,) = make_links(["https://a.example/"])
    Link.objects.update(is_urgent=False, next_check_at=timezone.now() + timedelta(days=9))
    url = reverse("linkcheck:link_check", args=[link.pk])
    assert "/accounts/login/" in client.post(url).url
    client.force_login(alice)
    assert client.get(url).status_code == 405
    assert client.post(url).url == link.get_absolute_url()
    link.refresh_from_db()
    assert link.is_urgent
    assert link.next_check_at <= timezone.now()


def test_the_eleventh_look_in_an_hour_is_refused_with_a_time(client, alice, bob):
    (link,) = make_links(["https://a.example/"])
    url = reverse("linkcheck:link_check", args=[link.pk])
    client.force_login(alice)
    for _ in range(10):
        assert client.post(url).status_code == 302
    refused = client.post(url)
    assert refused.status_code == 429
    assert 3000 < int(refused["Retry-After"]) <= 3600
    assert "checks asked for" in refused.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert client.post(url).status_code == 302
    client.force_login(bob)
    assert client.post(url).status_code == 302


def test_unknown_links_are_not_found(client):
    assert client.get(reverse("linkcheck:link_detail", args=[99])).status_code == 404


def test_recent_changes_can_lead_to_a_link():
    (link,) = make_links(["https://a.example/x"])
    ref = find_refs([("link", link.pk)])[("link", link.pk)]
    assert (ref.title, ref.url) == ("a.example/x", link.get_absolute_url())
