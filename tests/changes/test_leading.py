"""What is attached to an object follows where that leads, and comes back: each to where it was."""

from __future__ import annotations

import random

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.erasing import export_data
from accounts.roles import NEWCOMERS
from catalog.editing import restore_resource
from catalog.editing.merging import merge_resources
from changes.grouping import undo_group
from changes.leading import find_end, settle_attached
from changes.mail_models import Preferences
from changes.models import Change, Watch
from changes.recording import Authorship
from changes.watching import unwatch, watch
from feedback.models import Suggestion, Vote
from feedback.suggesting import suggest
from feedback.voting import find_tally, vote
from moderation.cases import StaleCaseError, decide
from moderation.models import Case, Decision
from moderation.proposing import Draft, Proposer, propose_edit
from moderation.undoing import undo_decision
from talk.models import Thread
from talk.posting import reply, start_thread
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_path, make_resource, make_section
from tests.threads import run_at_once
from wiki.editing import create_page, delete_page
from wiki.integrity import find_damage
from wiki.merging import merge_pages
from wiki.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(alice):
    return make_page(alice, "Actors", "All about actors.\n")


@pytest.fixture
def gone(alice):
    return make_page(alice, "Workers", "About workers.\n")


def merge(gone, kept, by, body=None):
    gone.refresh_from_db()
    kept.refresh_from_db()
    operation = merge_pages if isinstance(kept, Page) else merge_resources
    values = {"body": f"{kept.body}\n{gone.body}"} if isinstance(kept, Page) else {}
    return operation(
        kept_id=kept.pk,
        gone_id=gone.pk,
        kept_version=kept.version,
        gone_version=gone.version,
        values=values,
        by=Authorship(actor=by),
    )


def undo(group, by):
    return undo_group(group_id=group.pk, actor=by)


def type_of(obj):
    return "page" if isinstance(obj, Page) else "resource"


def talk_about(obj, by, title="Hm"):
    return start_thread(
        object_type=type_of(obj), object_id=obj.pk, title=title, text="Is it so?", by=by
    )


def titles_at(obj):
    threads = Thread.objects.about(type_of(obj), obj.pk)
    return sorted(threads.values_list("title", flat=True))


def cast(obj, by, is_yes):
    return vote(object_type=type_of(obj), object_id=obj.pk, is_yes=is_yes, by=by)


def tally(obj):
    found = find_tally(type_of(obj), obj.pk)
    return found.yes, found.no


def miss(obj, by, text):
    return suggest(object_type=type_of(obj), object_id=obj.pk, text=text, by=by)


def waiting(obj):
    about = Suggestion.objects.open().about(type_of(obj), obj.pk)
    return sorted(about.values_list("text", flat=True))


def case_of(obj):
    return Case.objects.filter(kind="suggestion", target_id=obj.pk).first()


def watched(user):
    rows = Watch.objects.of(user).order_by("object_id")
    return list(rows.values_list("object_id", flat=True))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- Threads -------------------------------------------------------------------------------------


def test_threads_follow_and_come_back_with_what_was_answered(erin, bob, kept, gone):
    thread = talk_about(gone, bob, "of workers")
    talk_about(kept, bob, "of actors")
    group = merge(gone, kept, erin)
    assert titles_at(kept) == ["of actors", "of workers"]
    reply(thread_id=thread.pk, text="It is.", by=erin)
    talk_about(kept, bob, "since")
    undo(group, erin)
    assert (titles_at(kept), titles_at(gone)) == (["of actors", "since"], ["of workers"])
    assert thread.posts.count() == 2
    assert list(find_damage()) == []


