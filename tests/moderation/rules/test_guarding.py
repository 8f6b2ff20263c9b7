"""Rules at the one door: edits that are marked, held and refused."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.editing import create_resource, retire_resource
from changes.models import Change, Source
from changes.recording import (
    Authorship,
    StaleVersionError,
    Step,
    Subject,
    record,
    record_event,
)
from changes.refusals import EditHeldError, EditRefusedError
from moderation.cases import decide
from moderation.edit_cases import sweep_edit_cases
from moderation.models import Case, Decision, Proposal
from moderation.rules.costs import write_costs
from moderation.rules.editing import switch_off_rule
from moderation.rules.guarding import check_proposed_edit, load_rules
from moderation.rules.hits import forget_hits, mark_false_alarm
from moderation.rules.models import EditRule, RuleHit
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import read_form
from tests.moderation.rules.rule_kit import condition, make_rule
from wiki.editing import create_page, rename_page, revert_page
from wiki.models import Page


@pytest.fixture(autouse=True)
def _only_own_rules(db: None) -> None:
    EditRule.objects.all().delete()


@pytest.fixture
def newcomer(db: None) -> User:
    return make_user("newcomer-nell", "Newcomers")


def post_edit(user: User, page, body: str):
    client = Client()
    client.force_login(user)
    page.refresh_from_db()
    form = {"body": body, "language": "en", "section": "", "base_revision": page.version}
    return client.post(f"/wiki/{page.slug}/edit/", form)


def test_a_marked_edit_carries_the_label_and_the_hit_says_why(alice, root):
    rule = make_rule(root)
    page = make_page(alice)
    edit(page, "One line.\nGo to the casino.\n", alice)
    change = Change.objects.first()
    assert change.labels == ["shouting"]
    hit = rule.hits.get()
    assert (hit.change, hit.actor, hit.outcome) == (change, alice, "tag")
    assert hit.findings[0]["quote"] == ["Go to the ", "casino", "."]
    html = Client().get("/changes/").content.decode()
    assert "shouting" in html


def test_a_new_object_is_marked_too(alice, erin, root):
    rule = make_rule(root)
    make_page(alice, "Games", "A casino.\n")
    values = {
        "title": "Casino",
        "url": "https://ok.example/",
        "section_id": make_section(erin).pk,
    }
    create_resource(values=values, by=Authorship(actor=alice))
    assert [hit.change.object_type for hit in rule.hits.all()] == ["resource", "page"]
    assert all(hit.object_id == hit.change.object_id for hit in rule.hits.all())


def test_a_refused_edit_keeps_what_was_typed_and_says_the_message(alice, root):
    rule = make_rule(root, action=EditRule.Action.REFUSE)
    page = make_page(alice)
    response = post_edit(alice, page, "My long text about a casino.")
    assert response.status_code == 422
    text = response.content.decode()
    assert "Please write calmly." in text
    assert "My long text about a casino." in text
    page.refresh_from_db()
    assert page.body == "One line.\n"
    hit = rule.hits.get()
    assert (hit.change, hit.object_id, hit.outcome) == (None, page.pk, "refuse")


def test_a_refusal_names_its_rule(alice, root):
    rule = make_rule(root, action=EditRule.Action.REFUSE)
    with pytest.raises(EditRefusedError) as refused:
        edit(make_page(alice), "A casino.", alice)
    assert refused.value.rule == rule.mark == f"rule:{rule.pk}"
    assert not rule.hits.exists()  # written by who answers it, after the rollback


def test_a_held_edit_names_its_rule_and_is_counted_where_it_is_answered(alice, root):
    rule = make_rule(root, action=EditRule.Action.HOLD)
    page = make_page(alice)
    with pytest.raises(EditHeldError) as held:
        edit(page, "A casino.", alice)
    assert (held.value.rule, held.value.reason) == (rule.mark, "Please write calmly.")
    response = post_edit(alice, page, "A casino.")
    assert response.status_code in (302, 422)
    page.refresh_from_db()
    assert page.body == "One line.\n"
    assert [hit.outcome for hit in rule.hits.all()] == ["hold"]


def test_what_cannot_wait_is_refused_by_a_rule_that_holds(erin, root):
    page = make_page(erin, body="casino")
    edit(page, "Better.", erin)
    make_rule(root, condition("title", text="tasks|casino"), action=EditRule.Action.HOLD)
    with pytest.raises(EditRefusedError):
        revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=erin))
    with pytest.raises(EditRefusedError):
        rename_page(page_id=page.pk, new_title="Casino", by=Authorship(actor=erin))


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def approve(proposal, moderator) -> None:
    case = proposal.case
    decide(
        case_id=case.pk,
        version=case.version,
        action="approve",
        reason="",
        actor=moderator,
        params={"proposal": proposal.pk},
    )


def test_a_revert_that_a_rule_holds_waits_and_is_published_by_approving(erin, maria, root):
    page = make_page(erin, body="casino\n")
    edit(page, "Better.\n", erin)
    rule = make_rule(root, condition("title", text="tasks"), action=EditRule.Action.HOLD)
    form = {"base_revision": 2, "summary": "It was right."}
    response = sign_in(erin).post("/wiki/tasks/revert/?to=1", form, follow=True)
    assert "Nothing is lost: a moderator will look at it." in response.content.decode()
    assert [hit.outcome for hit in rule.hits.all()] == ["hold"]
    proposal = Proposal.objects.get()
    assert (proposal.fields, proposal.summary) == ({"body": "casino\n"}, "It was right.")
    assert "casino" in sign_in(maria).get("/review/").content.decode()
    approve(proposal, maria)
    page.refresh_from_db()
    assert (page.body, page.version) == ("casino\n", 3)
    assert page.history.first().history_user == erin
    again = sign_in(erin).post("/wiki/tasks/revert/?to=2", {"base_revision": 3, "summary": ""})
    assert again.status_code == 302
    more = sign_in(erin).post("/wiki/tasks/revert/?to=2", {"base_revision": 3, "summary": ""})
    assert more.status_code == 422
    assert "withdraw it first" in more.content.decode()


def test_a_retirement_that_a_rule_holds_waits_and_is_published_by_approving(erin, maria, root):
    resource = make_resource(erin, make_section(erin))
    make_rule(root, condition("title", text="docs"), action=EditRule.Action.HOLD)
    url = f"{resource.get_absolute_url()}retire/"
    response = sign_in(erin).post(url, {"reason": "Gone."}, follow=True)
    assert "a moderator will look at it" in response.content.decode()
    resource.refresh_from_db()
    assert not resource.is_retired
    queue = sign_in(maria).get("/review/").content.decode()
    assert "Gone." in queue
    assert "?amend=" not in queue
    approve(Proposal.objects.get(), maria)
    resource.refresh_from_db()
    assert (resource.is_retired, resource.retired_reason) == (True, "Gone.")
    newest = Change.objects.order_by("-pk")[0]
    assert (newest.kind, newest.actor) == (Change.Kind.RETIRED, erin)


def test_a_rename_that_a_rule_holds_says_what_to_do(erin, root):
    make_page(erin)
    make_rule(root, condition("title", text="casino"), action=EditRule.Action.HOLD)
    response = sign_in(erin).post("/wiki/tasks/rename/", {"title": "Casino", "summary": ""})
    assert response.status_code == 422
    assert "report the page to a moderator" in response.content.decode()


@pytest.mark.parametrize("address", ["revert", "rename"])
def test_every_form_counts_what_was_refused(erin, root, address):
    page = make_page(erin, body="casino")
    edit(page, "Better.", erin)
    rule = make_rule(root, condition("title", text="tasks|casino"), action=EditRule.Action.REFUSE)
    client = Client()
    client.force_login(erin)
    page.refresh_from_db()
    form = {"base_revision": page.version, "summary": ""}
    if address == "rename":
        form = {"title": "Casino", "summary": ""}
    response = client.post(f"/wiki/tasks/{address}/?to=1", form)
    assert response.status_code == 422
    assert "Please write calmly." in response.content.decode()
    assert rule.hits.get().outcome == "refuse"


def test_rules_look_only_at_those_whom_they_are_about(alice, maria, newcomer, root):
    rule = make_rule(root, standings=["newcomer"], action=EditRule.Action.REFUSE)
    page = make_page(alice)
    edit(page, "A casino.", alice)
    edit(page, "A big casino.", maria)
    subject = Subject(object_type="page", title="Tasks")
    with pytest.raises(EditRefusedError):
        check_proposed_edit(
            subject=subject,
            before={"body": "x"},
            after={"body": "The casino."},
            actor=newcomer,
        )
    assert rule.hits.count() == 0


def test_a_proposal_that_a_moderator_accepts_is_marked_at_most(alice, maria, root):
    make_rule(root, name="Refusing", action=EditRule.Action.REFUSE)
    make_rule(root, name="Holding", action=EditRule.Action.HOLD)
    make_rule(root, name="Marking")
    page = make_page(alice)
    edit(page, "A casino.", alice, accepted_by=maria, source=Source.PROPOSAL)
    assert Change.objects.first().labels == ["shouting"]


def test_proposals_hear_of_labels_and_pass_what_holds(newcomer, root):
    make_rule(root, name="Holding", action=EditRule.Action.HOLD)
    make_rule(root, condition("size_added", number=3), name="Marking", label="large")
    subject = Subject(object_type="page", title="Tasks")
    labels = check_proposed_edit(
        subject=subject, before={}, after={"title": "Tasks", "body": "casino"}, actor=newcomer
    )
    assert labels == ("large",)


def test_labels_stand_on_the_proposal_until_it_is_written_anew(client, newcomer, maria, root):
    make_rule(root)
    make_page(maria)
    page = Page.objects.get(slug="tasks")
    post_edit(newcomer, page, "A casino.")
    proposal = Proposal.objects.get()
    assert proposal.labels == ["shouting"]
    client.force_login(maria)
    for url in (proposal.get_absolute_url(), "/review/?kind=proposal"):
        assert "<bdi>shouting</bdi>" in client.get(url).content.decode()
    client.force_login(newcomer)
    form = read_form(client.get("/wiki/tasks/edit/").content.decode())
    client.post("/wiki/tasks/edit/", {**form, "body": "A calm text."})
    assert Proposal.objects.get().labels == []


def test_imports_repairs_and_consequences_are_not_looked_at(erin, maria, root):
    page = make_page(erin)
    rule = make_rule(root, condition("no_summary"))
    create_page(
        values={"title": "Imported", "body": "x"},
        by=Authorship(actor=maria, source=Source.IMPORT),
    )
    edit(page, "Repaired.", maria, source=Source.REPAIR)
    assert rule.hits.count() == 0
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=erin))
    assert [hit.object_title for hit in rule.hits.all()] == ["Jobs"]  # not the redirect


def test_a_rule_about_removing_sees_an_entry_retired(alice, erin, root):
    resource = make_resource(alice, make_section(erin))
    make_rule(
        root,
        condition("field_changed", choice="resource.status"),
        edit_kinds=["remove"],
        action=EditRule.Action.REFUSE,
    )
    with pytest.raises(EditRefusedError):
        retire_resource(resource_id=resource.pk, reason="Old.", by=Authorship(actor=alice))


def test_what_the_author_did_before_counts(alice, root):
    page = make_page(alice)
    make_rule(root, condition("recent_edits", number=3, minutes=10), name="Fast", label="fast")
    make_rule(root, condition("edit_count", number=3), name="New", label="new")
    edit(page, "Two.", alice)
    assert Change.objects.first().labels == ["new"]
    edit(page, "Three.", alice)
    assert Change.objects.first().labels == ["fast", "new"]
    edit(page, "Four.", alice)
    assert Change.objects.first().labels == ["fast"]
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        edit(page, "Five.", alice)
    assert Change.objects.first().labels == []


def test_rules_cost_one_query_where_none_needs_more(alice, root, django_assert_num_queries):
    for number in range(5):
        make_rule(root, condition("text_added", text=f"casino{number}"), name=f"Rule {number}")
    load_rules()
    with django_assert_num_queries(1):
        assert len(load_rules()) == 5


def test_a_change_of_a_rule_is_in_force_with_the_next_edit(alice, root):
    page = make_page(alice)
    rule = make_rule(root)
    edit(page, "A casino.", alice)
    switch_off_rule(rule_id=rule.pk, by=root, reason="Enough.")
    edit(page, "A casino, again.", alice)
    assert rule.hits.count() == 1


def test_a_rule_that_cannot_be_read_is_left_out_loudly(alice, root, caplog):
    rule = make_rule(root)
    EditRule.objects.filter(pk=rule.pk).update(
        conditions=[{"kind": "of-tomorrow"}], changed_at=timezone.now()
    )
    with caplog.at_level(logging.ERROR):
        edit(make_page(alice), "A casino.", alice)
    assert "cannot be read" in caplog.text


def test_costs_are_written_in_bulk(alice, root, django_assert_num_queries):
    rules = [make_rule(root, name=f"Rule {number}") for number in range(3)]
    write_costs()
    EditRule.objects.update(edits_seen=0, cost_ns=0)
    page = make_page(alice)
    edit(page, "Other words.", alice)
    with django_assert_num_queries(1):
        write_costs()
    with django_assert_num_queries(0):
        write_costs()
    for rule in rules:
        rule.refresh_from_db()
        assert rule.edits_seen == 2
        assert rule.cost_ms > 0


def stop_edits(rule: EditRule, authors: list[User], each: int, page) -> None:
    """Edits that the rule stops, by each author so many."""
    for number in range(each):
        for author in authors:
            post_edit(author, page, f"A casino, number {number} by {author}.")


@pytest.fixture
def crowd(db: None) -> list[User]:
    return [make_user(f"person-{number}", "Contributors") for number in range(4)]


def test_a_rule_that_stops_too_much_switches_itself_off_and_says_so(alice, root, crowd, settings):
    settings.RULES_OVERLOAD_FEWEST = 10
    rule = make_rule(root, action=EditRule.Action.REFUSE)
    page = make_page(alice)
    for number in range(10):
        edit(page, f"Edit {number}.", alice)
    stop_edits(rule, crowd[:2], 3, page)
    rule.refresh_from_db()
    assert rule.is_enabled  # two people hit by it are no crowd
    stop_edits(rule, crowd[2:], 1, page)
    rule.refresh_from_db()
    assert (rule.is_enabled, rule.is_off_by_itself) == (False, True)
    assert "of the last" in rule.off_reason
    decision = Decision.objects.first()
    assert (decision.action, decision.actor.is_bot) == ("overload", True)
    notification = root.notifications.get(kind="rule_switched_itself_off")
    assert notification.url == f"/rules/{rule.pk}/"
    client = Client()
    client.force_login(root)
    assert "switched itself off" in client.get("/notifications/").content.decode()
    assert post_edit(crowd[3], page, "A casino at last.").status_code == 302


def test_nobody_switches_a_rule_off_by_running_into_it(alice, root, settings, crowd):
    settings.RULES_OVERLOAD_FEWEST = 10
    settings.RATE_LIMITS = {name: dict.fromkeys(row) for name, row in settings.RATE_LIMITS.items()}
    rule = make_rule(root, action=EditRule.Action.REFUSE)
    page = make_page(alice)
    for number in range(60):
        edit(page, f"Edit {number}.", alice)
    stop_edits(rule, crowd[:3], 12, page)
    rule.refresh_from_db()
    assert rule.is_enabled


def test_what_only_marks_edits_is_never_too_much(alice, root, settings):
    settings.RULES_OVERLOAD_FEWEST = 1
    rule = make_rule(root)
    page = make_page(alice)
    for number in range(5):
        edit(page, f"Casino {number}.", alice)
    rule.refresh_from_db()
    assert rule.is_enabled


def test_hits_are_forgotten_in_time(alice, root, settings):
    rule = make_rule(root)
    edit(make_page(alice), "A casino.", alice)
    assert forget_hits() == 0
    RuleHit.objects.update(
        at=timezone.now() - timedelta(days=settings.RULE_HITS_KEEP_DAYS, minutes=1)
    )
    assert forget_hits() == 1
    assert rule.hits.count() == 0


def test_moderators_mark_false_alarms_and_nobody_else(alice, maria, root):
    make_rule(root)
    edit(make_page(alice), "A casino.", alice)
    hit = RuleHit.objects.get()
    with pytest.raises(PermissionDenied):
        mark_false_alarm(hit_id=hit.pk, is_false_alarm=True, by=alice)
    assert mark_false_alarm(hit_id=hit.pk, is_false_alarm=True, by=maria).marked_by == maria
    assert not mark_false_alarm(hit_id=hit.pk, is_false_alarm=False, by=maria).is_false_alarm


def test_a_marked_edit_becomes_a_case_that_names_its_rule(alice, root):
    rule = make_rule(root)
    edit(make_page(alice), "A casino.", alice)
    sweep_edit_cases()
    case = Case.objects.get(kind="suspicious_edit")
    assert (case.evidence["rule"], case.evidence["labels"]) == (rule.mark, ["shouting"])


def test_marks_of_a_write_that_failed_go_to_no_other_change(alice, root):
    rule = make_rule(root)
    page = make_page(alice)
    Page.objects.filter(pk=page.pk).update(version=7)
    page.body = "A casino."
    subject = Subject(object_type="page", title="Tasks")
    step = Step(kind=Change.Kind.EDITED, changed_fields=["body"])
    with pytest.raises(StaleVersionError), transaction.atomic():
        record(page, subject=subject, step=step, by=Authorship(actor=alice))
    record_event(subject=subject, object_id=1, kind="link_died", by=Authorship(actor=alice))
    assert rule.hits.count() == 0


def test_a_proposal_is_refused_where_an_edit_would_be(alice, newcomer, root):
    rule = make_rule(root, action=EditRule.Action.REFUSE)
    page = make_page(alice)
    refused = post_edit(newcomer, page, "Go to the casino.")
    assert refused.status_code == 422
    assert "Please write calmly." in refused.content.decode()
    assert "Go to the casino." in refused.content.decode()
    assert not Proposal.objects.exists()
    hit = rule.hits.get()
    assert (hit.actor, hit.outcome) == (newcomer, "refuse")
    assert post_edit(newcomer, page, "Go for a walk.").status_code == 302
    assert Proposal.objects.get().fields["body"] == "Go for a walk."


def test_a_held_edit_waits_as_a_proposal_that_names_its_rule(alice, root):
    rule = make_rule(root, action=EditRule.Action.HOLD)
    page = make_page(alice)
    assert post_edit(alice, page, "A casino.").status_code == 302
    proposal = Proposal.objects.get()
    assert (proposal.rule, proposal.held_reason) == (rule.mark, "Please write calmly.")
    assert [hit.outcome for hit in rule.hits.all()] == ["hold"]
