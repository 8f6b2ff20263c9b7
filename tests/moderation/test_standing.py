"""People move up by edits that are accepted and down by those that are not; moderators overrule."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.blocking import BlockTerms, block_user
from accounts.models import User
from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, NEWCOMERS, TRUSTED
from changes.models import Change, Notification, Source
from changes.notification_kinds import get_kind
from changes.patrolling import patrol
from changes.recording import Authorship, NothingChangedError
from moderation.cases import decide
from moderation.models import Case, Decision, HeldStanding, Proposal
from moderation.proposing import Draft, Proposer, propose_edit
from moderation.reviewing import appoint_reviewer
from moderation.standing import (
    find_standing,
    release_standing,
    review_standing,
    set_standing,
)
from moderation.standing_reviews import sweep_standings
from moderation.tasks import review_standings
from moderation.track_record import find_record
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_section
from wiki.editing import delete_page, restore_page, revert_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

START = timezone.now() - timedelta(days=400)


@pytest.fixture(autouse=True)
def _rules(settings):
    settings.TRUST = {
        **settings.TRUST,
        "CONTRIBUTOR_EDITS": 3,
        "CONTRIBUTOR_DAYS": 2,
        "CONTRIBUTOR_AGE_DAYS": 2,
        "TRUSTED_EDITS": 5,
        "TRUSTED_DAYS": 3,
        "TRUSTED_AGE_DAYS": 4,
        "UNDISPUTED_DAYS": 7,
        "WINDOW_DAYS": 30,
        "DECLINED_EDITS": 3,
        "DECLINED_PERCENT": 30,
    }


@pytest.fixture
def nora(db) -> User:
    """A newcomer whose account is a week old; her edits are published by a moderator's word."""
    user = make_user("nora", NEWCOMERS)
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=7))
    return again(user)


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def names(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def write(actor: User, moderator: User, *, days_ago: int, count: int = 1) -> list[Change]:
    """Edits of ``actor`` that a moderator accepted, some days ago."""
    with time_machine.travel(timezone.now() - timedelta(days=days_ago)):
        title = f"{actor} {Change.objects.count()}"
        page = make_page(moderator, title)
        for number in range(count):
            edit(
                page,
                f"Text {number} of {title}.",
                actor,
                accepted_by=moderator,
                source=Source.PROPOSAL,
            )
    return list(Change.objects.by(actor)[:count])


def decline(actor: User, moderator: User, count: int) -> None:
    """Proposals of ``actor`` that were declined just now."""
    for number in range(count):
        Proposal.objects.create(
            author=actor,
            author_label=actor.label,
            object_type="page",
            title=f"Page {number}",
            intent="create",
            state=Proposal.State.DECLINED,
            decided_at=timezone.now(),
            decided_by=moderator,
        )


def test_accepted_edits_on_several_days_make_a_contributor(nora, maria):
    write(nora, maria, days_ago=3, count=2)
    assert review_standing(user_id=nora.pk) is None
    write(nora, maria, days_ago=1)
    decision = review_standing(user_id=nora.pk)
    assert decision.action == "promote"
    assert decision.actor.is_bot
    assert names(nora) == {CONTRIBUTORS}
    assert again(nora).has_perm("wiki.change_page")
    assert review_standing(user_id=nora.pk) is None


def test_a_contributor_is_trusted_by_more_of_them(bob, maria):
    User.objects.update(date_joined=START)
    for days_ago in (9, 8, 7, 6, 5):
        write(bob, maria, days_ago=days_ago)
    assert review_standing(user_id=bob.pk).details["to"] == TRUSTED
    assert names(bob) == {CONTRIBUTORS, TRUSTED}
    trusted = again(bob)
    for permission in ("changes.autopatrol", "wiki.rename_page", "catalog.add_section"):
        assert trusted.has_perm(permission), permission


def test_nobody_rises_who_is_blocked_or_young(nora, maria):
    write(nora, maria, days_ago=3, count=2)
    write(nora, maria, days_ago=1)
    block_user(user=nora, terms=BlockTerms(reason="x"), by=maria)
    assert review_standing(user_id=nora.pk) is None
    User.objects.filter(pk=nora.pk).update(date_joined=timezone.now())
    assert review_standing(user_id=nora.pk) is None


def test_edits_count_once_somebody_looked_or_after_some_days(alice, maria):
    page = make_page(alice)
    assert find_record(alice).accepted == 0
    patrol(change_ids=[Change.objects.get().pk], actor=maria)
    assert find_record(alice).accepted == 1
    edit(page, "Two.", alice)
    assert find_record(alice).accepted == 1
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert find_record(alice).accepted == 2


def test_imports_and_repairs_do_not_count(alice, maria):
    page = make_page(maria)
    edit(page, "Two.", alice, source=Source.IMPORT)
    Change.objects.update(patrolled_at=timezone.now())
    assert find_record(alice).accepted == 0


def test_what_is_taken_back_counts_as_declined_once_the_revert_was_looked_at(alice, bob, maria):
    page = make_page(maria)
    edit(page, "Two.", alice)
    edit(page, "Three.", alice)
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=bob))
    record = find_record(alice)
    assert (record.accepted, record.declined) == (0, 0)
    patrol(change_ids=[Change.objects.by(bob).get().pk], actor=maria)
    assert find_record(alice).declined == 2


