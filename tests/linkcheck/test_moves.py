"""Trivial moves: one case, one decision, followed one by one."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.urls import reverse

from catalog.models import Resource
from changes.models import Change, Source
from linkcheck import tasks, uses
from linkcheck.aging import open_aged_cases
from linkcheck.models import Link, Repair
from linkcheck.moves import find_trivial_moves, queue_moves
from linkcheck.repair_queue import carry_out_repairs
from linkcheck.uses import get_handler
from moderation.cases import decide
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_links, make_resource
from tests.linkcheck.looks import look_daily
from tests.linkcheck.observing import START

pytestmark = pytest.mark.django_db

MOVES = reverse("linkcheck:move_list")


@pytest.fixture
def clock():
    with time_machine.travel(START) as traveller:
        yield traveller


def move(link: Link, *, since: float = 0) -> Link:
    """Have ``link`` lead to itself with a slash for a week."""
    return look_daily(link, "301 200", [since, since + 8], to=f"{link.url}/")


@pytest.fixture
def moved(clock, alice) -> list[Link]:
    """Three entries of which the addresses moved by a slash, and their case."""
    entries = [make_resource(alice, f"https://h{n}.example/page", f"Entry {n}") for n in range(3)]
    links = [move(entry.link) for entry in entries]
    clock.move_to(START + timedelta(days=9))
    open_aged_cases()
    return links


def settle(action: str, actor, *, reason: str = "", **params) -> Decision:
    case = Case.objects.get(kind="trivial_moves")
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason=reason,
        actor=actor,
        params=params,
    )


def urls() -> set[str]:
    return set(Link.objects.used().values_list("url", flat=True))


def test_all_of_them_are_one_case_of_low_priority(moved):
    case = Case.objects.get()
    assert (case.kind, case.target_id, case.priority) == ("trivial_moves", 0, -20)
    assert case.title == "3 trivial moves"
    assert open_aged_cases() == 0
    assert not Change.objects.filter(kind="link_moved").exists()


def test_a_real_move_is_none_of_them(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "301 200", [0, 8], to="https://b.example/page")
    assert not find_trivial_moves().exists()


def test_a_decision_follows_all_as_ordinary_revisions(moved, maria, alice):
    decision = settle("replace_all", maria, reason="tidy up")
    assert decision.details["count"] == 3
    assert carry_out_repairs(100) == 3
    assert urls() == {f"https://h{n}.example/page/" for n in range(3)}
    change = Change.objects.filter(kind="link_replaced").first()
    assert (change.actor, change.summary) == (maria, "tidy up")
    entry = Resource.objects.first()
    assert entry.history.first().source == Source.REPAIR
    assert open_aged_cases() == 0
    assert Case.objects.get().state == "decided"


def test_a_selection_leaves_the_others_for_the_next_time(moved, maria, clock):
    settle("replace_some", maria, only=[moved[1].pk])
    carry_out_repairs(100)
    assert "https://h1.example/page/" in urls()
    assert "https://h0.example/page" in urls()
    assert open_aged_cases() == 1
    case = Case.objects.get()
    assert (case.state, case.times_opened, case.title) == ("open", 2, "2 trivial moves")


def test_nothing_chosen_and_nothing_left_are_refused(moved, maria):
    for params in ({}, {"only": []}, {"only": [999_999]}):
        with pytest.raises(ValidationError):
            settle("replace_some", maria, **params)
    Link.objects.update(mark="ok")
    with pytest.raises(ValidationError):
        settle("replace_all", maria)
    assert Case.objects.get().is_open
    assert not Repair.objects.exists()


def test_one_that_fails_takes_no_other_with_it_and_comes_back_with_its_reason(moved, maria, client):
    make_links(["https://h1.example/page/"], object_id=9)
    Link.objects.filter(url="https://h1.example/page/").update(mark="dead")
    settle("replace_all", maria)
    assert carry_out_repairs(100) == 3
    assert {"https://h0.example/page/", "https://h2.example/page/"} <= urls()
    assert "https://h1.example/page" in urls()
    (failed,) = Repair.objects.exclude(problem="")
    assert failed.link == moved[1]
    assert "dead as well" in failed.problem
    assert open_aged_cases() == 1
    client.force_login(maria)
    for url in (reverse("moderation:case_list"), MOVES):
        html = client.get(url).content.decode()
        assert "It could not be replaced:" in html
        assert "dead as well" in html


def test_an_interrupted_run_goes_on_where_it_stopped(moved, maria):
    settle("replace_all", maria)
    assert carry_out_repairs(1) == 1
    assert Repair.objects.filter(done_at__isnull=True).count() == 2
    tasks.carry_out_repairs()
    assert not Repair.objects.filter(done_at__isnull=True).exists()
    assert carry_out_repairs(100) == 0
    assert Change.objects.filter(kind="link_replaced").count() == 3


def test_what_leads_elsewhere_by_now_is_not_followed(moved, maria):
    settle("replace_all", maria)
    Link.objects.filter(pk=moved[0].pk).update(moved_to="https://evil.example/")
    Link.objects.filter(pk=moved[1].pk).update(mark="ok")
    carry_out_repairs(100)
    assert {"https://h0.example/page", "https://h1.example/page"} <= urls()
    assert Repair.objects.exclude(problem="").count() == 2


def test_a_database_that_is_away_leaves_the_move_in_the_queue(moved, maria, monkeypatch):
    settle("replace_all", maria)
    handler = get_handler("resource")

    def break_off(**_: object) -> object:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as broken:
        broken.setitem(uses._handlers, "resource", replace(handler, replace_urls=break_off))
        with pytest.raises(OperationalError):
            carry_out_repairs(100)
    assert Repair.objects.filter(done_at__isnull=True).count() == 3
    assert carry_out_repairs(100) == 3
    assert "https://h0.example/page/" in urls()


def test_queueing_twice_waits_once(moved, maria):
    queue_moves(actor=maria, reason="")
    with pytest.raises(ValidationError):
        queue_moves(actor=maria, reason="")
    assert Repair.objects.count() == 3


def test_who_may_not_edit_any_more_follows_nothing(moved, maria):
    settle("replace_all", maria)
    maria.groups.clear()
    maria.user_permissions.clear()
    assert carry_out_repairs(100) == 3
    assert "https://h0.example/page" in urls()
    assert Repair.objects.exclude(problem="").count() == 3


def test_a_failure_that_nobody_thought_of_is_logged_and_stops_nothing(
    moved, maria, monkeypatch, caplog
):
    settle("replace_all", maria)
    handler = get_handler("resource")

    def fail_once(*, object_id: int, **rest: object) -> object:
        if object_id == Resource.objects.get(link=moved[0]).pk:
            raise RuntimeError("of a kind of its own")
        return handler.replace_urls(object_id=object_id, **rest)

    monkeypatch.setitem(uses._handlers, "resource", replace(handler, replace_urls=fail_once))
    assert carry_out_repairs(100) == 3
    assert Repair.objects.get(link=moved[0]).problem == "Something went wrong: edit by hand."
    assert "of a kind of its own" in caplog.text
    assert "https://h2.example/page/" in urls()


def test_what_was_dismissed_does_not_come_back_but_new_ones_do(moved, maria, alice, clock):
    decision = settle("dismiss", maria)
    assert decision.details["count"] == 3
    assert open_aged_cases() == 0
    new = make_resource(alice, "https://new.example/page", "New one")
    move(new.link, since=20)
    clock.move_to(START + timedelta(days=30))
    assert open_aged_cases() == 1
    assert list(find_trivial_moves()) == [new.link]
    assert Case.objects.get().title == "1 trivial move"


def test_a_case_without_any_left_closes_by_itself(moved):
    Link.objects.update(mark="ok")
    open_aged_cases()
    assert Case.objects.get().state == "resolved"


def test_the_list_is_paged_and_decided_from(client, moved, maria, alice):
    assert client.get(MOVES).status_code == 403
    client.force_login(alice)
    assert client.get(MOVES).status_code == 403
    client.force_login(maria)
    html = client.get(MOVES).content.decode()
    assert html.count('name="only"') == 3
    case = Case.objects.get()
    decide_url = reverse("moderation:case_decide", args=[case.pk])
    assert decide_url in html
    data = {"version": case.version, "action": "replace_some", "only": [moved[2].pk]}
    response = client.post(decide_url, data, follow=True)
    assert "1 link is replaced by where it leads" in response.content.decode()
    assert Repair.objects.get().link == moved[2]
    assert "1 link is replaced" in client.get(reverse("moderation:decision_list")).content.decode()


@pytest.mark.parametrize("only", ["", "x", "-1", "1; drop", "9" * 40, "\N{ARABIC-INDIC DIGIT ONE}"])
def test_nonsense_in_a_selection_is_refused(client, moved, maria, only):
    client.force_login(maria)
    case = Case.objects.get()
    data = {"version": case.version, "action": "replace_some", "only": only}
    response = client.post(reverse("moderation:case_decide", args=[case.pk]), data)
    assert response.status_code == 200
    assert not Repair.objects.exists()


def test_the_list_says_when_there_is_nothing_or_no_case_yet(client, maria, clock):
    client.force_login(maria)
    assert "No trivial move" in client.get(MOVES).content.decode()
    (link,) = make_links(["https://a.example/page"])
    move(link)
    assert "within an hour" in client.get(MOVES).content.decode()


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    client, maria, clock, django_assert_max_num_queries
):
    client.force_login(maria)
    for link in make_links([f"https://h{n}.example/p" for n in range(3)]):
        move(link)
    with django_assert_max_num_queries(20) as few:
        client.get(MOVES)
    for link in make_links([f"https://i{n}.example/p" for n in range(60)], object_id=2):
        move(link)
    with django_assert_max_num_queries(len(few.captured_queries)):
        response = client.get(MOVES)
    assert len(response.context["moves"]) == 50