def test_addresses_of_talk_lead_to_where_it_stands(client, erin, bob, kept, gone):
    thread = talk_about(gone, bob)
    talk, theirs = f"/wiki/workers/talk/{thread.pk}/", f"/wiki/actors/talk/{thread.pk}/"
    group = merge(gone, kept, erin)
    assert client.get(talk)["Location"] == theirs
    assert client.get("/wiki/workers/talk/")["Location"] == "/wiki/actors/talk/"
    assert client.get("/wiki/workers/talk.atom")["Location"] == "/wiki/actors/talk.atom"
    assert client.get(theirs).status_code == 200
    # What was being written meanwhile stands where the page leads.
    sent = {"title": "New", "text": "Typed before."}
    response = signed_in(bob).post("/wiki/workers/talk/", sent)
    new = Thread.objects.get(title="New")
    assert response["Location"] == f"/wiki/actors/talk/{new.pk}/"
    assert new.object_id == kept.pk
    response = signed_in(bob).post(talk, {"text": "Answered."})
    assert response["Location"].startswith(f"{theirs}?page=last#post-")
    undo(group, erin)
    assert client.get(theirs)["Location"] == talk
    assert client.get(talk).status_code == 200
    assert client.get(f"/wiki/workers/talk/{new.pk}/")["Location"].endswith(
        f"actors/talk/{new.pk}/"
    )


def test_a_thread_is_not_looked_up_at_what_is_gone_or_of_another_kind(client, maria, erin, bob):
    page = make_page(bob)
    thread = talk_about(page, bob)
    resource = make_resource(bob, make_section(erin))
    assert client.get(f"{resource.get_absolute_url()}talk/{thread.pk}/").status_code == 404
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    make_page(bob, "Other")
    assert client.get(f"/wiki/other/talk/{thread.pk}/").status_code == 404


# --- Votes ---------------------------------------------------------------------------------------


def test_a_person_counts_once_by_their_latest_vote(client, alice, bob, erin, mika, kept, gone):
    cast(gone, alice, True)
    cast(kept, alice, False)  # the later one
    cast(kept, bob, False)
    cast(gone, bob, True)  # the later one
    cast(gone, mika, True)
    assert (tally(kept), tally(gone)) == ((0, 2), (2 + 1, 0))
    group = merge(gone, kept, erin)
    assert tally(kept) == (2, 1)
    assert Vote.objects.count() == 5
    assert "3 yes" not in signed_in(erin).get("/wiki/actors/").content.decode()
    assert "2 yes, 1 no" in signed_in(erin).get("/wiki/actors/").content.decode()
    undo(group, erin)
    assert (tally(kept), tally(gone)) == ((0, 2), (3, 0))


def test_a_vote_given_after_the_merge_stays_where_it_was_given(bob, alice, erin, kept, gone):
    cast(gone, bob, True)
    cast(gone, alice, True)
    group = merge(gone, kept, erin)
    assert cast(gone, bob, False).object_id == kept.pk  # by a form that was opened before
    assert tally(kept) == (1, 1)
    assert sorted(v["about"] for v in export_data(bob)["votes"]) == sorted(
        [f"page:{gone.pk}", f"page:{kept.pk}"]
    )
    undo(group, erin)
    assert (tally(kept), tally(gone)) == ((0, 1), (2, 0))


def test_the_question_below_a_page_that_went_is_that_of_the_other(client, bob, erin, kept, gone):
    merge(gone, kept, erin)
    text = signed_in(bob).get(f"/helpful/page/{gone.pk}/").content.decode()
    assert "/wiki/actors/" in text
    signed_in(bob).post(f"/helpful/page/{gone.pk}/", {"vote": "yes", "text": ""})
    assert tally(kept) == (1, 0)


def test_many_votes_move_by_a_constant_number_of_queries(erin, kept, gone):
    def settle(number):
        Vote.objects.bulk_create(
            Vote(object_type="page", object_id=page.pk, voter=f"{page.pk % 2}-{n}", is_yes=True)
            for page in (kept, gone)
            for n in range(number)
        )
        group = merge(gone, kept, erin)
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            settle_attached("page", gone.pk)
        undo(group, erin)
        Vote.objects.all().delete()
        return len(asked)

    assert settle(2) == settle(40)


# --- Suggestions ---------------------------------------------------------------------------------


