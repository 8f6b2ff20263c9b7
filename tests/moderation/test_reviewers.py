"""A section can have its own reviewers: they decide its cases and those below it, no more."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import CONTRIBUTORS, EDITORS, NEWCOMERS
from catalog.editing import create_section
from changes.models import Notification
from changes.recording import Authorship, NothingChangedError
from linkcheck.models import Link
from linkcheck.uses import FoundLink, sync_uses
from linkcheck.verdicts import Override
from moderation.arranging import assign_case, set_priority, snooze_case
from moderation.bulk import Outcome, decide_all
from moderation.cases import decide, open_case
from moderation.claiming import claim_case
from moderation.models import Case, Decision, SectionReviewer
from moderation.notes import add_note
from moderation.presenting import present_cases
from moderation.protection_models import Level
from moderation.reviewing import appoint_reviewer, dismiss_reviewer
from moderation.scope import find_scope, may_decide
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_section
from tests.forms_on_pages import read_form
from tests.protections import protect_it
from wiki.editing import create_page

pytestmark = pytest.mark.django_db

QUEUE = "/review/"


@pytest.fixture
def core(erin):
    return make_section(erin)


@pytest.fixture
def inside(erin, core):
    return create_section(title="Inside", parent=core, by=Authorship(actor=erin))


@pytest.fixture
def other(erin):
    return make_section(erin, "Other")


def appoint(section, reviewer, by: User) -> SectionReviewer:
    return appoint_reviewer(section_id=section.pk, reviewer=reviewer, reason="Knows it.", by=by)


def again(user: User) -> User:
    """The account as the next request loads it: Django keeps permissions on the object."""
    return User.objects.get(pk=user.pk)


def open_dead(number: int, section) -> Case:
    url = f"https://gone{number}.example/"
    link = sync_uses("page", number, [FoundLink("body", url)])[url]
    Link.objects.filter(pk=link.pk).update(mark="dead", verdict="dead", reason="not_found")
    return open_case(
        kind="dead_link",
        target_type="link",
        target_id=link.pk,
        title=url,
        reason="404",
        section_id=section.pk if section else None,
    )


def dismiss(case: Case, actor: User) -> Decision:
    return decide(
        case_id=case.pk, version=case.version, action="dismiss", reason="Known.", actor=actor
    )


def test_reviewers_decide_the_cases_of_their_section_and_below_it(
    alice, maria, core, inside, other
):
    appoint(core, alice, maria)
    alice = again(alice)
    assert dismiss(open_dead(1, core), alice).actor == alice
    assert dismiss(open_dead(2, inside), alice).actor == alice
    for section in (other, None):
        case = open_dead(3, section)
        with pytest.raises(PermissionDenied):
            dismiss(case, alice)
    assert not may_decide(alice, open_dead(4, None))


def test_those_of_a_section_inside_decide_nothing_above_it(alice, maria, core, inside):
    appoint(inside, alice, maria)
    assert may_decide(again(alice), open_dead(1, inside))
    assert not may_decide(again(alice), open_dead(2, core))


def test_a_group_reviews_too(alice, erin, maria, core, other):
    appoint(core, Group.objects.get(name=EDITORS), maria)
    assert may_decide(again(erin), open_dead(1, core))
    assert not may_decide(again(erin), open_dead(2, other))
    assert not may_decide(again(alice), open_dead(1, core))


def test_a_dismissed_reviewer_decides_nothing(alice, maria, core, other):
    row = appoint(core, alice, maria)
    second = appoint(other, alice, maria)
    dismiss_reviewer(reviewer_id=row.pk, reason="Away.", by=maria)
    assert not may_decide(again(alice), open_dead(1, core))
    assert may_decide(again(alice), open_dead(2, other))
    dismiss_reviewer(reviewer_id=second.pk, reason="Away.", by=maria)
    assert not again(alice).has_perm("moderation.review_sections")


def test_everything_that_is_done_with_a_case_asks(alice, maria, core, other):
    appoint(core, alice, maria)
    alice = again(alice)
    mine, theirs = open_dead(1, core), open_dead(2, other)
    until = timezone.now() + timedelta(days=2)
    for attempt in (
        lambda case: claim_case(case_id=case.pk, actor=alice),
        lambda case: snooze_case(case_id=case.pk, until=until, actor=alice),
        lambda case: assign_case(case_id=case.pk, assignee=alice, actor=alice),
        lambda case: set_priority(case_id=case.pk, priority=3, text="x", actor=alice),
        lambda case: add_note(case_id=case.pk, text="x", actor=alice),
    ):
        attempt(mine)
        with pytest.raises(PermissionDenied):
            attempt(theirs)
    decision = dismiss(theirs, maria)
    with pytest.raises(PermissionDenied):
        undo_decision(decision_id=decision.pk, actor=alice)
    own = dismiss(mine, alice)
    undo_decision(decision_id=own.pk, actor=alice)
    mine.refresh_from_db()
    assert mine.is_open


def test_many_at_once_are_decided_where_they_may_be(alice, maria, core, other):
    appoint(core, alice, maria)
    alice = again(alice)
    cases = [open_dead(1, core), open_dead(2, other)]
    results = decide_all(
        present_cases(cases, viewer=alice),
        action="dismiss",
        reason="Known.",
        shared={},
        versions={case.pk: case.version for case in cases},
        actor=alice,
    )
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.REFUSED]


def test_a_case_is_assigned_and_mentioned_only_to_who_may_decide_it(alice, maria, core, other):
    appoint(core, alice, maria)
    case, theirs = open_dead(1, core), open_dead(2, other)
    assign_case(case_id=case.pk, assignee=again(alice), actor=maria)
    with pytest.raises(ValidationError):
        assign_case(case_id=theirs.pk, assignee=again(alice), actor=maria)
    add_note(case_id=case.pk, text="@alice please", actor=maria)
    add_note(case_id=theirs.pk, text="@alice secret", actor=maria)
    told = Notification.objects.filter(recipient=alice, kind="mentioned_in_note")
    assert [row.object_id for row in told] == [case.pk]


def test_the_words_above_a_link_are_said_by_its_reviewer(alice, maria, core, other):
    appoint(core, alice, maria)
    mine = open_dead(1, core)
    decide(
        case_id=mine.pk,
        version=mine.version,
        action=Override.WORKS_FOR_ME,
        reason="Opened it.",
        actor=again(alice),
        params={"days": 30},
    )
    assert Link.objects.get(pk=mine.target_id).override == Override.WORKS_FOR_ME


def test_the_queue_shows_their_cases_alone(client, alice, maria, core, other):
    appoint(core, alice, maria)
    mine, theirs = open_dead(1, core), open_dead(2, other)
    client.force_login(alice)
    text = client.get(QUEUE).content.decode()
    assert mine.get_absolute_url() in text
    assert theirs.get_absolute_url() not in text
    assert '<span class="count">1<' in text
    assert client.get(mine.get_absolute_url()).status_code == 200
    assert client.get(theirs.get_absolute_url()).status_code == 403
    bulk = reverse("moderation:case_bulk")
    chosen = client.get(bulk, {"case": [mine.pk, theirs.pk]}).content.decode()
    assert f'value="{mine.pk}"' in chosen
    assert f'value="{theirs.pk}"' not in chosen
    decide_theirs = reverse("moderation:case_decide", args=[theirs.pk])
    form = {"version": theirs.version, "action": "dismiss", "reason": "x"}
    assert client.post(decide_theirs, form).status_code == 403
    note = reverse("moderation:case_note", args=[theirs.pk])
    assert client.post(note, {"text": "x"}).status_code == 403
    theirs.refresh_from_db()
    assert theirs.is_open


def test_the_header_counts_in_as_many_queries_for_many(client, alice, maria, core):
    appoint(core, alice, maria)
    client.force_login(alice)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/log/").status_code == 200
        return len(queries)

    open_dead(1, core)
    few = count()
    for number in range(2, 9):
        open_dead(number, core)
        create_section(title=f"S {number}", parent=core, by=Authorship(actor=maria))
    assert count() == few


def test_people_who_review_nothing_see_no_queue(client, bob, core):
    client.force_login(bob)
    assert client.get(QUEUE).status_code == 403
    assert "/review/" not in client.get("/log/").content.decode()


def test_what_is_protected_for_the_trusted_is_open_to_its_reviewers(alice, bob, maria, core):
    values = {"title": "Tasks", "body": "One.", "section_id": core.pk}
    page = create_page(values=values, by=Authorship(actor=bob))
    appoint(core, alice, maria)
    protect_it(core, maria, level=Level.TRUSTED)
    edit(page, "Two.", again(alice))
    with pytest.raises(PermissionDenied):
        edit(page, "Three.", bob)
    protect_it(core, maria, level=Level.MODERATORS)
    with pytest.raises(PermissionDenied):
        edit(page, "Three.", again(alice))


def test_only_who_is_known_is_appointed_and_only_by_moderators(alice, erin, maria, core):
    newcomer = make_user("nora", NEWCOMERS)
    with pytest.raises(ValidationError):
        appoint(core, newcomer, maria)
    with pytest.raises(PermissionDenied):
        appoint(core, alice, erin)
    with pytest.raises(ValidationError):
        appoint_reviewer(section_id=core.pk, reviewer=alice, reason=" ", by=maria)
    appoint(core, alice, maria)
    with pytest.raises(NothingChangedError):
        appoint(core, alice, maria)
    assert Decision.objects.filter(kind="reviewers").count() == 1


def test_a_moderator_appoints_and_dismisses_by_the_form(client, alice, maria, core):
    url = "/sections/core/reviewers/"
    client.force_login(maria)
    form = read_form(client.get(url).content.decode())
    client.post(url, {**form, "reviewer": "Alice", "reason": "Knows it."})
    row = SectionReviewer.objects.get()
    assert row.user == alice
    assert Notification.objects.filter(recipient=alice, kind="appointed_reviewer").exists()
    wrong = client.post(url, {**form, "reviewer": "nobody-here", "reason": "Why not."})
    assert wrong.status_code == 422
    assert "Why not." in wrong.content.decode()
    client.logout()
    assert "alice" in client.get(url).content.decode()
    assert client.post(url, {"reviewer": "bob", "reason": "x"}).status_code == 403
    client.force_login(maria)
    client.post(f"{url}dismiss/", {"reviewer": row.pk, "reason": "Away."})
    assert not SectionReviewer.objects.exists()
    log = client.get("/log/?kind=reviewers").content.decode()
    assert "Reviewer dismissed" in log
    assert "Away." in log


def test_the_scope_of_a_moderator_is_everything(maria, alice):
    assert find_scope(maria).section_ids is None
    assert find_scope(alice).section_ids == frozenset()
    assert find_scope(make_user("carl", CONTRIBUTORS)).section_ids == frozenset()