def test_taking_back_ones_own_edits_is_no_decline(alice, maria):
    page = make_page(maria)
    edit(page, "Two.", alice)
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=alice))
    Change.objects.update(patrolled_at=timezone.now())
    assert find_record(alice).declined == 0


def test_a_revert_that_is_reverted_declines_nothing(alice, maria, mika):
    page = make_page(maria)
    edit(page, "Two.", alice)
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=maria))
    assert find_record(alice).declined == 1
    revert_page(page_id=page.pk, to_version=2, by=Authorship(actor=mika))
    assert find_record(alice).declined == 0
    assert find_record(maria).declined == 1


def test_only_the_steps_that_a_revert_names_are_declined(alice, bob, maria):
    page = make_page(maria, body="One.\n\nTwo.\n\nThree.\n")
    edit(page, "One!\n\nTwo.\n\nThree.\n", alice)
    edit(page, "One!\n\nTwo.\n\nThree?\n", bob)
    revert_page(page_id=page.pk, to_version=1, since=2, by=Authorship(actor=maria))
    assert find_record(alice).declined == 1
    assert find_record(bob).declined == 0


def test_what_nobody_had_looked_at_is_declined_by_deleting_it(alice, maria):
    page = make_page(alice)
    by = Authorship(actor=maria)
    delete_page(page_id=page.pk, reason="Spam.", by=by)
    assert find_record(alice).declined == 1
    restore_page(page_id=page.pk, by=by)
    assert find_record(alice).declined == 0


def test_what_was_accepted_is_not_declined_by_deleting_it_later(alice, maria):
    page = make_page(alice)
    patrol(change_ids=[Change.objects.get().pk], actor=maria)
    delete_page(page_id=page.pk, reason="Not needed any more.", by=Authorship(actor=maria))
    assert find_record(alice).declined == 0


def test_declined_edits_cost_a_step_and_the_count_begins_anew(alice, maria):
    User.objects.update(date_joined=START)
    write(alice, maria, days_ago=9, count=3)
    write(alice, maria, days_ago=8, count=2)
    decline(alice, maria, 3)
    decision = review_standing(user_id=alice.pk)
    assert (decision.action, decision.details["to"]) == ("demote", NEWCOMERS)
    assert names(alice) == {NEWCOMERS}
    record = find_record(alice)
    assert (record.accepted, record.declined) == (0, 0)
    assert review_standing(user_id=alice.pk) is None


def test_editors_moderators_administrators_and_bots_are_left_alone(erin, maria, root):
    for user in (erin, maria, root):
        decline(user, maria, 9)
        assert review_standing(user_id=user.pk) is None
    assert names(erin) == {CONTRIBUTORS, EDITORS}
    assert review_standing(user_id=User.objects.get_bot().pk) is None


