"""Addresses of the site itself are resolved against its routes and never fetched (rule 18)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.editing import retire_resource
from catalog.models import Resource
from changes.recording import Authorship
from linkcheck.models import Link
from linkcheck.own_site import look_at_own
from tests.linkcheck.factories import make_links, make_resource, run_round
from wiki.editing import create_page, delete_page, edit_page, rename_page, restore_page
from wiki.models import Page

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


SITE = "https://wiki.example"


def status_of(path: str) -> int | None:
    seen = look_at_own(f"{SITE}{path}", timezone.now())
    assert seen is not None
    return seen.status


@pytest.fixture
def site(settings, alice) -> None:
    settings.SITE_URL, settings.LINKCHECK_HOST_DELAY = SITE, 0
    make_resource(alice, "https://a.example/", "Ray docs")
    create_page(values={"title": "Tasks", "body": "x"}, by=Authorship(actor=alice))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/wiki/tasks/", 200),
        ("/wiki/tasks/history/", 200),
        ("/wiki/tasks/?redirect=no#top", 200),
        ("/wiki/nothing/", 404),
        ("/wiki/nothing/history/", 404),
        ("/wiki/-/new/", 200),
        ("/wiki/", 200),
        ("/sections/guides/", 200),
        ("/sections/nowhere/", 404),
        ("/resources/ray-docs/", 200),
        ("/resources/other/", 404),
    ],
)
def test_whether_what_an_address_is_about_is_there(site, path, status):
    assert status_of(path) == status


def test_a_deleted_page_is_gone_and_a_retired_entry_is_not(site, maria):
    by = Authorship(actor=maria)
    delete_page(page_id=Page.objects.get().pk, reason="", by=by)
    retire_resource(resource_id=Resource.objects.get().pk, reason="old", by=by)
    assert status_of("/wiki/tasks/") == 410
    assert status_of("/resources/ray-docs/") == 200


def test_a_renamed_page_is_a_move_to_its_new_address(site, maria):
    (link,) = make_links([f"{SITE}/wiki/tasks/"], object_id=99)
    rename_page(page_id=Page.objects.get().pk, new_title="Jobs", by=Authorship(actor=maria))
    seen = look_at_own(link.url, timezone.now())
    assert seen is not None
    assert [hop.status for hop in seen.hops] == [301, 200]
    assert (seen.final_url, seen.is_permanent) == (f"{SITE}/wiki/jobs/", True)


def test_links_to_a_renamed_page_are_offered_its_new_address(site, maria):
    (link,) = make_links([f"{SITE}/wiki/tasks/"], object_id=99)
    rename_page(page_id=Page.objects.get().pk, new_title="Jobs", by=Authorship(actor=maria))
    run_round()
    link.refresh_from_db()
    assert link.verdict == "ok"
    week_ago = (timezone.now() - timedelta(days=8)).isoformat()
    state = {**link.state, "checked_at": week_ago, "moved_since": week_ago}
    Link.objects.filter(pk=link.pk).update(state=state, next_check_at=timezone.now())
    run_round()
    link.refresh_from_db()
    assert (link.verdict, link.moved_to) == ("moved", f"{SITE}/wiki/jobs/")


def test_redirects_that_lead_to_each_other_end(site, alice):
    page = Page.objects.get()
    other = create_page(values={"title": "Other", "body": "x"}, by=Authorship(actor=alice))
    Page.objects.filter(pk=page.pk).update(redirect_to=other)
    Page.objects.filter(pk=other.pk).update(redirect_to=page)
    seen = look_at_own(f"{SITE}/wiki/tasks/", timezone.now())
    assert seen is not None
    assert (seen.status, seen.error) == (None, "redirect_loop")


def test_links_are_looked_at_when_a_page_appears_moves_or_goes_away(site, alice, maria):
    link, new = make_links([f"{SITE}/wiki/tasks/", f"{SITE}/wiki/new-one/"], object_id=99)
    far = timezone.now() + timedelta(days=30)

    def is_due(link: Link) -> bool:
        is_due = Link.objects.due(timezone.now()).filter(pk=link.pk).exists()
        Link.objects.update(next_check_at=far, is_urgent=False)
        return is_due

    Link.objects.update(next_check_at=far)
    page = Page.objects.get()
    edit_page(page_id=page.pk, base_version=1, values={"body": "y"}, by=Authorship(actor=alice))
    assert not is_due(link)
    delete_page(page_id=page.pk, reason="", by=Authorship(actor=maria))
    assert is_due(link)
    restore_page(page_id=page.pk, by=Authorship(actor=maria))
    assert is_due(link)
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=maria))
    assert is_due(link)
    create_page(values={"title": "New one", "body": "x"}, by=Authorship(actor=alice))
    assert is_due(new)
