"""The queue in the browser: filters, claims, snoozes, notes, undo; quick with 10,000 cases."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from moderation.arranging import assign_case
from moderation.cases import decide, open_case
from moderation.claiming import claim_case
from moderation.models import Case, Decision, Note
from moderation.notes import add_note
from moderation.views import CASES_PER_PAGE
from tests.moderation.test_case_list import open_dead
from tests.moderation.test_cases import dismiss

pytestmark = pytest.mark.django_db

QUEUE = reverse("moderation:case_list")


def url(name: str, case: Case) -> str:
    return reverse(f"moderation:case_{name}", args=[case.pk])


def shown(client, **params) -> list[int]:
    return [card.case.pk for card in client.get(QUEUE, params).context["cards"]]


@pytest.fixture
def moderator(client, maria):
    client.force_login(maria)
    return maria


def make_cases(count: int) -> None:
    now = timezone.now()
    kinds = ("dead_link", "moved_link", "soft_dead", "unverifiable")
    Case.objects.bulk_create(
        [
            Case(
                kind=kinds[n % 4],
                target_type="link",
                target_id=10_000 + n,
                title=f"https://gone{n}.example/",
                reason="It answers 404.",
                evidence={"state": {"n": n}},
                priority=n % 7,
                opened_at=now - timedelta(minutes=n),
            )
            for n in range(count)
        ],
        batch_size=1000,
    )


def test_the_filters_narrow_and_sort(client, moderator, mika):
    one, two, three = open_dead(1), open_dead(2), open_dead(3, kind="moved_link")
    claim_case(case_id=one.pk, actor=mika)
    claim_case(case_id=two.pk, actor=moderator)
    assign_case(case_id=three.pk, assignee=moderator, actor=mika)
    assert shown(client) == [one.pk, two.pk, three.pk]
    assert shown(client, who="mine") == [two.pk]
    assert shown(client, who="free") == [three.pk]
    assert shown(client, who="assigned") == [three.pk]
    assert shown(client, who="unassigned") == [one.pk, two.pk]
    assert shown(client, q="GONE2") == [two.pk]
    assert shown(client, kind="moved_link") == [three.pk]
    assert shown(client, order="newest") == [three.pk, two.pk, one.pk]
    dismiss(one, mika)
    assert shown(client, state="decided") == [one.pk]
    assert shown(client, state="resolved") == []
    assert "Show all" in client.get(QUEUE, {"q": "nothing"}).content.decode()


def test_a_section_narrows_where_it_is_known(client, moderator, alice):
    from catalog.models import Section
    from tests.linkcheck.factories import make_resource

    make_resource(alice, "https://x.example/")
    section = Section.objects.get()
    values = {"target_type": "link", "title": "x", "reason": "y"}
    inside = open_case(kind="dead_link", target_id=1, section_id=section.pk, **values)
    open_case(kind="dead_link", target_id=2, **values)
    assert shown(client, section=section.slug) == [inside.pk]
    assert len(shown(client, section="no-such")) == 2


def test_a_snoozed_case_leaves_the_counts_and_comes_back(client, moderator):
    case = open_dead(1)
    response = client.post(url("snooze", case), {"days": 7, "next": QUEUE}, follow=True)
    assert "it comes back on" in response.content.decode()
    assert response.context["total"] == 0
    assert response.context["review_count"] == 0
    assert shown(client, state="snoozed") == [case.pk]
    client.post(url("snooze", case), {"days": 0})
    assert shown(client) == [case.pk]
    day = (timezone.now() + timedelta(days=20)).date()
    client.post(url("snooze", case), {"until": day.isoformat()})
    assert shown(client) == []
    with time_machine.travel(timezone.now() + timedelta(days=21)):
        client.force_login(moderator)
        assert shown(client) == [case.pk]


def test_a_claim_is_shown_to_others_and_asks_before_it_is_passed(client, moderator, mika):
    case = open_dead(1)
    claim_case(case_id=case.pk, actor=mika)
    html = client.get(QUEUE).content.decode()
    assert "mika is looking at this" in html
    assert "Take over from mika" in html
    data = {"version": 1, "action": "dismiss", "reason": "typed"}
    response = client.post(url("decide", case), data)
    assert response.status_code == 409
    html = response.content.decode()
    assert "mika is looking at this case" in html
    assert 'value="typed"' in html
    client.post(url("decide", case), {**data, "takes_over": "1"})
    assert not Case.objects.get().is_open


def test_claiming_taking_over_and_letting_go_by_buttons(client, moderator, mika):
    case = open_dead(1)
    claim_case(case_id=case.pk, actor=mika)
    response = client.post(url("claim", case), follow=True)
    assert "mika is looking at this case" in response.content.decode()
    client.post(url("claim", case), {"takes_over": "1"})
    assert Case.objects.get().claimed_by == moderator
    assert "you are looking at this" in client.get(QUEUE).content.decode()
    client.post(url("release", case))
    assert not Case.objects.get().is_claimed


def test_assigning_ranking_and_noting_by_forms(client, moderator, mika):
    case = open_dead(1)
    client.post(url("assign", case), {"assignee": "MIKA"})
    client.post(url("prioritise", case), {"priority": "40", "text": "front page"})
    client.post(url("note", case), {"text": "<b>asked</b> @mika"})
    html = client.get(case.get_absolute_url()).content.decode()
    for words in ("assigned it to mika", "moved it from 0 to 40", "front page", "&lt;b&gt;asked"):
        assert words in html
    for name, data, words in (
        ("assign", {"assignee": "nobody-here"}, "Nobody here has the name"),
        ("assign", {"assignee": "alice"}, "Nobody here has the name"),
        ("prioritise", {"priority": "999", "text": "x"}, "less than or equal to 100"),
        ("note", {"text": ""}, "required"),
        ("snooze", {}, "Say until when"),
        ("snooze", {"until": "2020-01-01"}, "has passed"),
    ):
        response = client.post(url(name, case), data, follow=True)
        assert words in response.content.decode(), name


def test_what_a_closed_case_is_asked_is_told(client, moderator, mika):
    case = open_dead(1)
    dismiss(case, mika)
    for name, data in (("claim", {}), ("snooze", {"days": 1}), ("assign", {"assignee": "mika"})):
        html = client.post(url(name, case), data, follow=True).content.decode()
        assert "mika decided this case before you" in html, name
    assert not Note.objects.exists()


def test_notes_are_never_public(client, maria, alice):
    case = open_dead(1)
    add_note(case_id=case.pk, text="strictly-between-us", actor=maria)
    dismiss(case, maria)
    for user in (None, alice):
        if user:
            client.force_login(user)
        assert client.get(case.get_absolute_url()).status_code == 403
        log = client.get(reverse("moderation:decision_list")).content.decode()
        assert "strictly-between-us" not in log


def test_the_last_decision_is_undone_from_the_queue(client, moderator, mika):
    case = open_dead(1)
    decide(case_id=case.pk, version=1, action="dismiss", reason="", actor=moderator)
    decision = Decision.objects.get()
    undo = reverse("moderation:decision_undo", args=[decision.pk])
    assert undo in client.get(QUEUE).content.decode()
    response = client.post(undo, {"next": QUEUE}, follow=True)
    assert "Its case is open again." in response.content.decode()
    assert undo not in response.content.decode()
    assert "taken back already" in client.post(undo, follow=True).content.decode()
    assert Decision.objects.filter(undoes=decision).count() == 1


def test_nobody_but_moderators_comes_near(client, alice):
    case = open_dead(1)
    decision = dismiss_as_root(case)
    addresses = [url(n, case) for n in ("claim", "release", "snooze", "assign", "prioritise")]
    addresses += [url("note", case), reverse("moderation:decision_undo", args=[decision.pk])]
    for user in (None, alice):
        if user:
            client.force_login(user)
        for address in addresses:
            assert client.post(address, {"days": 1, "text": "x"}).status_code == 403
        assert client.get(reverse("moderation:case_bulk")).status_code == 403
    assert Decision.objects.count() == 1


def dismiss_as_root(case: Case) -> Decision:
    from accounts.models import User

    bot = User.objects.get_bot()
    return decide(case_id=case.pk, version=1, action="dismiss", reason="", actor=bot)


def test_ten_thousand_cases_take_as_many_queries_as_ten(
    client, moderator, django_assert_max_num_queries
):
    make_cases(40)
    with django_assert_max_num_queries(16) as few:
        client.get(QUEUE)
    Case.objects.all().delete()
    make_cases(10_000)
    for params in ({}, {"kind": "moved_link"}, {"page": 400}):
        with django_assert_max_num_queries(len(few.captured_queries)):
            response = client.get(QUEUE, params)
        assert len(response.context["cards"]) == CASES_PER_PAGE
    assert response.context["total"] == 10_000


def explain(query) -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE moderation_case")
    return query.explain()


def test_the_list_and_the_counts_are_read_from_partial_indexes():
    make_cases(10_000)
    Case.objects.update(state="decided")
    make_more = Case.objects.order_by("pk")[:500].values("pk")
    Case.objects.filter(pk__in=list(make_more.values_list("pk", flat=True))).update(state="open")
    assert "case_queue" in explain(Case.objects.waiting()[:20])
    assert "case_queue_of_kind" in explain(Case.objects.waiting().filter(kind="soft_dead")[:20])
    assert "case_counts" in explain(Case.objects.waiting().by_kind())


def test_an_unknown_moderator_is_refused_by_the_operation(alice):
    case = open_dead(1)
    with pytest.raises(PermissionDenied):
        claim_case(case_id=case.pk, actor=alice)


def test_decisions_are_undone_from_the_log_by_moderators_alone(client, maria, alice):
    decision = dismiss(open_dead(1), maria)
    undo = reverse("moderation:decision_undo", args=[decision.pk])
    log = reverse("moderation:decision_list")
    assert undo not in client.get(log).content.decode()
    client.force_login(alice)
    assert undo not in client.get(log).content.decode()
    client.force_login(maria)
    assert undo in client.get(log).content.decode()
    response = client.post(undo, {"next": log}, follow=True)
    assert response.redirect_chain == [(log, 302)]
    assert "“Dismiss” was taken back." in response.content.decode()
