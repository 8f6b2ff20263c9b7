"""Addresses of the site itself are resolved against its routes and never fetched (rule 18)."""

import pytest
from django.utils import timezone

from linkcheck.models import Link
from linkcheck.own_site import look_at_own
from tests.linkcheck.factories import make_links, run_round

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/links/", 200), ("/links/?mark=dead#x", 200), ("/no/", 404)]
)
def test_a_route_of_the_site(settings, path, status):
    settings.SITE_URL = "https://wiki.example"
    seen = look_at_own(f"https://wiki.example{path}", timezone.now())
    assert seen is not None
    assert seen.status == status


@pytest.mark.parametrize("url", ["https://other.example/", "https://wiki.example:8443/"])
def test_another_site_is_none_of_ours(settings, url):
    settings.SITE_URL = "https://wiki.example"
    assert look_at_own(url, timezone.now()) is None


def test_an_own_address_is_judged_without_a_request(web, settings):
    settings.SITE_URL = web.url("")
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    make_links([web.url("/links/"), web.url("/no/such/route")])
    run_round()
    assert web.requests == []
    verdicts = dict(Link.objects.values_list("url", "verdict"))
    assert verdicts == {web.url("/links/"): "ok", web.url("/no/such/route"): "suspect"}
    assert Link.objects.get(verdict="ok").reason == "own_site"
