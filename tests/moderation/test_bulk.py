"""One decision about many cases: foreseen, made one by one, reported."""

import pytest
from django.urls import reverse

from catalog.models import Resource
from linkcheck.models import Link
from moderation.bulk import MAX_CASES
from moderation.cases import open_case
from moderation.claiming import claim_case
from moderation.models import Case, Decision
from moderation.undoing import undo_decision
from tests.linkcheck.factories import make_resource
from tests.moderation.test_case_list import open_dead
from tests.moderation.test_cases import dismiss

pytestmark = pytest.mark.django_db

BULK = reverse("moderation:case_bulk")


@pytest.fixture
def cases(alice, client, maria) -> list[Case]:
    """Three entries that moved, with a suggestion each."""
    found = []
    for number in range(3):
        resource = make_resource(alice, f"https://old{number}.example/", f"Entry {number}")
        new = f"https://new{number}.example/"
        Link.objects.filter(pk=resource.link_id).update(mark="moved", moved_to=new)
        found.append(
            open_case(
                kind="moved_link",
                target_type="link",
                target_id=resource.link_id,
                title=resource.url,
                reason="moved",
            )
        )
    client.force_login(maria)
    return found


def choose(cases, **more) -> dict:
    versions = {f"version-{case.pk}": case.version for case in cases}
    return {"case": [case.pk for case in cases], **versions, **more}


def urls() -> list[str]:
    return list(Resource.objects.order_by("pk").values_list("url", flat=True))


def test_the_preview_says_what_will_change_and_changes_nothing(client, cases):
    before = urls()
    html = client.get(BULK, choose(cases)).content.decode()
    assert "Show what will change" in html
    html = client.get(BULK, choose(cases, action="replace")).content.decode()
    for number in range(3):
        assert f"Replaced by https://new{number}.example/ in: Entry {number}." in html
    assert urls() == before
    assert Case.objects.open().count() == 3


def test_each_case_is_decided_with_its_own_suggestion_and_can_be_undone(client, cases, maria):
    before = urls()
    html = client.post(BULK, choose(cases, action="replace", reason="all of them")).content.decode()
    assert "3 decided" in html
    assert urls() == [f"https://new{number}.example/" for number in range(3)]
    assert set(Decision.objects.values_list("reason", flat=True)) == {"all of them"}
    for decision in Decision.objects.all():
        undo_decision(decision_id=decision.pk, actor=maria)
    assert urls() == before


def test_what_cannot_be_decided_takes_nothing_with_it(client, cases, maria, mika, alice):
    dismiss(cases[0], mika)
    claim_case(case_id=cases[1].pk, actor=mika)
    more = open_dead(9, kind="moved_link")
    data = choose([*cases, more], action="replace")
    html = client.post(BULK, data).content.decode()
    assert "1 decided" in html
    assert "1 not any more as you saw them" in html
    assert "2 could not be" in html
    assert "mika is looking at it." in html
    assert urls()[2] == "https://new2.example/"
    assert Case.objects.get(pk=cases[1].pk).is_open


def test_a_case_that_changed_since_the_preview_is_left_alone(client, cases):
    data = choose(cases, action="dismiss")
    data[f"version-{cases[0].pk}"] = 7
    client.post(BULK, data)
    assert list(Case.objects.open()) == [cases[0]]


def test_kinds_are_not_mixed_and_nonsense_is_explained(client, cases):
    other = open_dead(9)
    for data in (
        choose([*cases, other]),
        {},
        {"case": ["x", "9" * 30, "-1"]},
    ):
        response = client.get(BULK, data)
        assert "cannot be decided together" in response.content.decode()
    html = client.post(BULK, choose(cases, action="explode")).content.decode()
    assert "error-summary" in html
    assert Case.objects.open().count() == 4


def test_more_than_the_limit_are_not_taken_at_once(client, cases):
    ids = list(range(1, MAX_CASES + 50))
    response = client.get(BULK, {"case": ids})
    assert f"Only the first {MAX_CASES}" in response.content.decode()


def test_the_preview_takes_as_many_queries_for_many_as_for_few(
    client, maria, django_assert_max_num_queries
):
    client.force_login(maria)
    few = [open_dead(number) for number in range(3)]
    with django_assert_max_num_queries(25) as captured:
        client.get(BULK, choose(few, action="works_for_me"))
    many = few + [open_dead(number) for number in range(3, 40)]
    with django_assert_max_num_queries(len(captured.captured_queries)):
        response = client.get(BULK, choose(many, action="works_for_me"))
    assert len(response.context["foreseen"]) == 40