def test_suggestions_and_their_case_follow_and_come_back(alice, bob, erin, kept, gone):
    miss(gone, bob, "Of workers.")
    assert case_of(gone).is_open
    group = merge(gone, kept, erin)
    assert waiting(kept) == ["Of workers."]
    assert not case_of(gone).is_open
    assert (case_of(kept).is_open, case_of(kept).title) == (True, "Actors")
    assert case_of(kept).reason == "1 suggestion"
    miss(kept, alice, "Of actors.")
    undo(group, erin)
    assert (waiting(kept), waiting(gone)) == (["Of actors."], ["Of workers."])
    assert case_of(gone).is_open and case_of(kept).is_open
    assert case_of(kept).reason == "1 suggestion"


def test_nothing_is_decided_that_came_by_a_merge_and_was_not_seen(bob, maria, erin, kept, gone):
    miss(gone, bob, "Unseen.")  # older than what is seen
    seen = miss(kept, bob, "Seen.")
    case = case_of(kept)
    merge(gone, kept, erin)
    with pytest.raises(StaleCaseError):
        decide(
            case_id=case.pk,
            version=case.version,
            action="done",
            reason="",
            actor=maria,
            params={"seen": seen.pk},
        )


def test_a_decision_that_is_undone_opens_the_case_where_they_stand_by_then(
    bob, maria, mika, erin, kept, gone
):
    miss(gone, bob, "Of workers.")
    group = merge(gone, kept, erin)
    case = case_of(kept)
    params = {"seen": Suggestion.objects.get().pk}
    decide(
        case_id=case.pk,
        version=case.version,
        action="done",
        reason="",
        actor=maria,
        params=params,
    )
    undo(group, erin)
    assert not case_of(gone).is_open
    undo_decision(decision_id=Decision.objects.get(kind="suggestion").pk, actor=mika)
    assert waiting(gone) == ["Of workers."]
    assert case_of(gone).is_open and not case_of(kept).is_open


# --- Watches -------------------------------------------------------------------------------------


def test_watchers_follow_for_as_long_as_it_leads_there(alice, bob, erin, kept, gone):
    watch(user=alice, object_type="page", object_id=gone.pk)
    for page in (kept, gone):
        watch(user=bob, object_type="page", object_id=page.pk)
    group = merge(gone, kept, erin)
    both = sorted([kept.pk, gone.pk])
    assert watched(alice) == watched(bob) == both
    undo(group, erin)
    assert (watched(alice), watched(bob)) == ([gone.pk], both)


def test_who_watches_by_their_own_wish_goes_on(alice, bob, erin, kept, gone):
    Preferences.objects.create(user=bob, watches_edits=True)
    for user in (alice, bob):
        watch(user=user, object_type="page", object_id=gone.pk)
    group = merge(gone, kept, erin)
    watch(user=alice, object_type="page", object_id=kept.pk)
    edit(kept, "Bob was here.\n\nAll about actors.\n\nAbout workers.\n", bob)
    undo(group, erin)
    assert watched(alice) == watched(bob) == sorted([kept.pk, gone.pk])


def test_who_ends_it_ends_what_it_came_from(alice, erin, kept, gone):
    watch(user=alice, object_type="page", object_id=gone.pk)
    group = merge(gone, kept, erin)
    assert unwatch(user=alice, object_type="page", object_id=kept.pk)
    assert watched(alice) == []
    undo(group, erin)
    assert watched(alice) == []


# --- Chains, entries, other ways back ------------------------------------------------------------


def test_a_chain_is_taken_apart_step_by_step(alice, bob, erin, kept, gone):
    last = make_page(alice, "Tasks", "About tasks.\n")
    pages = (gone, kept, last)
    for number, page in enumerate(pages):
        talk_about(page, bob, page.title)
        cast(page, alice, number == 0)
        watch(user=make_user(f"watcher{number}", NEWCOMERS), object_type="page", object_id=page.pk)
    first = merge(gone, kept, erin)
    second = merge(kept, last, erin)
    assert titles_at(last) == ["Actors", "Tasks", "Workers"]
    assert tally(last) == (0, 1)
    assert Watch.objects.on("page", last.pk).count() == 3
    undo(second, erin)
    assert (titles_at(last), titles_at(kept)) == (["Tasks"], ["Actors", "Workers"])
    assert (tally(last), tally(kept)) == ((0, 1), (0, 1))
    assert Watch.objects.on("page", last.pk).count() == 1
    assert Watch.objects.on("page", kept.pk).count() == 2
    undo(first, erin)
    assert [titles_at(page) for page in pages] == [["Workers"], ["Actors"], ["Tasks"]]
    assert [tally(page) for page in pages] == [(1, 0), (0, 1), (0, 1)]
    assert not Watch.objects.exclude(through=None).exists()


