"""Pages, resources and sections where not everybody may write: for a while, and for a reason."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import CONTRIBUTORS, TRUSTED
from catalog.editing import (
    create_resource,
    create_section,
    edit_resource,
    edit_section,
    retire_resource,
)
from changes.models import Change, ObjectType
from changes.recording import Authorship, NothingChangedError
from changes.refusals import MayNotPublishError
from moderation.models import Decision, Protection
from moderation.proposal_models import Proposal
from moderation.protecting import OPEN, ProtectionTerms, protect
from moderation.protection import find_protections, may_publish, show_protection
from moderation.protection_models import Level
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.forms_on_pages import read_form
from tests.protections import lift_it, protect_it
from wiki.editing import create_page, delete_page, edit_page, rename_page, revert_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def section(erin):
    return make_section(erin)


@pytest.fixture
def page(alice, section):
    values = {"title": "Tasks", "body": "One line.\n", "section_id": section.pk}
    return create_page(values=values, by=Authorship(actor=alice))


@pytest.fixture
def resource(alice, section):
    return make_resource(alice, section)


@pytest.fixture
def tom(db) -> User:
    return make_user("tom", CONTRIBUTORS, TRUSTED)


def change_entry(resource, actor: User, **values):
    resource.refresh_from_db()
    return edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values=values or {"description": f"By {actor.label}."},
        by=Authorship(actor=actor),
    )


def change_section(section, actor: User, **values):
    section.refresh_from_db()
    return edit_section(
        section_id=section.pk,
        base_version=section.version,
        values=values or {"introduction": f"By {actor.label}."},
        by=Authorship(actor=actor),
    )


def test_who_writes_at_which_level(alice, erin, tom, maria, root, page):
    protect_it(page, maria, level=Level.TRUSTED)
    for actor, allowed in ((alice, False), (erin, True), (tom, True), (maria, True), (root, True)):
        assert may_publish(actor, ObjectType.PAGE, page) is allowed, actor
    protect_it(page, maria, level=Level.MODERATORS)
    for actor, allowed in ((alice, False), (erin, False), (tom, False), (maria, True)):
        assert may_publish(actor, ObjectType.PAGE, page) is allowed, actor


def test_the_bot_writes_everywhere(maria, page):
    protect_it(page, maria)
    assert may_publish(User.objects.get_bot(), ObjectType.PAGE, page)


def test_what_is_proposed_is_published_by_the_right_of_who_accepts_it(alice, maria, page):
    protect_it(page, maria)
    edit(page, "Proposed.", alice, accepted_by=maria)
    assert page.history.count() == 2


def test_every_way_to_write_a_page_asks(erin, maria, page):
    edit(page, "Two.", erin)
    protect_it(page, maria)
    page.refresh_from_db()
    by = Authorship(actor=erin)
    attempts = [
        lambda: edit(page, "Three.", erin),
        lambda: rename_page(page_id=page.pk, new_title="Jobs", by=by),
        lambda: revert_page(page_id=page.pk, to_version=1, by=by),
    ]
    for attempt in attempts:
        with pytest.raises(MayNotPublishError, match=r"Protected: Edit war\."):
            attempt()
    page.refresh_from_db()
    assert (page.title, page.body, page.version) == ("Tasks", "Two.", 2)


def test_a_deleted_page_that_is_protected_is_not_made_again(alice, maria, page):
    protect_it(page, maria, reason="Spam.")
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    with pytest.raises(MayNotPublishError):
        make_page(alice, title="Tasks")


def test_a_section_protects_what_belongs_to_it_and_the_sections_inside(
    alice, erin, maria, section, page, resource
):
    inside = create_section(title="Inside", parent=section, by=Authorship(actor=erin))
    deep = make_resource(alice, inside, title="Deep")
    protect_it(section, maria)
    for attempt in (
        lambda: edit(page, "Mine.", alice),
        lambda: change_entry(resource, alice),
        lambda: change_entry(deep, alice),
        lambda: retire_resource(resource_id=deep.pk, reason="x", by=Authorship(actor=alice)),
        lambda: change_section(section, alice),
        lambda: change_section(inside, alice),
        lambda: make_resource(alice, inside, title="New"),
        lambda: create_section(title="New", parent=inside, by=Authorship(actor=erin)),
        lambda: create_page(
            values={"title": "New", "section_id": section.pk}, by=Authorship(actor=alice)
        ),
    ):
        with pytest.raises(MayNotPublishError):
            attempt()
    elsewhere = make_section(erin, "Elsewhere")
    make_resource(alice, elsewhere, title="Free")
    change_entry(resource, maria)


def test_nothing_is_moved_into_or_out_of_a_protected_section(alice, erin, maria, section, page):
    other = make_section(erin, "Other")
    guest, free = make_resource(alice, other, "Guest"), make_resource(alice, other, "Free")
    protect_it(section, maria)
    with pytest.raises(MayNotPublishError):
        change_entry(free, alice, section_id=section.pk)
    with pytest.raises(MayNotPublishError):
        change_entry(free, alice, further_sections=[[section.pk, None]])
    with pytest.raises(MayNotPublishError):
        change_section(other, alice, parent_id=section.pk)
    with pytest.raises(MayNotPublishError):
        edit_page(
            page_id=page.pk,
            base_version=1,
            values={"section_id": None},
            by=Authorship(actor=alice),
        )
    change_entry(guest, maria, further_sections=[[section.pk, None]])
    # Its place there is protected; its words belong to the section that it is part of.
    change_entry(guest, alice)
    with pytest.raises(MayNotPublishError):
        change_entry(guest, alice, further_sections=[])


def test_a_protection_ends_by_itself(alice, maria, page):
    until = timezone.now() + timedelta(days=1)
    protect_it(page, maria, expires_at=until)
    assert not may_publish(alice, ObjectType.PAGE, page)
    with time_machine.travel(until + timedelta(seconds=1)):
        edit(page, "Again.", alice)
        assert show_protection(ObjectType.PAGE, page, viewer=alice) is None
        protect_it(page, maria, reason="Again.")
    first, second = Protection.objects.order_by("pk")
    assert first.ended_at == until
    assert second.ended_at is None


def test_it_is_changed_and_lifted_and_each_step_stands_in_the_log(client, alice, maria, page):
    protect_it(page, maria)
    protect_it(page, maria, level=Level.TRUSTED, reason="Calmer now.")
    lift_it(page, maria)
    assert may_publish(alice, ObjectType.PAGE, page)
    actions = list(Decision.objects.order_by("pk").values_list("action", "reason"))
    assert actions == [
        ("protect", "Edit war."),
        ("change", "Calmer now."),
        ("lift", "It is over."),
    ]
    log = client.get("/log/").content.decode()
    assert "May be edited by trusted people, editors and moderators" in log
    assert 'href="/wiki/tasks/"' in log


def test_it_makes_no_revision(maria, page):
    protect_it(page, maria)
    assert page.history.count() == 1
    assert Change.objects.of_object(ObjectType.PAGE, page.pk).count() == 1


def test_what_is_so_already_is_not_written_again(maria, page):
    with pytest.raises(NothingChangedError):
        lift_it(page, maria)
    protect_it(page, maria)
    with pytest.raises(NothingChangedError):
        protect_it(page, maria)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("reason", {"reason": " \0 "}),
        ("reason", {"reason": "x" * 2001}),
        ("level", {"level": "anarchists"}),
        ("duration", {"expires_at": timezone.now() - timedelta(days=400)}),
    ],
)
def test_terms_that_make_no_sense_are_refused(maria, page, field, terms):
    with pytest.raises(ValidationError) as caught:
        protect(
            object_type=ObjectType.PAGE,
            object_id=page.pk,
            terms=ProtectionTerms(**{"level": Level.TRUSTED, "reason": "Why.", **terms}),
            by=maria,
        )
    assert field in caught.value.message_dict
    assert not Protection.objects.exists()


def test_only_moderators_protect(client, erin, tom, page):
    for actor in (erin, tom):
        with pytest.raises(PermissionDenied):
            protect_it(page, actor)
        client.force_login(actor)
        assert client.get("/wiki/tasks/protect/").status_code == 403
        form = {"level": "moderators", "duration": "1d", "reason": "Mine."}
        assert client.post("/wiki/tasks/protect/", form).status_code == 403
    assert not Protection.objects.exists()


@pytest.mark.parametrize("url", ["/wiki/tasks/", "/sections/core/", "/resources/docs/"])
def test_a_moderator_protects_by_the_form_and_readers_are_told(client, maria, page, resource, url):
    client.force_login(maria)
    values = read_form(client.get(f"{url}protect/").content.decode())
    values |= {"level": "trusted", "duration": "1d", "reason": "A storm of <edits>."}
    assert client.post(f"{url}protect/", values).headers["Location"] == url
    client.logout()
    text = client.get(url).content.decode()
    assert "Protected until" in text
    assert "A storm of &lt;edits&gt;." in text
    assert "trusted people, editors and moderators" in text
    client.force_login(maria)
    again = read_form(client.get(f"{url}protect/").content.decode())
    assert again["duration"] == ["same"]
    client.post(f"{url}protect/", {**again, "level": OPEN, "reason": "Over."})
    client.logout()
    assert "Protected" not in client.get(url).content.decode()


def test_what_was_typed_stays_where_the_form_is_refused(client, maria, page):
    client.force_login(maria)
    form = {"level": "moderators", "duration": "1d", "reason": " "}
    response = client.post("/wiki/tasks/protect/", form)
    assert response.status_code == 422
    assert read_form(response.content.decode())["level"] == ["moderators"]


def test_readers_learn_which_section_protects(client, maria, section, page):
    protect_it(section, maria, reason="Under review.")
    text = client.get("/wiki/tasks/").content.decode()
    assert "Under review." in text
    assert "This holds for the whole section" in text


def test_the_strictest_holds(alice, erin, maria, section, page):
    protect_it(section, maria, level=Level.MODERATORS)
    protect_it(page, maria, level=Level.TRUSTED)
    levels = [one.level for one in find_protections(ObjectType.PAGE, page)]
    assert levels == [Level.MODERATORS, Level.TRUSTED]
    assert not may_publish(erin, ObjectType.PAGE, page)


@pytest.mark.parametrize(
    ("url", "field"),
    [("/resources/docs/edit/", "title"), ("/sections/core/edit/", "title")],
)
def test_the_edit_form_says_why_it_is_not_published(
    client, alice, maria, section, resource, url, field
):
    client.force_login(alice)
    values = read_form(client.get(url).content.decode())
    protect_it(section, maria, reason="Under review.")
    assert "Under review." in client.get(url).content.decode()
    response = client.post(url, {**values, field: "What I typed"})
    assert Proposal.objects.get().fields == {field: "What I typed"}  # it waits
    assert response["Location"] == Proposal.objects.get().get_absolute_url()


def test_the_list_shows_what_is_protected_and_nothing_of_what_is_deleted(
    client, alice, maria, section, page, django_assert_max_num_queries
):
    protect_it(section, maria)
    protect_it(page, maria, level=Level.TRUSTED, reason="Gone soon.")
    assert "Gone soon." in client.get("/protections/").content.decode()
    assert "Gone soon." not in client.get("/protections/?level=moderators").content.decode()
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    text = client.get("/protections/").content.decode()
    assert "Gone soon." not in text
    assert "Core" in text


def test_the_list_takes_as_many_queries_for_many(client, alice, maria, django_assert_num_queries):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/protections/")
        return len(queries)

    protect_it(make_page(alice, "Page 0"), maria)
    few = count()
    for number in range(1, 9):
        protect_it(make_page(alice, f"Page {number}"), maria)
    assert count() == few


def test_asking_costs_two_queries_at_most(alice, maria, section, page, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert find_protections(ObjectType.PAGE, page) == []
    protect_it(section, maria)
    with django_assert_num_queries(2):
        assert find_protections(ObjectType.PAGE, page)


def test_entries_with_the_same_address_are_refused_before_protections_are_asked(
    alice, maria, section, resource
):
    protect_it(section, maria)
    with pytest.raises(MayNotPublishError):
        create_resource(
            values={"title": "B", "url": "https://b.example/", "section_id": section.pk},
            by=Authorship(actor=alice),
        )


def test_each_step_is_undone_from_the_log(alice, maria, page):
    protect_it(page, maria, level=Level.TRUSTED, reason="First.")
    protect_it(page, maria, reason="Second.")
    _first, second = Decision.objects.order_by("pk")
    undo_decision(decision_id=second.pk, actor=maria)
    (held,) = find_protections(ObjectType.PAGE, page)
    assert (held.level, held.reason) == (Level.TRUSTED, "First.")


def test_a_protection_is_undone_and_a_lifted_one_comes_back(alice, maria, page):
    protect_it(page, maria)
    lift_it(page, maria)
    _made, lifted = Decision.objects.order_by("pk")
    undo_decision(decision_id=lifted.pk, actor=maria)
    assert not may_publish(alice, ObjectType.PAGE, page)


def test_what_was_protected_otherwise_since_is_not_undone(maria, page):
    protect_it(page, maria)
    made = Decision.objects.get()
    Protection.objects.update(ended_at=timezone.now())
    with pytest.raises(ValidationError):
        undo_decision(decision_id=made.pk, actor=maria)
