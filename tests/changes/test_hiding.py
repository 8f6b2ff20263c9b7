"""Text, summary and author of revisions are hidden each apart, with a reason, and shown again."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from changes.hiding import hide_parts as hide_unlogged
from changes.models import Change, HiddenRevision, Notification
from changes.recording import Authorship
from moderation.hiding import hide_parts
from moderation.mass_reverting import carry_out_mass_reverts, queue_mass_revert
from moderation.models import Decision
from moderation.selecting import Selection
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.editing import delete_page, restore_page, revert_page
from wiki.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice, bob):
    page = make_page(alice, body="Good.\n")
    edit(page, "Secret.\n", bob, summary="told")
    return edit(page, "Good again.\n", alice)


def hide(page, by, parts, first=2, last=2, **more):
    about = {"object_type": "page", "object_id": page.pk, "first": first, "last": last}
    return hide_parts(**about, parts=parts, reason=more.get("reason", "Private."), by=by)


@pytest.mark.parametrize(
    ("part", "gone", "stays"),
    [
        ("text", ["Secret"], ["told", "bob"]),
        ("summary", ["told"], ["Secret", "bob"]),
        ("author", [">bob<"], ["Secret", "told"]),
    ],
)
def test_each_part_is_hidden_apart(client, page, maria, part, gone, stays):
    hide(page, maria, [part])
    text = client.get("/wiki/tasks/revisions/2/").content.decode()
    assert all(word not in text for word in gone)
    assert all(word in text for word in stays)
    assert f"hidden: {part}" in text
    history = client.get("/wiki/tasks/history/").content.decode()
    assert f"hidden: {part}" in history
    assert all(word not in history for word in gone)
    change = Change.objects.get(version_after=2)
    assert (change.actor is None, change.summary == "") == (part == "author", part == "summary")


def test_what_the_next_change_says_of_the_text_before_is_hidden_with_it(alice, erin, maria):
    from wiki.editing import rename_page

    page = make_page(alice, "Secret")
    rename_page(page_id=page.pk, new_title="Fine", by=Authorship(actor=erin))
    hide(page, maria, ["text"], first=1, last=1)
    first, second = Change.objects.filter(object_id=page.pk).order_by("pk")
    assert (first.object_title, second.details) == ("hidden", {})
    assert second.object_title == "Fine"


def test_the_author_is_not_among_the_contributions_of_anybody(client, page, bob, maria, root):
    hide(page, maria, ["author"])
    for user in (None, bob, maria):
        if user:
            client.force_login(user)
        assert "Nothing yet" in client.get("/users/bob/").content.decode()
        assert "1 edited" not in client.get("/users/bob/").content.decode()
    client.force_login(root)
    assert "Nothing yet" in client.get("/users/bob/").content.decode()
    assert "/wiki/tasks/" in client.get("/users/bob/?hidden=show").content.decode()


def test_several_revisions_at_once_and_shown_again(page, alice, maria):
    edit(page, "Last.\n", alice)
    done = hide(page, maria, ["text", "author"], first=2, last=3)
    assert len(done.added) == 4
    assert [c.hidden for c in Change.objects.order_by("pk")] == ["", "at", "atb", "b"]
    done = hide(page, maria, ["author"], first=2, last=3)
    assert done.removed == [(2, "text"), (3, "text")]
    hide(page, maria, [], first=2, last=3)
    assert HiddenRevision.objects.count() == 0
    assert {c.hidden for c in Change.objects.all()} == {""}
    assert page.history.get(version=2).body == "Secret.\n"
    assert Change.objects.get(version_after=2).actor.username == "bob"


def test_the_text_that_stands_there_is_edited_first(page, maria):
    with pytest.raises(ValidationError, match="edit it first"):
        hide(page, maria, ["text"], first=3, last=3)
    with pytest.raises(ValidationError, match="edit it first"):
        hide(page, maria, ["text"], first=2, last=3)
    hide(page, maria, ["author", "summary"], first=3, last=3)
    assert HiddenRevision.objects.count() == 2


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (3, 4), (4, 4)])
def test_unknown_revisions_are_not_hidden(page, maria, first, last):
    with pytest.raises(ValidationError):
        hide(page, maria, ["author"], first=first, last=last)


def test_it_needs_a_moderator_and_a_reason(page, alice, maria):
    with pytest.raises(PermissionDenied):
        hide(page, alice, ["text"])
    with pytest.raises(ValidationError, match="Say why"):
        hide(page, maria, ["text"], reason=" ")
    assert HiddenRevision.objects.count() == 0
    assert Decision.objects.count() == 0


def test_it_stands_in_the_log_without_what_is_hidden(client, page, maria):
    hide(page, maria, ["text", "author"])
    hide(page, maria, ["author"])
    text = client.get("/log/?kind=hiding").content.decode()
    assert "Of revision 2: author, text." in text
    assert "Shown again" in text and "Of revision 2: text." in text
    assert "Private." in text and "Secret" not in text


def test_hiding_the_same_again_changes_nothing(page, maria):
    hide(page, maria, ["text"])
    hide(page, maria, ["text"])
    assert HiddenRevision.objects.count() == 1
    assert Decision.objects.count() == 1


def test_notifications_of_it_are_gone(page, alice, bob, maria):
    about = {"recipient": alice, "kind": "kind", "object_type": "page", "url": "/"}
    Notification.objects.create(object_id=page.pk, object_title="Secret", actor=bob, **about)
    other = Notification.objects.create(object_id=page.pk + 1, object_title="x", **about)
    hide(page, maria, ["author"])
    assert list(Notification.objects.all()) == [other]


def test_the_proposal_that_it_was_is_emptied(page, bob, maria):
    from django.utils import timezone

    from moderation.models import Proposal

    proposal = Proposal.objects.create(
        author=bob,
        author_label="bob",
        object_type="page",
        object_id=page.pk,
        title="Tasks",
        intent="edit",
        fields={"body": "Secret.\n"},
        base_version=1,
        summary="told",
        state="approved",
        decided_at=timezone.now(),
        result_version=2,
    )
    hide(page, maria, ["summary"])
    proposal.refresh_from_db()
    assert (proposal.summary, proposal.fields, proposal.author) == ("", {"body": "Secret.\n"}, bob)
    hide(page, maria, ["text", "summary", "author"])
    proposal.refresh_from_db()
    assert (proposal.fields, proposal.author, proposal.author_label) == ({}, None, "hidden")


def test_a_veiled_row_is_never_saved(page, maria):
    hide(page, maria, ["text"])
    with pytest.raises(TypeError):
        Change.objects.get(version_after=2).save()


def test_who_is_hidden_is_not_fetched_along_with_other_rows(page, alice, maria):
    from moderation.rules.models import EditRule, RuleHit

    hide(page, maria, ["author"])
    change = Change.objects.select_related("actor").get(version_after=2)
    assert change.actor is None
    rows = page.history.select_related("history_user")
    assert rows.get(version=2).history_user is None
    assert rows.get(version=1).history_user == alice
    hit = RuleHit(
        rule=EditRule.objects.first(), rule_version=1, object_type="page", object_id=page.pk
    )
    hit.change = change
    hit.save()
    assert RuleHit.objects.select_related("change__actor").get().change.actor is None


def test_a_text_that_was_deferred_is_veiled_too(page, maria):
    hide(page, maria, ["text"])
    row = page.history.defer("body").get(version=2)
    assert row.body == ""


def test_a_deleted_page_may_hide_its_last_text_and_is_not_restored_then(client, page, maria, root):
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    hide(page, maria, ["text"], first=2, last=4)
    with pytest.raises(ValidationError, match="hidden"):
        restore_page(page_id=page.pk, by=Authorship(actor=maria))
    client.force_login(maria)
    assert client.post("/wiki/tasks/restore/", follow=True).status_code == 404
    assert Page.objects.get().is_deleted


def test_nothing_brings_back_a_hidden_text_but_an_administrator(page, alice, bob, maria, root):
    hide(page, maria, ["text"])
    with pytest.raises(ValidationError, match="hidden"):
        revert_page(page_id=page.pk, to_version=2, by=Authorship(actor=maria))
    selection = Selection(users=[alice], since=page.created_at)
    run = queue_mass_revert(selection=selection, reason="x", actor=maria)
    carry_out_mass_reverts(10)
    assert "The text of revision 2 is hidden." in [item.problem for item in run.items.all()] or (
        Page.objects.get().body != "Secret.\n"
    )
    assert Page.objects.get().body == "Good again.\n"
    revert_page(page_id=page.pk, to_version=2, by=Authorship(actor=root))
    assert Page.objects.get().body == "Secret.\n"


def test_a_revert_by_an_administrator_names_no_hidden_author(client, page, maria, root):
    hide(page, maria, ["text", "author"])
    client.force_login(root)
    assert client.get("/wiki/tasks/revert/?to=2").status_code == 403
    url = "/wiki/tasks/revert/?to=2&hidden=show"
    assert "Secret" in client.get(url).content.decode()
    client.post(url, {"base_revision": 3, "summary": ""})
    assert Change.objects.first().summary == "Reverted to revision 2 by hidden"


def test_what_a_vandal_wrote_is_taken_back_although_it_is_hidden(alice, bob, maria):
    page = make_page(alice, body="Good.\n")
    edit(page, "Secret 1.\n", bob)
    edit(page, "Secret 2.\n", bob)
    hide(page, maria, ["text"], first=2, last=2)
    selection = Selection(users=[bob], since=page.created_at)
    run = queue_mass_revert(selection=selection, reason="x", actor=maria)
    carry_out_mass_reverts(10)
    assert [item.state for item in run.items.all()] == ["done"]
    assert Page.objects.get().body == "Good.\n"


@pytest.mark.parametrize("kind", ["resource", "section"])
def test_entries_and_sections_alike(client, erin, maria, kind):
    from catalog.editing import edit_resource, edit_section

    section = make_section(erin, "Core")
    by = Authorship(actor=erin)
    if kind == "resource":
        obj = make_resource(erin, section)
        for version, title in enumerate(["Secret", "Docs"], start=1):
            values = {"title": title}
            edit_resource(resource_id=obj.pk, base_version=version, values=values, by=by)
    else:
        obj = section
        for version, title in enumerate(["Secret", "Core"], start=1):
            values = {"title": title}
            edit_section(section_id=obj.pk, base_version=version, values=values, by=by)
    hide_unlogged(
        object_type=kind, object_id=obj.pk, first=2, last=2, parts=["text"], reason="x", by=maria
    )
    for end in ("revisions/2/", "history/", "compare/?from=1&to=2", "compare/?from=2&to=3"):
        response = client.get(f"{obj.get_absolute_url()}{end}")
        assert response.status_code == 200
        assert "Secret" not in response.content.decode()
    assert "Secret" not in client.get("/changes/").content.decode()


def test_reading_asks_no_query_more(client, page, maria, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(maria)
    urls = ["/changes/", "/wiki/tasks/history/", "/wiki/tasks/compare/", "/wiki/tasks/"]
    before = {}
    for url in urls:
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        before[url] = len(queries)
    hide(page, maria, ["text", "summary", "author"])
    for url in urls:
        with django_assert_num_queries(before[url]):
            client.get(url)


# --- The page -------------------------------------------------------------------------------------


def test_the_form_shows_what_is_hidden_and_saves_what_is_ticked(client, page, maria):
    client.force_login(maria)
    url = f"/hidden/page/{page.pk}/2/"
    assert url in client.get("/wiki/tasks/history/").content.decode()
    data = {"parts": ["text", "summary"], "last": 2, "reason": "Private."}
    response = client.post(url, data)
    assert response.headers["Location"] == "/wiki/tasks/history/"
    text = client.get(url).content.decode()
    assert text.count("checked") == 2
    client.post(url, {"parts": [], "last": 2, "reason": "A mistake."})
    assert HiddenRevision.objects.count() == 0


@pytest.mark.parametrize("data", [{"reason": ""}, {"last": "x"}, {"last": 9}, {"parts": ["x"]}])
def test_a_wrong_form_comes_back(client, page, maria, data):
    client.force_login(maria)
    data = {"parts": ["text"], "last": 2, "reason": "Mine.", **data}
    response = client.post(f"/hidden/page/{page.pk}/2/", data)
    assert response.status_code == 422
    assert data["reason"] in response.content.decode()
    assert HiddenRevision.objects.count() == 0


@pytest.mark.parametrize("url", ["/hidden/link/1/1/", "/hidden/page/999/1/", "/hidden/x/1/1/"])
def test_unknown_objects_answer_404(client, maria, url):
    client.force_login(maria)
    assert client.get(url).status_code == 404


def test_others_see_no_way_to_hide(client, page, alice):
    client.force_login(alice)
    assert "/hidden/" not in client.get("/wiki/tasks/history/").content.decode()
    assert client.get(f"/hidden/page/{page.pk}/2/").status_code == 403