def test_entries_are_followed_too_by_whichever_way_they_come_back(client, alice, bob, erin):
    section = make_section(erin)
    kept, gone = make_resource(alice, section, "Docs"), make_resource(alice, section, "Guide")
    talk_about(gone, bob)
    cast(gone, bob, True)
    cast(kept, bob, False)
    group = merge(gone, kept, alice)
    assert (titles_at(kept), tally(kept)) == (["Hm"], (0, 1))
    assert client.get("/resources/guide/talk/")["Location"] == "/resources/docs/talk/"
    assert list(find_damage()) == []
    undo(group, alice)
    assert (titles_at(gone), tally(gone), tally(kept)) == (["Hm"], (1, 0), (0, 1))
    merge(gone, kept, alice)
    assert titles_at(kept) == ["Hm"]
    restore_resource(resource_id=gone.pk, by=Authorship(actor=alice))
    assert (titles_at(gone), tally(gone), titles_at(kept)) == (["Hm"], (1, 0), [])


def test_undoing_the_undoing_moves_everything_again(bob, erin, kept, gone):
    talk_about(gone, bob)
    undoing = undo(merge(gone, kept, erin), erin)
    assert titles_at(gone) == ["Hm"]
    undo(undoing, erin)
    assert titles_at(kept) == ["Hm"]


def test_a_redirect_that_is_deleted_and_written_anew_has_its_own_back(bob, maria, kept, gone):
    talk_about(gone, bob)
    merge(gone, kept, maria)
    delete_page(page_id=gone.pk, reason="Unused.", by=Authorship(actor=maria))
    assert titles_at(kept) == ["Hm"]
    create_page(values={"title": "Workers", "body": "Anew."}, by=Authorship(actor=maria))
    assert (titles_at(kept), titles_at(gone)) == ([], ["Hm"])


def test_two_that_would_lead_to_each_other_are_left_for_a_person(alice, bob, erin, kept, gone):
    section = make_section(erin)
    entries = make_resource(alice, section, "Docs"), make_resource(alice, section, "Guide")
    # Of pages the texts are in each other's way already.
    wanted = [((kept, gone), "same place was changed"), (entries, "lead in a circle")]
    for (first, second), problem in wanted:
        undoing = undo(merge(second, first, erin), erin)
        merge(first, second, erin)
        with pytest.raises(ValidationError, match=problem):
            undo(undoing, erin)
        assert find_end(type_of(first), first.pk) == second.pk
        assert find_end(type_of(second), second.pk) == second.pk


@pytest.mark.parametrize("seed", range(8))
def test_everything_stands_where_its_home_leads_whatever_happened(alice, bob, seed):
    chance = random.Random(seed)
    pages = [make_page(alice, f"Page {letter}") for letter in "abcdef"]
    for page in pages:
        talk_about(page, bob, page.title)
        for user in (alice, bob):
            if chance.random() < 0.7:
                cast(page, user, chance.random() < 0.5)
    given = {(v.object_id, v.voter): v.is_yes for v in Vote.objects.all()}
    for _step in range(25):
        page = chance.choice(pages)
        others = [other for other in pages if other != page]
        target = None if chance.random() < 0.4 else chance.choice(others)  # a circle, too
        with transaction.atomic():
            Page.objects.filter(pk=page.pk).update(redirect_to=target)
            settle_attached("page", page.pk)
        ends = {page.pk: find_end("page", page.pk) for page in pages}
        for thread in Thread.objects.all():
            assert thread.object_id == ends[thread.moved_from or thread.object_id]
        for end in set(ends.values()):
            homes = [home for home in ends if ends[home] == end]
            voters = {voter for home, voter in given if home in homes}
            assert find_tally("page", end).total == len(voters)
    with transaction.atomic():
        for page in pages:
            Page.objects.filter(pk=page.pk).update(redirect_to=None)
            settle_attached("page", page.pk)
    assert not Thread.objects.exclude(moved_from=None).exists()
    assert {(v.object_id, v.voter): v.is_yes for v in Vote.objects.counted()} == given


