"""Everything that somebody did is taken back: exactly, or left for a person; shown first."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from catalog.editing import create_resource, create_section, edit_resource, edit_section
from catalog.models import Resource, Section
from changes import restoring
from changes.models import Change
from changes.recording import Authorship
from moderation import mass_reverting
from moderation.mass_reverting import carry_out_mass_reverts, queue_mass_revert
from moderation.models import Decision, MassRevert
from moderation.selecting import Outcome, Selection, find_selected, foresee
from moderation.undoing import undo_decision
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.moderation.dumps import differences, dump_content
from wiki.editing import create_page, delete_page, rename_page, restore_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=9)


def take_back(*users, by, **more):
    selection = Selection(users=users, since=more.pop("since", LONG_AGO), **more)
    run = queue_mass_revert(selection=selection, reason="Spam.", actor=by)
    carry_out_mass_reverts(1000)
    return run


def problems(run):
    return [item.problem for item in run.items.all() if item.problem]


def test_what_others_wrote_since_stays(alice, bob, maria):
    page = make_page(alice, body="One.\n\nTwo.\n\nThree.\n")
    edit(page, "One spam.\n\nTwo.\n\nThree.\n", bob)
    edit(page, "One spam.\n\nTwo.\n\nThree, and more.\n", alice)
    run = take_back(bob, by=maria)
    page.refresh_from_db()
    assert page.body == "One.\n\nTwo.\n\nThree, and more.\n"
    assert problems(run) == []


def test_a_conflict_is_left_for_a_person_and_nothing_is_overwritten(alice, bob, maria):
    page = make_page(alice, body="One.\n")
    edit(page, "Spam.\n", bob)
    edit(page, "Spam, says alice.\n", alice)
    expected = list(foresee(find_selected(Selection(users=[bob], since=LONG_AGO))))
    assert [(f.outcome, list(f.others)) for f in expected] == [(Outcome.PERSON, ["alice"])]
    run = take_back(bob, by=maria)
    assert problems(run) == ["The same place was changed since: Text."]
    page.refresh_from_db()
    assert (page.body, page.version) == ("Spam, says alice.\n", 3)


def test_a_page_and_its_redirect_are_taken_back_together_or_not_at_all(alice, erin, maria):
    page = make_page(alice)
    rename_page(page_id=page.pk, new_title="Spam", by=Authorship(actor=erin))
    edit(page, "More.\n", alice)
    before = Page.objects.count()
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=maria))
    run = take_back(erin, by=maria)
    assert "It belongs together with “Spam”." in problems(run)
    assert not Page.objects.exclude(deleted_at=None).exists()
    assert Page.objects.count() == before + 1


def test_a_renamed_page_has_its_address_again_and_the_redirect_goes(client, alice, erin, maria):
    page = make_page(alice)
    for title in ("Spam", "More spam", "Spam again"):
        rename_page(page_id=page.pk, new_title=title, by=Authorship(actor=erin))
    take_back(erin, by=maria)
    assert client.get("/wiki/tasks/").status_code == 200
    assert [p.slug for p in Page.objects.existing()] == ["tasks"]
    assert client.get("/wiki/spam/").status_code == 404


def test_what_was_deleted_and_brought_back_by_a_moderator_gone_bad(alice, maria, mika):
    page = make_page(alice)
    other = make_page(alice, "Jobs")
    delete_page(page_id=other.pk, reason="old", by=Authorship(actor=mika))
    deleted_at = Page.objects.get(pk=other.pk).deleted_at
    before = dump_content()
    since = timezone.now()
    by = Authorship(actor=maria)
    delete_page(page_id=page.pk, reason="x", by=by)
    restore_page(page_id=other.pk, by=by)
    edit(other, "Spam", maria)
    create_page(values={"title": "Tasks", "body": "My own page"}, by=by)
    take_back(maria, by=mika, since=since)
    assert differences(before, dump_content()) == []
    assert Page.objects.get(pk=other.pk).deleted_at == deleted_at


def test_new_pages_go_unless_others_have_worked_on_them(alice, bob, maria):
    mine = make_page(bob, "Mine")
    shared = make_page(bob, "Shared")
    edit(shared, "Better.\n", alice)
    run = take_back(bob, by=maria)
    mine.refresh_from_db()
    shared.refresh_from_db()
    assert mine.is_deleted and not shared.is_deleted
    assert problems(run) == ["Others have worked on it since it was made."]


def test_addresses_of_entries_that_were_exchanged(alice, bob, maria, erin):
    section = make_section(erin)
    one, two = make_resource(alice, section, "One"), make_resource(alice, section, "Two")
    before = dump_content()
    for entry, url in ((one, "https://x.example/"), (two, one.url), (one, two.url)):
        entry.refresh_from_db()
        values = {"url": url}
        edit_resource(
            resource_id=entry.pk,
            base_version=entry.version,
            values=values,
            by=Authorship(actor=bob),
        )
    take_back(bob, by=maria)
    assert differences(before, dump_content()) == []


def test_an_address_that_somebody_else_listed_since_is_left_for_a_person(alice, bob, maria, erin):
    section = make_section(erin)
    entry = make_resource(alice, section, "One")
    url = entry.url
    values = {"url": "https://spam.example/"}
    edit_resource(resource_id=entry.pk, base_version=1, values=values, by=Authorship(actor=bob))
    values = {"title": "Again", "url": url, "section_id": section.pk}
    create_resource(values=values, by=Authorship(actor=alice))
    run = take_back(bob, by=maria)
    assert problems(run) == ["“Again” has its address now."]
    entry.refresh_from_db()
    assert entry.version == 2


def test_sections_that_changed_places_and_new_ones(client, alice, erin, maria):
    outer = make_section(maria, "Outer")
    inner = create_section(title="Inner", parent=outer, by=Authorship(actor=maria))
    before = dump_content()
    by = Authorship(actor=erin)
    edit_section(section_id=inner.pk, base_version=1, values={"parent_id": None}, by=by)
    edit_section(section_id=outer.pk, base_version=1, values={"parent_id": inner.pk}, by=by)
    made = create_section(title="Trash", by=by)
    deeper = create_section(title="Deeper", parent=made, by=by)
    make_resource(erin, deeper, "Mine")
    edit_section(section_id=outer.pk, base_version=2, values={"parent_id": deeper.pk}, by=by)
    run = take_back(erin, by=maria)
    assert problems(run) == []
    assert differences(before, dump_content()) == []
    assert Resource.objects.get().is_retired
    assert client.get("/sections/trash/").status_code == 404
    assert client.get("/sections/trash/history/").status_code == 404
    assert client.get("/resources/mine/").status_code == 200
    client.force_login(maria)
    assert client.get("/sections/trash/history/").status_code == 200


def test_a_new_section_in_which_others_listed_something_stays(alice, erin, maria):
    made = make_section(erin, "Useful")
    make_resource(alice, made)
    run = take_back(erin, by=maria)
    assert problems(run) == ["“Docs” still stands in it."]
    assert not Section.objects.get().is_deleted


def test_a_deleted_section_takes_nothing_in(alice, erin, maria):
    make_section(erin, "Trash")
    other = make_section(maria, "Core")
    entry = make_resource(erin, Section.objects.get(title="Trash"), "Mine")
    take_back(erin, by=maria)
    trash = Section.objects.get(title="Trash")
    by = Authorship(actor=alice)
    with pytest.raises(ValidationError, match="does not exist"):
        make_resource(alice, trash, "New")
    with pytest.raises(ValidationError, match="was deleted"):
        edit_section(section_id=other.pk, base_version=1, values={"parent_id": trash.pk}, by=by)
    from catalog.editing import restore_resource

    with pytest.raises(ValidationError, match="section was deleted"):
        restore_resource(resource_id=entry.pk, by=by)


def test_accounts_that_wrote_after_each_other_are_told_apart_only_together(alice, bob, erin, maria):
    page = make_page(alice, body="Good.\n")
    for number, user in enumerate([bob, erin, bob, erin]):
        edit(page, f"Spam {number}.\n", user)
    assert problems(take_back(bob, by=maria)) == ["The same place was changed since: Text."]
    assert problems(take_back(bob, erin, by=maria)) == []
    page.refresh_from_db()
    assert page.body == "Good.\n"


def test_only_some_kinds(alice, erin, maria):
    page = make_page(alice, body="Good.\n")
    edit(page, "Better.\n", erin)
    rename_page(page_id=page.pk, new_title="Spam", by=Authorship(actor=erin))
    take_back(erin, by=maria, kinds=["renamed", "created"])
    page.refresh_from_db()
    assert (page.title, page.slug, page.body) == ("Tasks", "tasks", "Better.\n")


def test_twice_it_does_nothing_the_second_time(alice, bob, maria):
    page = make_page(alice)
    edit(page, "Spam.\n", bob)
    make_page(bob, "Mine")
    take_back(bob, by=maria)
    count = Change.objects.count()
    run = take_back(bob, by=maria)
    assert [item.state for item in run.items.all()] == ["unchanged", "unchanged"]
    assert Change.objects.count() == count


def test_it_goes_on_where_it_was_stopped(alice, bob, maria, monkeypatch):
    pages = [make_page(alice, f"Page {n}", "Good.\n") for n in range(4)]
    for page in pages:
        edit(page, "Spam.\n", bob)
    selection = Selection(users=[bob], since=LONG_AGO)
    run = queue_mass_revert(selection=selection, reason="Spam.", actor=maria)
    assert carry_out_mass_reverts(1) == 1

    def fail(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(mass_reverting, "restore", fail)
    with pytest.raises(OperationalError):
        carry_out_mass_reverts(10)
    monkeypatch.undo()
    assert run.items.filter(state="waiting").count() == 3
    carry_out_mass_reverts(10)
    assert {page.body for page in Page.objects.all()} == {"Good.\n"}
    assert MassRevert.objects.with_progress().get().done == 4


def test_one_that_breaks_takes_no_other_with_it(alice, bob, maria, monkeypatch):
    for title in ("One", "Two"):
        edit(make_page(alice, title, "Good.\n"), "Spam.\n", bob)
    known = restoring.make_plans

    def break_one(tracked, targets, **more):
        plans = known(tracked, targets, **more)
        if plans[0].current.title == "One":
            raise RuntimeError("a bug")
        return plans

    monkeypatch.setattr(restoring, "make_plans", break_one)
    run = take_back(bob, by=maria)
    assert problems(run) == ["Something went wrong: edit by hand."]
    assert Page.objects.get(title="Two").body == "Good.\n"


def test_it_is_one_decision_and_undone_as_a_whole(alice, bob, maria, mika):
    page = make_page(alice, body="One.\n\nTwo.\n")
    edit(page, "Spam.\n\nTwo.\n", bob)
    make_page(bob, "Mine")
    ruined = dump_content()
    take_back(bob, by=maria)
    decision = Decision.objects.get()
    assert (decision.kind, decision.target_id, decision.details["objects"]) == (
        "mass_revert",
        bob.pk,
        2,
    )
    edit(page, "One.\n\nTwo, and more.\n", alice)
    undo_decision(decision_id=decision.pk, actor=mika)
    carry_out_mass_reverts(10)
    after = dump_content()
    assert after["pages"].pop(page.pk)["body"] == "Spam.\n\nTwo, and more.\n"
    ruined["pages"].pop(page.pk)
    assert differences({"pages": ruined["pages"]}, after) == []
    with pytest.raises(ValidationError, match="taken back already"):
        undo_decision(decision_id=decision.pk, actor=mika)


def test_undone_before_it_is_carried_out_it_does_nothing(alice, bob, maria):
    page = make_page(alice)
    edit(page, "Spam.\n", bob)
    selection = Selection(users=[bob], since=LONG_AGO)
    queue_mass_revert(selection=selection, reason="Spam.", actor=maria)
    undo_decision(decision_id=Decision.objects.get().pk, actor=maria)
    assert carry_out_mass_reverts(10) == 0
    page.refresh_from_db()
    assert page.body == "Spam.\n"


def test_only_moderators_may_and_not_about_the_site_itself(alice, bob, maria):
    from accounts.models import User

    make_page(bob)
    with pytest.raises(PermissionDenied):
        take_back(bob, by=alice)
    bot = User.objects.get_bot()
    make_page(bot, "Bot")
    with pytest.raises(ValidationError, match="administrator"):
        take_back(bot, by=maria)
    with pytest.raises(ValidationError, match="nothing"):
        take_back(alice, by=maria)
    selection = Selection(users=[bob], since=LONG_AGO)
    with pytest.raises(ValidationError, match="Say why"):
        queue_mass_revert(selection=selection, reason=" ", actor=maria)


# --- The page -------------------------------------------------------------------------------------

URL = "/users/bob/mass-revert/"


@pytest.fixture
def ruin(alice, bob):
    page = make_page(alice, body="Good.\n")
    edit(page, "Spam.\n", bob)
    make_page(bob, "Mine")
    return page


def confirm(client, **values):
    newest = Change.objects.first().pk
    data = {"since": "2020-01-01T00:00:00", "accounts": "", "reason": "Spam.", "up_to": newest}
    return client.post(URL, data | values, follow=True)


@pytest.mark.parametrize("who", ["", "alice", "erin"])
def test_others_do_not_see_it(client, ruin, who, request):
    if who:
        client.force_login(request.getfixturevalue(who))
    assert client.get(URL).status_code == 403
    assert confirm(client).status_code == 403
    assert MassRevert.objects.count() == 0


def test_what_would_happen_is_shown_and_nothing_is_done(client, ruin, maria):
    client.force_login(maria)
    text = client.get(URL).content.decode()
    assert "deleted" in text and "restored" in text
    assert "/wiki/tasks/compare/?from=1&amp;to=2" in text
    assert Page.objects.get(pk=ruin.pk).body == "Spam.\n"
    assert MassRevert.objects.count() == 0
    assert "Nothing to take back" in client.get(URL, {"since": "2090-01-01T00:00"}).content.decode()


def test_confirmed_it_is_queued_and_how_far_it_is_can_be_seen(client, ruin, maria, mika):
    client.force_login(maria)
    response = confirm(client)
    assert "2 of 2 objects wait" in response.content.decode()
    carry_out_mass_reverts(10)
    url = MassRevert.objects.get().get_absolute_url()
    text = client.get(url).content.decode()
    assert "2 objects were taken back" in text
    assert "/wiki/tasks/compare/?from=2&amp;to=3" in text
    assert Page.objects.get(pk=ruin.pk).body == "Good.\n"
    assert 'href="/users/bob/"' in client.get("/log/").content.decode()
    undo = f"/review/undo/{Decision.objects.get().pk}/"
    assert undo in text
    client.post(undo, {"next": url})
    carry_out_mass_reverts(10)
    assert Page.objects.get(pk=ruin.pk).body == "Spam.\n"
    assert undo not in client.get(url).content.decode()


def test_what_was_done_since_somebody_looked_is_reported_and_not_taken_back(
    client, ruin, maria, bob
):
    client.force_login(maria)
    seen = Change.objects.first().pk
    make_page(bob, "Newer")
    text = confirm(client, up_to=seen).content.decode()
    assert "1 change was made since you looked: it is not taken back yet." in text
    carry_out_mass_reverts(10)
    assert not Page.objects.get(title="Newer").is_deleted


@pytest.mark.parametrize(
    "values",
    [{"reason": ""}, {"since": "x"}, {"up_to": "x"}, {"accounts": "nobody"}, {"kinds": "x"}],
)
def test_a_wrong_form_comes_back_with_what_was_typed(client, ruin, maria, values):
    client.force_login(maria)
    response = confirm(client, **{"reason": "My reason.", **values})
    assert response.status_code == 422
    assert values.get("reason", "My reason.") in response.content.decode()
    assert MassRevert.objects.count() == 0


def test_several_accounts_are_named_together(client, alice, bob, erin, maria):
    page = make_page(alice, body="Good.\n")
    for number, user in enumerate([bob, erin, bob, erin]):
        edit(page, f"Spam {number}.\n", user)
    client.force_login(maria)
    assert "left for a person" in client.get(URL).content.decode()
    assert "left for a person" not in client.get(URL, {"accounts": "Erin"}).content.decode()
    confirm(client, accounts="erin, BOB")
    carry_out_mass_reverts(10)
    page.refresh_from_db()
    assert page.body == "Good.\n"


def test_one_can_block_and_go_on_to_take_back(client, ruin, maria):
    client.force_login(maria)
    assert URL in client.get("/users/bob/").content.decode()
    data = {"target": "bob", "duration": "1d", "reason": "Spam.", "do": "revert"}
    response = client.post("/blocks/new/", data)
    assert response.headers["Location"] == URL
    assert "Not blocked" not in client.get(URL).content.decode()


def test_the_preview_asks_a_constant_number_of_queries(
    client, maria, alice, bob, django_assert_max_num_queries
):
    for number in range(40):
        edit(make_page(alice, f"Page {number}", "Good.\n"), "Spam.\n", bob)
    client.force_login(maria)
    with django_assert_max_num_queries(38):
        client.get(URL, {"since": "2020-01-01T00:00"})


# --- The command ----------------------------------------------------------------------------------


def run_command(*args):
    out = StringIO()
    try:
        call_command("mass_revert", *args, stdout=out)
    except SystemExit as stopped:
        return stopped.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_first_and_then_does(ruin, maria, bob):
    code, text = run_command("Bob", "--since", "2d", "--dry-run")
    assert code == 0
    assert "page Tasks: restored (Text)" in text
    assert "page Mine: deleted" in text
    assert MassRevert.objects.count() == 0
    args = ["bob", "--since", "2020-01-01", "--actor", "maria", "--reason", "Spam.", "--json"]
    code, text = run_command(*args)
    *lines, last = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert [line["outcome"] for line in lines] == ["restored", "restored"]
    assert last["summary"]["objects"] == 2
    assert Page.objects.get(pk=ruin.pk).body == "Good.\n"


def test_the_command_says_by_its_code_that_something_is_left(ruin, alice, bob, maria):
    edit(ruin, "Spam, says alice.\n", alice)
    args = ["bob", "--since", "2d"]
    assert run_command(*args, "--dry-run", "--json")[0] == 3
    code, text = run_command(*args, "--actor", "maria", "--reason", "Spam.")
    assert code == 3
    assert "The same place was changed since" in text


@pytest.mark.parametrize(
    "args",
    [
        ["nobody", "--since", "2d"],
        ["bob", "--since", "soon"],
        ["bob", "--since", "2d"],
        ["bob", "--since", "2d", "--actor", "alice", "--reason", "x"],
        ["bob", "--since", "2d", "--actor", "maria"],
    ],
)
def test_the_command_refuses_what_it_cannot_do(ruin, maria, args):
    with pytest.raises(CommandError):
        run_command(*args)