def test_the_reviewer_of_a_section_is_not_demoted(alice, erin, maria):
    section = make_section(erin)
    appoint_reviewer(section_id=section.pk, reviewer=alice, reason="Knows it.", by=maria)
    decline(alice, maria, 9)
    assert review_standing(user_id=alice.pk) is None


def test_it_can_be_switched_off(alice, maria, settings):
    settings.TRUST_AUTOMATIC = False
    decline(alice, maria, 9)
    assert review_standing(user_id=alice.pk) is None


def test_people_are_told_with_what_they_can_do_now(nora, maria):
    write(nora, maria, days_ago=3, count=2)
    write(nora, maria, days_ago=1)
    review_standing(user_id=nora.pk)
    told = Notification.objects.get(recipient=nora, kind="standing_changed")
    sentence = get_kind(told.kind).tell(told)
    assert "you are a contributor now" in sentence
    assert "published at once" in sentence


def test_steps_stand_in_the_public_log(client, nora, maria):
    write(nora, maria, days_ago=3, count=2)
    write(nora, maria, days_ago=1)
    review_standing(user_id=nora.pk)
    log = client.get("/log/?kind=standing").content.decode()
    assert "From newcomer to contributor. 3 accepted edits on 2 days." in log
    assert 'href="/users/nora/"' in log


def test_the_sweep_finds_those_whose_edits_came_of_age(nora, maria, alice):
    page = make_page(maria)
    for days_ago in (10, 9, 8):
        with time_machine.travel(timezone.now() - timedelta(days=days_ago)):
            edit(page, f"Text {days_ago}.", nora, accepted_by=alice)
    assert sweep_standings() == 1
    assert find_standing(again(nora)) == CONTRIBUTORS
    assert sweep_standings() == 0


def test_each_edit_that_counts_has_its_author_reviewed(
    alice, maria, monkeypatch, django_capture_on_commit_callbacks
):
    reviewed = []
    monkeypatch.setattr(review_standings, "delay", reviewed.append)
    with django_capture_on_commit_callbacks(execute=True):
        page = make_page(alice)
        edit(page, "Two.", alice)
    assert reviewed == []
    with django_capture_on_commit_callbacks(execute=True):
        patrol(change_ids=list(Change.objects.values_list("pk", flat=True)), actor=maria)
    with django_capture_on_commit_callbacks(execute=True):
        edit(page, "Three.", alice, accepted_by=maria)
    with django_capture_on_commit_callbacks(execute=True):
        revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=maria))
    assert reviewed == [[alice.pk]] * 3


def test_a_moderator_sets_a_standing_that_the_site_leaves_alone(client, alice, maria):
    set_standing(user=alice, standing=TRUSTED, reason="I know her.", by=maria)
    assert names(alice) == {CONTRIBUTORS, TRUSTED}
    decline(alice, maria, 9)
    assert review_standing(user_id=alice.pk) is None
    assert "I know her." in client.get("/log/").content.decode()
    with pytest.raises(NothingChangedError):
        set_standing(user=alice, standing=TRUSTED, reason="Again.", by=maria)
    release_standing(user=alice, reason="Let us see.", by=maria)
    assert not HeldStanding.objects.exists()
    # What was decided before the hands came off it is over.
    assert review_standing(user_id=alice.pk) is None
    decline(alice, maria, 3)
    assert review_standing(user_id=alice.pk).details["to"] == CONTRIBUTORS


def test_who_may_set_whose_standing(alice, erin, maria, mika, root):
    for by, user, standing in (
        (erin, alice, TRUSTED),
        (maria, maria, CONTRIBUTORS),
        (maria, mika, CONTRIBUTORS),
        (maria, alice, MODERATORS),
        (maria, root, NEWCOMERS),
        (maria, User.objects.get_bot(), TRUSTED),
    ):
        with pytest.raises(PermissionDenied):
            set_standing(user=user, standing=standing, reason="x", by=by)
    set_standing(user=alice, standing=MODERATORS, reason="Elected.", by=root)
    assert names(alice) == {CONTRIBUTORS, MODERATORS}
    set_standing(user=mika, standing=EDITORS, reason="Asked for it.", by=root)
    assert names(mika) == {CONTRIBUTORS, EDITORS}


