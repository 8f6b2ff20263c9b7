"""Entries that may be one and the same: told at submission, found in bulk, merged by a decision."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.duplicate_models import DuplicatePair
from catalog.duplicates import Entry, find_pairs, sweep_duplicates
from catalog.editing import create_resource, edit_resource, retire_resource
from catalog.models import Resource
from changes.models import Change
from changes.recording import Authorship
from linkcheck.models import Link
from moderation.cases import StaleCaseError, decide
from moderation.models import Case, Decision, Proposal, ProposalEvent
from moderation.undoing import undo_decision
from tests.changes.content import make_section
from tests.moderation.test_cases import run_in_threads

pytestmark = pytest.mark.django_db

CREATE = reverse("catalog:resource_create")


def entry(pk: int, url: str, title: str = "", landed_on: str = "") -> Entry:
    return Entry(pk, title or f"Entry {pk}", url, landed_on)


@pytest.mark.parametrize(
    ("entries", "pairs"),
    [
        ([entry(1, "https://a.example/x"), entry(2, "https://b.example/x")], {}),
        (
            [
                entry(1, "https://a.example/x"),
                entry(2, "https://b.example/", "", "https://a.example/x/"),
            ],
            {(1, 2): "target"},
        ),
        (
            [
                entry(n, f"https://{n}.example/", "", "https://a.example/x?utm_source=y")
                for n in (1, 2, 3)
            ],
            {(1, 2): "target", (1, 3): "target"},
        ),
        (  # deep links that land on a front page are dead, not alike
            [entry(n, f"https://a.example/{n}", "", "https://a.example/") for n in (1, 2)],
            {},
        ),
        (
            [entry(1, "https://a.example/x#one"), entry(2, "https://a.example/x")],
            {(1, 2): "address"},
        ),
        ([entry(1, "https://a.example/#/one"), entry(2, "https://a.example/#/two")], {}),
        (
            [
                entry(1, "https://a.example/1", "Ray Core"),
                entry(2, "https://a.example/2", "ray core"),
            ],
            {(1, 2): "title"},
        ),
        ([entry(1, "https://a.example/1", "Ray"), entry(2, "https://b.example/2", "Ray")], {}),
        ([entry(n, f"https://a.example/{n}", "Ray") for n in range(1, 30)], {}),
    ],
)
def test_what_is_alike_and_why(entries, pairs):
    assert find_pairs(entries) == pairs


@pytest.fixture
def pair(alice, bob, erin) -> tuple[Resource, Resource]:
    """The first stands in Core, the second in Guides, and leads to the first."""
    core, guides = make_section(erin), make_section(erin, "Guides")
    first = add(alice, core, "https://a.example/x", "First")
    second = add(bob, guides, "https://b.example/y", "Second")
    Link.objects.filter(pk=second.link_id).update(landed_on="https://a.example/x")
    sweep_duplicates()
    return first, second


def add(actor, section, url: str, title: str) -> Resource:
    values = {"title": title, "url": url, "section_id": section.pk}
    return create_resource(values=values, by=Authorship(actor=actor))


def settle(action: str, actor) -> Decision:
    case = Case.objects.get(kind="duplicate")
    return decide(case_id=case.pk, version=case.version, action=action, reason="", actor=actor)


def test_a_pair_is_one_case_however_often_it_is_found(pair):
    sweep_duplicates()
    case = Case.objects.get(kind="duplicate")
    assert (case.title, case.times_opened) == ("First / Second", 1)
    assert DuplicatePair.objects.get().why == "target"


def test_merging_keeps_the_places_and_leads_to_what_is_kept(client, pair, maria, mika):
    first, second = pair
    decision = settle("merge", maria)
    second.refresh_from_db()
    first.refresh_from_db()
    assert second.is_retired
    assert set(first.places()) == {first.section_id, second.section_id}
    address = second.get_absolute_url()
    assert client.get(address).headers["Location"] == "/resources/first/?from=second"
    text = client.get(f"{address}?redirect=no").content.decode()
    assert "Duplicate " in text
    assert f'<a href="{first.get_absolute_url()}">Go to “First”</a>' in text
    sweep_duplicates()
    assert not Case.objects.open().exists()
    undo_decision(decision_id=decision.pk, actor=mika)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.is_retired, set(first.places())) == (False, {first.section_id})
    sweep_duplicates()
    assert Case.objects.get(kind="duplicate").is_open


def test_the_other_can_be_kept(pair, maria):
    settle("merge_other", maria)
    assert [entry.title for entry in Resource.objects.listed()] == ["Second"]


def test_both_that_are_kept_are_never_asked_about_again(pair, alice, maria):
    settle("keep", maria)
    first = pair[0]
    edit_resource(
        resource_id=first.pk,
        base_version=first.version,
        values={"title": "Second"},
        by=Authorship(actor=alice),
    )
    sweep_duplicates()
    assert not Case.objects.open().exists()


def test_what_was_dismissed_waits_again_when_one_of_them_changes(pair, alice, maria):
    settle("dismiss", maria)
    sweep_duplicates()
    assert not Case.objects.open().exists()
    first = pair[0]
    edit_resource(
        resource_id=first.pk,
        base_version=first.version,
        values={"description": "New."},
        by=Authorship(actor=alice),
    )
    sweep_duplicates()
    assert Case.objects.get(kind="duplicate").times_opened == 2


def test_a_case_closes_when_one_is_retired(pair, alice):
    retire_resource(resource_id=pair[1].pk, reason="old", by=Authorship(actor=alice))
    sweep_duplicates()
    assert Case.objects.get(kind="duplicate").closing_note == "They are not alike any more."


def test_the_queue_shows_both_and_foresees(client, pair, maria):
    client.force_login(maria)
    text = client.get("/review/?kind=duplicate").content.decode()
    assert "Both lead to the same address." in text
    assert "https://b.example/y" in text
    case = Case.objects.get(kind="duplicate")
    data = {"case": case.pk, "action": "merge"}
    text = client.get("/review/bulk/", data).content.decode()
    assert "“Second” is retired in favour of “First”" in text
    client.post(f"/review/{case.pk}/decide/", {"version": case.version, "action": "merge"})
    assert "is retired in favour of “First”" in client.get("/log/").content.decode()


def test_the_sweep_costs_the_same_however_many_pairs(client, alice, erin, maria):
    section = make_section(erin)
    client.force_login(maria)
    costs = []
    for count in (2, 10):
        for number in range(count):
            for letter in "ab":
                add(
                    alice,
                    section,
                    f"https://x.example/{count}{number}#{letter}",
                    f"{letter}{number}",
                )
        with CaptureQueriesContext(connection) as queries:
            sweep_duplicates()
        swept = len(queries)
        client.get("/review/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/review/?kind=duplicate")
        costs.append((swept, len(queries)))
    assert costs[0] == costs[1]


def form(section, **values) -> dict:
    return {
        "title": "Again",
        "url": "http://www.a.example/x/?utm_source=y",
        "section": section.pk,
        "language": "en",
        **values,
    }


def test_who_adds_what_is_listed_is_led_to_it(client, alice, erin):
    section = make_section(erin)
    known = add(alice, section, "https://a.example/x", "First")
    client.force_login(alice)
    response = client.post(CREATE, form(section))
    text = response.content.decode()
    assert response.status_code == 422
    assert "listed already: First" in text
    assert f'href="{known.get_absolute_url()}"' in text
    assert 'value="insist"' not in text


def test_who_adds_what_was_retired_hears_why_and_can_insist_with_a_reason(client, alice, erin):
    section = make_section(erin)
    known = add(alice, section, "https://a.example/x", "First")
    retire_resource(resource_id=known.pk, reason="Out of date.", by=Authorship(actor=erin))
    client.force_login(alice)
    text = client.post(CREATE, form(section)).content.decode()
    assert "Retired on" in text
    assert "Out of date." in text
    assert 'value="insist"' in text
    text = client.post(CREATE, form(section, do="insist")).content.decode()
    assert "why it belongs on the list all the same" in text
    response = client.post(CREATE, form(section, do="insist", summary="It is maintained again."))
    known.refresh_from_db()
    assert response.url == known.get_absolute_url()
    assert (known.title, known.is_retired, known.retired_reason) == ("Again", False, "")
    change = Change.objects.order_by("-pk")[0]
    assert (change.kind, change.summary) == ("restored", "It is maintained again.")


def test_who_adds_what_was_declined_hears_why_and_can_insist_with_a_reason(client, alice, erin):
    section = make_section(erin)
    declined = Proposal.objects.create(
        object_type="resource",
        title="First",
        intent="create",
        key="https://a.example/x",
        state="declined",
        decided_at=timezone.now(),
    )
    ProposalEvent.objects.create(proposal=declined, kind="declined", text="An advertisement.")
    client.force_login(alice)
    text = client.post(CREATE, form(section)).content.decode()
    assert "An advertisement." in text
    assert not Resource.objects.exists()
    client.post(CREATE, form(section, do="insist", summary="It is not."))
    assert Resource.objects.get().title == "Again"


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_one_merges(pair, maria, mika):
    case = Case.objects.get(kind="duplicate")
    failures = run_in_threads(
        [
            lambda actor=actor, action=action: decide(
                case_id=case.pk, version=case.version, action=action, reason="", actor=actor
            )
            for actor, action in ((maria, "merge"), (mika, "merge_other"))
        ]
    )
    assert [type(failure) for failure in failures] == [StaleCaseError]
    assert Resource.objects.listed().count() == 1


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_race_make_one_pair_and_case(pair):
    DuplicatePair.objects.all().delete()
    Case.objects.all().delete()
    assert run_in_threads([sweep_duplicates] * 3) == []
    assert DuplicatePair.objects.count() == 1
    assert Case.objects.filter(kind="duplicate").count() == 1
