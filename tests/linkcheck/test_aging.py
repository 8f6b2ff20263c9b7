"""Cases that time opens, under a moved clock."""

from datetime import timedelta

import pytest
import time_machine
from msgspec.structs import replace

from changes.models import Change
from changes.recording import Authorship
from linkcheck.aging import open_aged_cases
from linkcheck.fingerprints import make_fingerprint
from linkcheck.kinds import PRIORITY
from linkcheck.models import Link
from linkcheck.observations import Observation, SiblingLook
from linkcheck.tasks import open_aged_cases as sweep
from moderation.cases import decide
from moderation.models import Case
from tests.linkcheck.factories import make_links
from tests.linkcheck.looks import look_daily, write_looks
from tests.linkcheck.observing import START, see
from wiki.editing import create_page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START) as traveller:
        yield traveller


def at_day(clock, day: float) -> int:
    clock.move_to(START + timedelta(days=day))
    return open_aged_cases()


def test_a_bad_certificate_opens_a_case_after_fourteen_days(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "expired", [0, 7])
    assert at_day(clock, 13.9) == 0
    assert at_day(clock, 14) == 1
    case = Case.objects.get()
    assert (case.kind, case.target_id, case.state) == ("bad_certificate", link.pk, "open")
    assert "expired" in case.reason
    assert at_day(clock, 15) == 0
    assert Case.objects.get().times_opened == 1


def test_a_good_certificate_closes_the_case(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "expired", [0])
    at_day(clock, 14)
    look_daily(link, "200", [21])
    case = Case.objects.get()
    assert (case.state, case.closing_note != "") == ("resolved", True)
    look_daily(link, "expired", [28])
    assert at_day(clock, 41) == 0
    assert at_day(clock, 42) == 1
    assert Case.objects.get().times_opened == 2


def test_what_a_wall_hides_for_ninety_days_asks_for_a_click(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "cloudflare", [0, 14, 28, 42, 56, 70, 84])
    assert at_day(clock, 89.9) == 0
    assert at_day(clock, 90) == 1
    assert Case.objects.get().kind == "unverifiable"


def test_a_failure_in_between_neither_begins_the_wait_anew_nor_closes_the_case(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "cloudflare", [0])
    look_daily(link, "timeout", [40])
    look_daily(link, "cloudflare", [41])
    assert at_day(clock, 90) == 1
    look_daily(link, "timeout", [92])
    assert at_day(clock, 93) == 0
    assert Case.objects.get().is_open


def test_a_look_past_the_wall_closes_the_case(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "cloudflare", [0, 89])
    at_day(clock, 90)
    look_daily(link, "200", [95])
    assert Case.objects.get().state == "resolved"


def test_what_was_dismissed_is_asked_again_after_ninety_days(clock, maria):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "cloudflare", [0])
    at_day(clock, 90)
    case = Case.objects.get()
    decide(case_id=case.pk, version=1, action="dismiss", reason="", actor=maria)
    assert at_day(clock, 179) == 0
    assert at_day(clock, 181) == 1


def test_links_that_nobody_uses_or_that_are_left_alone_open_nothing(clock):
    unused, ignored = make_links(["https://a.example/", "https://b.example/"])
    look_daily(unused, "expired", [0])
    Link.objects.filter(pk=unused.pk).update(is_used=False)
    Link.objects.filter(pk=ignored.pk).update(override="ignore")
    look_daily(ignored, "expired", [0])
    assert at_day(clock, 100) == 0


def test_a_case_that_outlived_its_reason_is_closed_by_the_sweep(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "expired", [0])
    at_day(clock, 14)
    Link.objects.update(verdict="ok", mark="ok")
    sweep()
    assert Case.objects.get().state == "resolved"


def test_many_cases_open_in_a_number_of_queries_that_does_not_grow(
    clock, django_assert_max_num_queries
):
    links = make_links([f"https://h{n}.example/" for n in range(40)])
    for link in links:
        look_daily(link, "expired", [0])
    clock.move_to(START + timedelta(days=14))
    with django_assert_max_num_queries(20):
        assert open_aged_cases() == 40


def answer_like_any_other(link: Link, day: float) -> Observation:
    """A look at a page that a host gives for every address alike."""
    text = make_fingerprint(b"one two three four five six seven eight nine ten eleven twelve")
    sibling = SiblingLook(f"{link.url}/x", 200, f"{link.url}/x", text, "Ours")
    return replace(
        see("200", day=day, url=link.url), title="Ours", fingerprint=text, sibling=sibling
    )


def test_a_soft_404_opens_its_case_at_once_between_dead_and_moved(clock):
    (link,) = make_links(["https://a.example/deep/page"])
    link = write_looks(link, [answer_like_any_other(link, day) for day in (0, 2)])
    assert (link.verdict, link.mark) == ("soft_404", "suspect")
    case = Case.objects.get()
    assert (case.kind, case.state) == ("soft_dead", "open")
    assert PRIORITY["moved_link"] < case.priority < PRIORITY["dead_link"]
    honest = replace(answer_like_any_other(link, 30), sibling=SiblingLook(f"{link.url}/x", 404))
    link = write_looks(link, [honest])
    assert link.verdict == "ok"
    assert Case.objects.get().state == "resolved"
    assert not Change.objects.filter(kind__in=["link_died", "link_recovered"]).exists()


def test_another_verdict_that_reads_the_same_draws_no_page_anew(clock, alice):
    values = {"title": "Guide", "body": "See [it](https://a.example/page)."}
    page = create_page(values=values, by=Authorship(actor=alice))
    look_daily(Link.objects.get(), "404", [0])
    page.rendered.refresh_from_db()
    assert page.rendered.is_stale
    render_stale_pages()
    link = look_daily(Link.objects.get(), "expired", [1])
    assert (link.verdict, link.mark) == ("tls_invalid", "suspect")
    page.rendered.refresh_from_db()
    assert not page.rendered.is_stale