@pytest.mark.parametrize(
    ("field", "values"), [("reason", {"reason": " "}), ("standing", {"standing": "Kings"})]
)
def test_what_makes_no_sense_is_refused(alice, maria, field, values):
    terms = {"standing": TRUSTED, "reason": "Why.", **values}
    with pytest.raises(ValidationError) as caught:
        set_standing(user=alice, by=maria, **terms)
    assert field in caught.value.message_dict


def test_a_step_is_undone_from_the_log_and_held(nora, maria):
    write(nora, maria, days_ago=3, count=2)
    write(nora, maria, days_ago=1)
    decision = review_standing(user_id=nora.pk)
    undo_decision(decision_id=decision.pk, actor=maria)
    assert names(nora) == {NEWCOMERS}
    assert review_standing(user_id=nora.pk) is None
    assert Decision.objects.filter(undoes=decision).exists()


def test_the_page_of_a_person_shows_it_to_them_and_to_moderators_alone(client, nora, alice, maria):
    write(nora, maria, days_ago=3, count=1)
    url = "/users/nora/"
    for user in (None, alice):
        if user:
            client.force_login(user)
        assert "accepted edit" not in client.get(url).content.decode()
    for user in (nora, maria):
        client.force_login(user)
        text = client.get(url).content.decode()
        assert "2 accepted edits" in text
        assert "1 further day" in text
    assert "/users/nora/standing/" in text


def test_a_moderator_sets_it_by_the_form(client, nora, maria):
    client.force_login(maria)
    url = "/users/nora/standing/"
    page = client.get(url).content.decode()
    assert 'value="Moderators"' not in page
    client.post(url, {"standing": "Editors", "reason": "A librarian."})
    assert names(nora) == {CONTRIBUTORS, EDITORS}
    refused = client.post(url, {"standing": "Moderators", "reason": "Mine."})
    assert refused.status_code == 422
    assert "Mine." in refused.content.decode()
    client.post(url, {"standing": "release", "reason": "Enough."})
    assert not HeldStanding.objects.exists()


def test_the_queries_for_a_record_do_not_grow(alice, maria, django_assert_max_num_queries):
    write(alice, maria, days_ago=1, count=6)
    with django_assert_max_num_queries(4):
        find_record(alice)


def propose_and_decline(page: Page, author: User, moderator: User, text: str) -> None:
    draft = Draft(values={"body": text}, base_version=page.version)
    by = Proposer(user=author)
    proposal = propose_edit(object_type="page", object_id=page.pk, draft=draft, by=by)
    decide(
        case_id=proposal.case_id,
        version=Case.objects.get(pk=proposal.case_id).version,
        action="decline",
        actor=moderator,
        params={"proposal": proposal.pk},
        reason="Not so.",
    )


def test_the_last_decline_costs_the_step_at_once(
    alice, maria, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(review_standings, "delay", review_standings)
    page = make_page(maria)
    for number in range(3):
        assert find_standing(again(alice)) == CONTRIBUTORS
        with django_capture_on_commit_callbacks(execute=True):
            propose_and_decline(page, alice, maria, f"Text {number}.")
    assert find_standing(again(alice)) == NEWCOMERS


def test_whose_edits_a_revert_took_back_is_reviewed_once_the_revert_is_looked_at(
    alice, bob, maria, monkeypatch, django_capture_on_commit_callbacks
):
    page = make_page(maria)
    edit(page, "Two.", alice)
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=bob))
    reviewed = []
    monkeypatch.setattr(review_standings, "delay", reviewed.append)
    with django_capture_on_commit_callbacks(execute=True):
        patrol(change_ids=[Change.objects.by(bob).get().pk], actor=maria)
    assert reviewed == [sorted([alice.pk, bob.pk])]


def test_what_the_reviewer_of_a_section_approves_counts_as_looked_at(nora, alice, maria):
    edit(make_page(maria), "Two.", nora, accepted_by=alice, source=Source.PROPOSAL)
    assert find_record(nora).accepted == 1
