"""Two people who click once where we are shut out."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

from accounts.models import User
from changes.recording import Authorship
from linkcheck.aging import open_aged_cases
from linkcheck.confirming import confirm_link
from linkcheck.models import Confirmation, Link
from moderation.cases import decide
from moderation.models import Case, Decision
from tests.cast import make_user
from tests.linkcheck.factories import make_links, make_resource
from tests.linkcheck.looks import look_daily
from tests.linkcheck.observing import START
from wiki.editing import create_page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START) as traveller:
        yield traveller


@pytest.fixture
def hidden(clock) -> Link:
    """A link that a wall has hidden for 90 days, with its case."""
    (link,) = make_links(["https://a.example/page"])
    link = look_daily(link, "cloudflare", [0, 40, 80])
    clock.move_to(START + timedelta(days=90))
    open_aged_cases()
    return link


def confirm_url(link: Link) -> str:
    return reverse("linkcheck:link_confirm", args=[link.pk])


def test_two_people_close_the_case_and_their_word_stands_for_ninety_days(hidden, alice, bob):
    assert confirm_link(link=hidden, actor=alice) == 1
    assert Case.objects.get().is_open
    assert confirm_link(link=hidden, actor=bob) == 0
    hidden.refresh_from_db()
    assert (hidden.override, hidden.mark, hidden.verdict) == ("confirmed", "ok", "blocked")
    assert (hidden.override_until - START).days == 180
    assert hidden.override_reason == "alice, bob"
    assert hidden.next_check_at <= hidden.override_until
    case = Case.objects.get()
    assert (case.kind, case.state) == ("unverifiable", "resolved")
    assert not Decision.objects.exists()
    assert not Confirmation.objects.exists()


def test_the_same_person_twice_counts_once(hidden, alice):
    assert confirm_link(link=hidden, actor=alice) == 1
    assert confirm_link(link=hidden, actor=alice) == 1
    assert Confirmation.objects.count() == 1
    assert Case.objects.get().is_open
    hidden.refresh_from_db()
    assert (hidden.override, hidden.mark) == ("", "unsure")


def test_a_click_counts_for_ninety_days(hidden, clock, alice, bob, maria):
    confirm_link(link=hidden, actor=alice)
    clock.shift(timedelta(days=91))
    assert confirm_link(link=hidden, actor=bob) == 1
    assert confirm_link(link=hidden, actor=maria) == 0


def test_who_may_not_contribute_does_not_count(hidden):
    with pytest.raises(PermissionDenied):
        confirm_link(link=hidden, actor=make_user("carol"))
    assert not Confirmation.objects.exists()


def test_what_we_see_ourselves_needs_nobody(clock, alice):
    (link,) = make_links(["https://a.example/page"])
    for what, day in (("200", 0), ("404", 7), ("404", 10), ("404", 13)):
        link = look_daily(link, what, [day])
        with pytest.raises(ValidationError):
            confirm_link(link=link, actor=alice)


def test_a_death_counts_although_people_vouched_for_what_was_behind_the_wall(hidden, alice, bob):
    confirm_link(link=hidden, actor=alice)
    confirm_link(link=hidden, actor=bob)
    link = look_daily(hidden, "404", [91, 94, 97])
    assert (link.verdict, link.mark) == ("dead", "dead")
    assert Case.objects.get(kind="dead_link").is_open


def test_when_the_word_is_over_and_the_wall_still_stands_it_is_asked_again(
    hidden, clock, alice, bob
):
    confirm_link(link=hidden, actor=alice)
    confirm_link(link=hidden, actor=bob)
    link = look_daily(hidden, "cloudflare", [100, 170])
    assert link.mark == "ok"
    clock.move_to(START + timedelta(days=175))
    assert open_aged_cases() == 0
    link = look_daily(hidden, "cloudflare", [181])
    assert link.mark == "unsure"
    clock.move_to(START + timedelta(days=182))
    assert open_aged_cases() == 1
    assert Case.objects.get().times_opened == 2


def test_pages_are_drawn_anew_when_the_mark_changes_and_not_before(clock, alice, bob, maria):
    values = {"title": "Guide", "body": '{{resources section="guides"}}'}
    page = create_page(values=values, by=Authorship(actor=alice))
    resource = make_resource(alice, "https://a.example/page")
    link = look_daily(resource.link, "cloudflare", [0, 30])
    for actor, is_stale in ((bob, False), (bob, False), (maria, True)):
        render_stale_pages()
        confirm_link(link=link, actor=actor)
        page.rendered.refresh_from_db()
        assert page.rendered.is_stale == is_stale


def test_anyone_who_contributes_clicks_on_the_links_page(client, hidden, alice, bob):
    page = client.get(hidden.get_absolute_url()).content.decode()
    assert "Sign in to say so" in page
    assert "/accounts/login/" in client.post(confirm_url(hidden)).url
    client.force_login(alice)
    page = client.get(hidden.get_absolute_url()).content.decode()
    assert "It works for me" in page
    assert "0 people of 2" in page
    assert client.get(confirm_url(hidden)).status_code == 405
    page = client.post(confirm_url(hidden), follow=True).content.decode()
    assert "1 more person has to say so" in page
    assert "1 person of 2" in page
    assert "you are one of them" in page
    client.force_login(bob)
    page = client.post(confirm_url(hidden), follow=True).content.decode()
    assert "works, say two people" in page
    assert "Two people got past the wall" in page
    assert "alice, bob" in page
    assert "It works for me" not in page
    page = client.post(confirm_url(hidden), follow=True).content.decode()
    assert "nobody has to vouch for it" in page


def test_who_may_not_contribute_is_refused_in_the_browser(client, hidden):
    client.force_login(make_user("carol"))
    assert "It works for me" not in client.get(hidden.get_absolute_url()).content.decode()
    assert client.post(confirm_url(hidden)).status_code == 403
    assert client.post(reverse("linkcheck:link_confirm", args=[999])).status_code == 404


def test_a_moderator_clicks_in_the_queue_and_counts_as_one(client, hidden, maria, mika):
    client.force_login(maria)
    queue = client.get(reverse("moderation:case_list")).content.decode()
    assert confirm_url(hidden) in queue
    assert 'value="works_for_me"' not in queue
    assert "Please click once" in queue
    client.post(confirm_url(hidden))
    assert Case.objects.get().is_open
    client.force_login(mika)
    client.post(confirm_url(hidden))
    assert Case.objects.get().state == "resolved"


def test_a_moderator_alone_can_say_that_it_is_dead_or_leave_it(hidden, maria):
    case = Case.objects.get()
    with pytest.raises(ValidationError):
        decide(case_id=case.pk, version=1, action="works_for_me", reason="", actor=maria)
    decide(case_id=case.pk, version=1, action="really_dead", reason="seen", actor=maria)
    hidden.refresh_from_db()
    assert (hidden.override, hidden.mark) == ("really_dead", "dead")


@pytest.mark.django_db(transaction=True)
def test_many_who_click_at_the_same_moment_set_one_word(hidden, alice, bob, maria):
    results: list[object] = []

    def click(actor: User) -> None:
        try:
            results.append(confirm_link(link=hidden, actor=actor))
        except ValidationError as error:
            results.append(error)
        finally:
            connection.close()

    actors = [alice, alice, bob, bob, maria]
    threads = [threading.Thread(target=click, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(0) == 1
    hidden.refresh_from_db()
    assert hidden.override == "confirmed"
    first, second = hidden.override_reason.split(", ")
    assert first != second
    assert Case.objects.get().version == 2
