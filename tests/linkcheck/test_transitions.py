"""From ok by way of suspect to dead and back: changes, cases and pages under a moved clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from changes.models import Change
from changes.recording import Authorship
from linkcheck.models import Link
from linkcheck.repairing import override_link
from linkcheck.tasks import check_due_links
from linkcheck.uses import close_cases_of_unused
from linkcheck.verdicts import Override
from moderation.cases import decide
from moderation.models import Case
from tests.linkcheck.factories import make_links, make_resource, run_round
from tests.linkcheck.playground import Answer, Playground, redirect
from wiki.editing import create_page, edit_page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db


# In the future: the clock of PostgreSQL, by which leases run out, cannot be moved. And always the
# same, or the jitter of the schedule would differ from run to run.
START = datetime(2050, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START) as traveller:
        yield traveller


def pass_days(clock, days: int) -> None:
    """One round of checks a day, for so many days."""
    for _ in range(days):
        clock.shift(timedelta(days=1))
        run_round(now=timezone.now())


def make_page(actor, body: str, title: str = "Guide"):
    return create_page(values={"title": title, "body": body}, by=Authorship(actor=actor))


def kinds() -> list[str]:
    events = Change.objects.filter(object_type="link").order_by("id")
    return list(events.values_list("kind", flat=True))


def let_die(web: Playground, clock) -> Link:
    """A link that was alive for a while and then answers 404 until it counts as dead."""
    web.answers["/page"] = Answer()
    run_round(now=timezone.now())
    web.answers["/page"] = Answer(404)
    pass_days(clock, 12)
    return Link.objects.get(url=web.url("/page"))


def test_a_link_that_fails_goes_from_ok_by_way_of_suspect_to_dead(web, clock, alice):
    page = make_page(alice, f"See [it]({web.url('/page')}).")
    run_round(now=timezone.now())
    link = Link.objects.get()
    assert (link.verdict, link.mark) == ("suspect", "suspect")
    web.answers["/page"] = Answer()
    pass_days(clock, 4)
    link.refresh_from_db()
    assert (link.verdict, link.mark) == ("ok", "ok")
    web.answers["/page"] = Answer(404)
    seen = []
    for _ in range(16):
        pass_days(clock, 1)
        link.refresh_from_db()
        if link.verdict not in seen:
            seen.append(link.verdict)
    assert seen[-2:] == ["suspect", "dead"]
    assert kinds() == ["link_died"]
    event = Change.objects.get(kind="link_died")
    assert event.actor.is_bot
    assert event.object_title == link.url
    case = Case.objects.get()
    assert (case.kind, case.target_id, case.state) == ("dead_link", link.pk, "open")
    assert case.times_opened == 1
    assert "404" in case.reason
    page.rendered.refresh_from_db()
    assert page.rendered.is_stale
    render_stale_pages()
    page.rendered.refresh_from_db()
    assert "dead since" in page.rendered.html


def test_a_recovery_closes_the_case_and_records_the_downtime(web, clock, alice):
    make_page(alice, f"See [it]({web.url('/page')}).")
    link = let_die(web, clock)
    assert link.mark == "dead"
    web.answers["/page"] = Answer()
    pass_days(clock, 20)
    link.refresh_from_db()
    assert link.mark == "ok"
    case = Case.objects.get()
    assert (case.state, case.version) == ("resolved", 2)
    assert case.closing_note
    assert kinds() == ["link_died", "link_recovered"]
    downtime_s = Change.objects.get(kind="link_recovered").details["downtime_s"]
    assert downtime_s > timedelta(days=6).total_seconds()


def test_the_case_of_a_link_belongs_to_the_section_of_its_entry(web, clock, alice):
    resource = make_resource(alice, web.url("/page"))
    let_die(web, clock)
    assert Case.objects.get().section_id == resource.section_id


def test_a_link_that_dies_again_opens_the_same_case_again(web, clock, alice):
    make_page(alice, f"See [it]({web.url('/page')}).")
    let_die(web, clock)
    web.answers["/page"] = Answer()
    pass_days(clock, 20)
    web.answers["/page"] = Answer(404)
    pass_days(clock, 30)
    case = Case.objects.get()
    assert (case.state, case.times_opened, case.version) == ("open", 2, 3)
    assert case.closing_note == ""


def test_a_dismissed_case_stays_closed_while_the_link_stays_dead(web, clock, alice, maria):
    make_page(alice, f"See [it]({web.url('/page')}).")
    let_die(web, clock)
    case = Case.objects.get()
    decide(case_id=case.pk, version=1, action="dismiss", reason="known", actor=maria)
    pass_days(clock, 40)
    case.refresh_from_db()
    assert (case.state, case.times_opened) == ("decided", 1)


def test_a_moderators_word_survives_edits_and_failing_checks(web, clock, alice, maria):
    page = make_page(alice, f"See [it]({web.url('/page')}).")
    link = let_die(web, clock)
    case = Case.objects.get()
    decide(case_id=case.pk, version=1, action="works_for_me", reason="in a browser", actor=maria)
    link.refresh_from_db()
    assert (link.override, link.mark, link.verdict) == ("works_for_me", "ok", "dead")
    edit_page(
        page_id=page.pk,
        base_version=1,
        values={"body": f"Look at [it]({web.url('/page')}), please."},
        by=Authorship(actor=alice),
    )
    pass_days(clock, 60)
    link.refresh_from_db()
    assert (link.override, link.mark, link.verdict) == ("works_for_me", "ok", "dead")
    assert Case.objects.get().state == "decided"
    assert kinds() == ["link_died"]


def test_a_word_for_some_days_counts_no_longer_than_that(web, clock, alice, maria):
    make_page(alice, f"See [it]({web.url('/page')}).")
    link = let_die(web, clock)
    decide(
        case_id=Case.objects.get().pk,
        version=1,
        action="works_for_me",
        reason="",
        actor=maria,
        params={"days": 10},
    )
    pass_days(clock, 9)
    assert Link.objects.get().mark == "ok"
    pass_days(clock, 2)
    assert Link.objects.get().mark == "dead"
    case = Case.objects.get()
    assert (case.state, case.times_opened) == ("open", 2)
    assert link.pk == case.target_id


def test_no_case_is_opened_for_what_a_person_vouches_for(web, clock, alice, maria):
    make_page(alice, f"See [it]({web.url('/page')}).")
    override_link(link=Link.objects.get(), override=Override.WORKS_FOR_ME, actor=maria)
    pass_days(clock, 30)
    assert Link.objects.get().verdict == "dead"
    assert not Case.objects.exists()
    assert kinds() == []


def test_a_link_that_nobody_uses_any_more_closes_its_case_and_is_not_checked(
    web, clock, alice, django_capture_on_commit_callbacks
):
    page = make_page(alice, f"See [it]({web.url('/page')}).")
    let_die(web, clock)
    with django_capture_on_commit_callbacks(execute=True):
        edit_page(
            page_id=page.pk,
            base_version=1,
            values={"body": "Nothing."},
            by=Authorship(actor=alice),
        )
    assert Case.objects.get().state == "resolved"
    asked = len(web.requests)
    pass_days(clock, 100)
    assert len(web.requests) == asked


def test_the_sweep_closes_what_a_process_that_died_left_open(web, clock, alice, settings):
    make_page(alice, f"See [it]({web.url('/page')}).")
    let_die(web, clock)
    Link.objects.update(is_used=False)
    settings.LINKCHECK_ENABLED = False
    check_due_links()
    assert Case.objects.get().state == "resolved"
    assert close_cases_of_unused() == 0


def test_a_dead_link_that_is_used_again_opens_its_case_again(web, clock, alice):
    page = make_page(alice, f"See [it]({web.url('/page')}).")
    let_die(web, clock)
    edit_page(
        page_id=page.pk, base_version=1, values={"body": "Nothing."}, by=Authorship(actor=alice)
    )
    close_cases_of_unused()
    edit_page(
        page_id=page.pk,
        base_version=2,
        values={"body": f"[It]({web.url('/page')})."},
        by=Authorship(actor=alice),
    )
    run_round(now=timezone.now())
    case = Case.objects.get()
    assert (case.state, case.times_opened) == ("open", 2)


def test_a_permanent_move_opens_a_case_with_its_target_after_a_week(web, clock, alice):
    web.answers["/page"] = redirect(web.url("/ok"))
    make_resource(alice, web.url("/page"))
    run_round(now=timezone.now())
    assert not Case.objects.exists()
    pass_days(clock, 9)
    link = Link.objects.get(url=web.url("/page"))
    assert (link.mark, link.moved_to) == ("moved", web.url("/ok"))
    case = Case.objects.get()
    assert (case.kind, case.state) == ("moved_link", "open")
    assert case.priority < 0
    assert kinds() == ["link_moved"]


def test_a_move_of_a_slash_alone_opens_no_case(web, clock, alice):
    web.answers["/page"] = redirect(web.url("/page/"))
    web.answers["/page/"] = Answer()
    make_resource(alice, web.url("/page"))
    run_round(now=timezone.now())
    pass_days(clock, 9)
    assert Link.objects.get(url=web.url("/page")).mark == "moved"
    assert not Case.objects.exists()


def test_a_move_that_ends_closes_its_case(web, clock, alice):
    web.answers["/page"] = redirect(web.url("/ok"))
    make_resource(alice, web.url("/page"))
    run_round(now=timezone.now())
    pass_days(clock, 9)
    web.answers["/page"] = Answer()
    pass_days(clock, 30)
    assert Case.objects.get().state == "resolved"


def test_only_what_is_seen_by_readers_draws_pages_anew(web, clock, alice):
    page = make_page(alice, f"See [it]({web.url('/ok')}).")
    run_round(now=timezone.now())
    render_stale_pages()
    pass_days(clock, 9)
    page.rendered.refresh_from_db()
    assert not page.rendered.is_stale


def test_links_that_die_together_open_their_cases_in_few_queries(
    web, clock, django_assert_max_num_queries
):
    make_links([web.url(f"/gone/{n}") for n in range(30)])
    run_round(now=timezone.now())
    pass_days(clock, 5)
    clock.shift(timedelta(days=4))
    with django_assert_max_num_queries(35 + 3 * 30):  # three for each case
        run_round(now=timezone.now())
    assert Case.objects.open().count() == 30


def test_a_page_that_embeds_an_entry_shows_the_death_of_its_link(web, clock, alice):
    page = make_page(alice, '{{resources section="guides"}}')
    make_resource(alice, web.url("/page"))
    let_die(web, clock)
    page.rendered.refresh_from_db()
    assert page.rendered.is_stale
    render_stale_pages()
    page.rendered.refresh_from_db()
    assert "dead since" in page.rendered.html
