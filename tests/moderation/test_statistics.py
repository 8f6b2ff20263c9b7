"""How the queue is doing: medians, shares, moderators, backlog."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import median

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from moderation.cases import decide
from moderation.models import Backlog, Decision, EditRule
from moderation.new_links import HELD_RULE
from moderation.statistics import find_backlog, find_medians, find_statistics
from moderation.tasks import count_backlog
from moderation.undoing import undo_decision
from tests.moderation.test_case_list import open_dead

pytestmark = pytest.mark.django_db

URL = reverse("moderation:queue_statistics")
NOON = datetime(2026, 5, 13, 12, tzinfo=UTC)  # a Wednesday


def make_decisions(count: int, actors, *, seed: int) -> list[Decision]:
    """Decisions about cases of several kinds, some of which nothing had waited for."""
    chance = random.Random(seed)
    return Decision.objects.bulk_create(
        Decision(
            kind=chance.choice(["dead_link", "proposal", "report", "block"]),
            actor=(actor := chance.choice(actors)),
            actor_label=actor.label if actor else "gone",
            title="x",
            action="x",
            waited_s=chance.choice([None, 0, 5, chance.randrange(10**6), chance.randrange(10**10)]),
            is_accepted=chance.choice([None, True, False]),
            rule=chance.choice(["", "rule:1", "rule:999", HELD_RULE]),
        )
        for _ in range(count)
    )


def slow_medians(decisions: list[Decision], by: str) -> dict[str, timedelta]:
    times = defaultdict(list)
    for decision in decisions:
        if decision.waited_s is not None:
            times[getattr(decision, by)].append(decision.waited_s)
    return {name: timedelta(seconds=median(of_name)) for name, of_name in times.items()}


@pytest.mark.parametrize("seed", range(12))
def test_medians_are_those_of_a_slow_computation(maria, mika, seed):
    made = make_decisions([0, 1, 2, 3, 7, 40, 41, 200][seed % 8], [maria, mika, None], seed=seed)
    for by in ("kind", "actor_id"):
        assert find_medians(Decision.objects.all(), by) == slow_medians(made, by)
    waited = [one.waited_s for one in made if one.waited_s is not None]
    overall = {None: timedelta(seconds=median(waited))} if waited else {}
    assert find_medians(Decision.objects.all()) == overall


def test_what_is_counted_adds_up(maria, mika):
    made = make_decisions(300, [maria, mika, None], seed=1)
    found = find_statistics(30)
    for groups in (found.kinds, found.moderators):
        assert sum(group.decisions for group in groups) == found.total.decisions == 300
        assert sum(group.accepted for group in groups) == found.total.accepted
    judged = [one for one in made if one.is_accepted is not None]
    assert found.total.judged == len(judged)
    assert found.total.accepted == sum(one.is_accepted for one in judged)
    (newcomers,) = [group for group in found.rules if group.label == "Links of newcomers"]
    assert newcomers.decisions == sum(one.rule == HELD_RULE for one in made)
    names = {group.label for group in found.rules}
    assert names >= {EditRule.objects.get(pk=1).name, "rule:999"}
    assert {group.user for group in found.moderators} == {maria, mika, None}


def test_what_was_taken_back_does_not_count_nor_what_is_older(maria):
    for number in (1, 2):
        case = open_dead(number)
        with time_machine.travel(case.opened_at + timedelta(hours=number * 2), tick=False):
            decide(case_id=case.pk, version=1, action="dismiss", reason="", actor=maria)
    assert find_statistics(7).total.median == timedelta(hours=3)
    undo_decision(decision_id=Decision.objects.first().pk, actor=maria)
    found = find_statistics(7)
    assert (found.total.decisions, found.total.median) == (1, timedelta(hours=2))
    assert (found.total.judged, found.total.accepted) == (1, 0)
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert find_statistics(7).kinds == []
        assert find_statistics(30).total.decisions == 1


def test_the_last_count_of_a_day_stays_and_long_periods_are_shown_by_week():
    with time_machine.travel(NOON - timedelta(hours=6), tick=False):
        count_backlog()
        open_dead(1)
    with time_machine.travel(NOON, tick=False):
        count_backlog()
    assert Backlog.objects.get().waiting == 1
    for ago in range(1, 15):
        Backlog.objects.create(day=NOON.date() - timedelta(days=ago), waiting=ago)
    week = find_backlog(7, waiting=9, now=NOON)
    assert week[-1] == (NOON.date(), 9)
    assert week[0] == (date(2026, 5, 7), 6) and len(week) == 7
    year = find_backlog(365, waiting=9, now=NOON)
    assert year == [(date(2026, 5, 3), 10), (date(2026, 5, 10), 3), (date(2026, 5, 13), 9)]


def test_the_page_takes_as_many_queries_for_many_as_for_few(
    client, maria, mika, django_assert_max_num_queries
):
    client.force_login(maria)
    empty = client.get(URL)
    assert "Nothing was decided in this time" in empty.content.decode()
    make_decisions(5, [maria], seed=3)
    with django_assert_max_num_queries(16) as few:
        client.get(URL)
    open_dead(1)
    make_decisions(200, [maria, mika, None], seed=4)
    with django_assert_max_num_queries(len(few.captured_queries)):
        html = client.get(URL, {"days": "365"}).content.decode()
    for words in (
        "1</strong> case waits now",
        "205</strong> decisions",
        "Links of newcomers",
        "<bdi>mika</bdi>",
    ):
        assert words in html
    assert "The highest bar is 1." in html and "<table>" in html


def test_a_period_that_there_is_none_of_is_said(client, maria):
    client.force_login(maria)
    response = client.get(URL, {"days": "8"})
    assert response.status_code == 400
    assert "There is no such period" in response.content.decode()
    assert f'href="{URL}"' in client.get(reverse("moderation:case_list")).content.decode()
