"""How closely a page is looked at: few requests, and none for what is known of its host."""

import asyncio
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from msgspec.structs import replace

from linkcheck.claiming import claim_due
from linkcheck.leases import begin
from linkcheck.models import HostHonesty, Link
from linkcheck.observations import NOTHING_KNOWN, Known, Observation, SiblingLook
from linkcheck.probing import Prober
from linkcheck.probing.comparing import Directory, directory_of
from linkcheck.recalling import REMEMBERED, forget_honesty, recall
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.hard_cases import ESSAY, GUIDE, page
from tests.linkcheck.playground import Answer, Playground, redirect
from tests.linkcheck.test_prober import settings_for

DOUBTED = Known(is_doubted=True)


@pytest.fixture
def web_alone():
    with Playground(hosts=2) as playground:
        yield playground


def look(web, *paths, known=DOUBTED, honest=None) -> list[Observation]:
    async def run():
        async with Prober(settings_for(web), rng=random.Random(1), honest=honest) as prober:
            return [await prober.look(web.url(path), known=known) for path in paths]

    return asyncio.run(run())


def test_a_doubted_page_is_compared_with_what_cannot_exist_beside_it(web_alone):
    web_alone.answers["/a/page"] = GUIDE
    (seen,) = look(web_alone, "/a/page?x=1#part")
    assert seen.sibling is not None
    assert (seen.sibling.status, seen.sibling.is_honest) == (404, True)
    name = seen.sibling.url.removeprefix(web_alone.url("/a/"))
    assert len(name) == 25
    assert len(web_alone.requests) == 2


def test_a_page_that_is_as_it_was_costs_one_request(web_alone):
    web_alone.answers["/a/page"] = GUIDE
    (first,) = look(web_alone, "/a/page", known=NOTHING_KNOWN)
    (again,) = look(web_alone, "/a/page", known=Known(fingerprint=first.fingerprint))
    assert again.likeness == 1
    assert len(web_alone.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [page("Page not found"), page("Changed", "all of it another text " * 9), redirect("/ok")],
    ids=["title", "text", "landing"],
)
def test_what_looks_odd_is_compared_whatever_is_known(web_alone, answer):
    web_alone.answers["/a/page"] = answer
    (before,) = look(web_alone, "/ok", known=NOTHING_KNOWN)
    (seen,) = look(web_alone, "/a/page", known=Known(fingerprint=before.fingerprint))
    assert seen.sibling is not None


@pytest.mark.parametrize("path", ["/404", "/500", "/401", "/", "/204-with-body", "/429"])
def test_what_is_clear_is_not_compared(web_alone, path):
    web_alone.answers["/"] = GUIDE
    web_alone.answers["/204-with-body"] = Answer(304, b"")
    (seen,) = look(web_alone, path)
    assert seen.sibling is None
    assert len(web_alone.requests) == 1


def test_a_directory_is_asked_once_in_a_run(web_alone):
    for number in range(5):
        web_alone.answers[f"/a/{number}"] = page(f"Page {number}", ESSAY + f" {number}")
    seen = look(web_alone, *(f"/a/{number}" for number in range(5)))
    assert [one.sibling.is_recalled for one in seen] == [False, True, True, True, True]
    assert len(web_alone.requests) == 6


def test_a_host_known_to_be_honest_is_not_asked(web_alone):
    web_alone.answers["/a/page"] = web_alone.answers["/b/page"] = GUIDE
    honest = {directory_of(web_alone.url("/a/page")): SiblingLook("/a/", 404)}
    here, beside = look(web_alone, "/a/page", "/b/page", honest=honest)
    assert here.sibling == SiblingLook("/a/", 404, is_recalled=True)
    assert beside.sibling is not None
    assert not beside.sibling.is_recalled
    assert len(web_alone.requests) == 3


def test_a_neighbour_that_gives_no_answer_says_nothing(web_alone):
    async def only_the_page(reader, writer, request):
        writer.transport.abort()

    web_alone.answers["/a/page"] = GUIDE
    everything = web_alone._find

    def find(request):
        return everything(request) if request.path == "/a/page" else only_the_page

    web_alone._find = find
    (seen,) = look(web_alone, "/a/page")
    assert seen.sibling is not None
    assert seen.sibling.status is None


def test_directories_are_told_apart_by_host_and_path():
    assert directory_of("https://example.org:8443/a/b?c=/d/") == Directory(
        "example.org:8443", "/a/"
    )
    assert directory_of("http://example.org") == Directory("example.org", "/")


@pytest.mark.django_db
def test_honesty_is_remembered_for_a_month(web):
    web.answers["/a/one"] = web.answers["/a/two"] = GUIDE
    make_links([web.url("/a/one")])
    run_round()
    row = HostHonesty.objects.get()
    assert (row.path, row.status) == ("/a/", 404)
    assert len(web.requests) == 2
    make_links([web.url("/a/two")], object_id=2)
    run_round()
    assert web.count("/a/two") == 1
    assert len(web.requests) == 3
    assert forget_honesty(timezone.now()) == 0
    assert forget_honesty(timezone.now() + REMEMBERED + timedelta(days=1)) == 1


@pytest.mark.django_db
def test_what_is_recalled_of_a_batch_takes_a_constant_number_of_queries(
    web, django_assert_num_queries
):
    make_links([web.url(f"/a/{number}", host=number % 4) for number in range(40)])
    links = begin(claim_due(limit=100)).links
    assert len(links) == 40
    with django_assert_num_queries(4):
        known = recall(links, timezone.now()).known
    assert all(known[link.pk].is_doubted for link in links)


def _load():
    return list(Link.objects.select_related("host"))


@pytest.mark.django_db
def test_neighbours_that_land_on_one_page_are_counted_without_the_link_itself(web):
    links = make_links([web.url(f"/a/{number}") for number in range(4)])
    Link.objects.update(landed_on=web.url("/"))
    now = timezone.now()
    assert recall(_load(), now).known[links[0].pk].landings == {web.url("/"): 3}
    Link.objects.filter(pk__in=[link.pk for link in links[:3]]).update(text_changed_at=now)
    known = recall(_load(), now).known
    assert (known[links[0].pk].total, known[links[0].pk].changed) == (3, 2)
    assert (known[links[3].pk].total, known[links[3].pk].changed) == (3, 3)


@pytest.mark.django_db
def test_three_deep_links_on_the_front_page_are_suspect_though_the_host_is_honest(web):
    """Rule 10: the sibling is answered with 404, and yet they all lead home."""
    web.answers["/"] = GUIDE
    for number in range(3):
        web.answers[f"/a/{number}"] = redirect("/", 302)
    make_links([web.url(f"/a/{number}") for number in range(3)])
    run_round()
    assert set(Link.objects.values_list("verdict", flat=True)) == {"ok"}
    Link.objects.update(next_check_at=timezone.now())
    run_round()
    assert set(Link.objects.values_list("verdict", "reason")) == {("suspect", "lands_with_others")}


def test_the_looks_survive_json(web_alone):
    web_alone.answers["/a/page"] = GUIDE
    (seen,) = look(web_alone, "/a/page#x", known=replace(DOUBTED, fragments=("x",)))
    assert Observation.from_dict(seen.as_dict()) == seen