# --- What does not move --------------------------------------------------------------------------


def test_a_step_of_a_path_leads_on_and_the_path_stays_as_it_was_written(
    client, alice, erin, kept, gone
):
    path = make_path(alice, "Afternoon", page=gone)
    version = path.version
    group = merge(gone, kept, erin)
    text = client.get("/paths/afternoon/").content.decode()
    assert 'href="/wiki/actors/"' in text and "Workers" not in text
    path.refresh_from_db()
    assert path.version == version
    undo(group, erin)
    assert 'href="/wiki/workers/"' in client.get("/paths/afternoon/").content.decode()


def test_a_form_that_was_open_when_the_page_was_merged_loses_nothing(alice, erin, kept, gone):
    kept.refresh_from_db()
    sent = {
        "body": "About workers, and typed.\n",
        "base_revision": gone.version,
        "language": "en",
        "section": "",
        "summary": "said",
    }
    merge(gone, kept, erin)
    kept.refresh_from_db()
    client = signed_in(alice)
    assert client.post("/wiki/workers/edit/", {**sent, "do": "draft"}).status_code == 204
    response = client.post("/wiki/workers/edit/", sent)
    assert response.status_code == 409
    form = response.context["form"]
    assert form["body"].value() == f"{kept.body.rstrip()}\n\nAbout workers, and typed.\n"
    assert form["base_revision"].value() == str(kept.version)
    assert 'action="/wiki/actors/edit/"' in response.content.decode()
    assert "was merged into this page" in response.content.decode()
    kept.refresh_from_db()
    assert "typed" not in kept.body


def test_a_proposal_for_what_was_merged_says_so(bob, maria, erin, kept, gone):
    nora = make_user("nora", NEWCOMERS)
    proposal = propose_edit(
        object_type="page",
        object_id=gone.pk,
        draft=Draft(values={"body": "Better words.\n"}, base_version=gone.version),
        by=Proposer(user=nora),
    )
    merge(gone, kept, erin)
    text = signed_in(maria).get(f"/review/{proposal.case_id}/").content.decode()
    assert "was merged into something else" in text
    assert "Better" in text


def test_the_merge_page_says_what_follows(erin, kept, gone):
    text = signed_in(erin).get("/wiki/workers/merge/", {"into": "actors"}).content.decode()
    assert "Its threads, votes, suggestions and watchers go to the other one" in text


def test_what_stands_in_the_wrong_place_is_found(bob, erin, kept, gone):
    talk_about(gone, bob)
    merge(gone, kept, erin)
    Thread.objects.update(object_id=gone.pk, moved_from=None)
    (found,) = find_damage()
    assert (found.object_id, found.damage) == (gone.pk, "derived")


@pytest.mark.django_db(transaction=True)
def test_what_comes_while_two_are_merged_is_not_left_behind(alice, erin):
    kept, gone = make_page(alice, "Actors"), make_page(alice, "Workers", "About workers.\n")
    people = [make_user(f"voter{number}", NEWCOMERS) for number in range(6)]

    def work(number):
        if number == 6:
            merge(gone, kept, erin)
        elif number % 2:
            cast(gone, people[number], True)
        else:
            talk_about(gone, people[number])

    assert run_at_once(work, 7) == {"done": 7}
    assert tally(kept) == (3, 0)
    assert len(titles_at(kept)) == 3
    assert not Change.objects.filter(at__gt=timezone.now()).exists()
