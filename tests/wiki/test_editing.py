"""Every write of a page: one revision, one change, derived rows; merges and conflicts."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from changes.editing import EditConflictError
from changes.models import Change, UnrecordedWriteError
from changes.recording import Authorship, NothingChangedError
from changes.refusals import MayNotPublishError
from linkcheck.models import Link, LinkUse
from tests.protections import protect_it
from wiki.editing import (
    PageExistsError,
    create_page,
    delete_page,
    edit_page,
    rename_page,
    replace_page_urls,
    restore_page,
    revert_page,
)
from wiki.models import Page
from wiki.rendering import render_stale_pages

pytestmark = pytest.mark.django_db


def make_page(actor, title="Tasks", body="One line.\n\nAnother line.\n"):
    return create_page(values={"title": title, "body": body}, by=Authorship(actor=actor))


def edit(page, body, actor, base=None, summary=""):
    return edit_page(
        page_id=page.pk,
        base_version=base or page.version,
        values={"body": body},
        by=Authorship(actor=actor, summary=summary),
    )


def test_a_write_makes_one_revision_and_one_change(alice):
    page = make_page(alice)
    edit(page, "One line, longer.\n\nAnother line.\n", alice, summary="longer")
    assert list(page.history.values_list("version", "history_change_reason")) == [
        (2, "longer"),
        (1, ""),
    ]
    changes = Change.objects.of_object("page", page.pk)
    assert [(c.kind, c.version_before, c.version_after) for c in changes] == [
        ("edited", 1, 2),
        ("created", None, 1),
    ]
    assert changes[0].size_difference == len(", longer")
    assert page.history.first().history_user == alice


def test_saving_the_same_text_writes_nothing(alice):
    page = make_page(alice)
    with pytest.raises(NothingChangedError):
        edit(page, page.body, alice)
    assert page.history.count() == 1
    assert Change.objects.count() == 1


def test_edits_of_different_lines_are_merged(alice, bob):
    page = make_page(alice)
    edit(page, "One line by Alice.\n\nAnother line.\n", alice, base=1)
    merged, result = edit(page, "One line.\n\nAnother line by Bob.\n", bob, base=1)
    assert result.was_merged
    assert merged.body == "One line by Alice.\n\nAnother line by Bob.\n"
    revision = merged.history.first()
    assert (revision.version, revision.base_version) == (3, 1)


def test_edits_of_the_same_words_conflict_and_write_nothing(alice, bob):
    page = make_page(alice)
    edit(page, "One road.\n\nAnother line.\n", alice, base=1)
    with pytest.raises(EditConflictError) as caught:
        edit(page, "One path.\n\nAnother line.\n", bob, base=1)
    (conflict,) = caught.value.conflicts
    assert (conflict.name, conflict.mine) == ("body", "One path.\n\nAnother line.\n")
    assert conflict.theirs == "One road.\n\nAnother line.\n"
    assert caught.value.current.version == 2
    assert page.history.count() == 2


def test_a_page_cannot_be_saved_past_its_operations(alice):
    page = make_page(alice)
    page.body = "smuggled"
    with pytest.raises(UnrecordedWriteError):
        page.save()


def test_html_and_links_follow_the_text(alice):
    page = make_page(alice, body="See [[Actors]] and [Ray](https://Ray.io/x?b=1#top).")
    assert "is-missing" in page.rendered.html
    assert list(page.outgoing.values_list("target_slug", flat=True)) == ["actors"]
    assert Link.objects.get().url == "https://ray.io/x?b=1"
    assert LinkUse.objects.get().fragment == "top"
    edit(page, "Nothing any more.", alice)
    assert not page.outgoing.exists()
    assert not LinkUse.objects.exists()
    assert not Link.objects.get().is_used


def test_a_new_page_turns_red_links_to_it(alice):
    page = make_page(alice, body="See [[Actors]].")
    make_page(alice, title="Actors")
    page.rendered.refresh_from_db()
    assert page.rendered.is_stale
    assert render_stale_pages() == 1
    page.rendered.refresh_from_db()
    assert "is-missing" not in page.rendered.html


def test_rename_leaves_a_redirect_and_can_be_undone(erin):
    page = make_page(erin, title="Task")
    rename_page(page_id=page.pk, new_title="Remote function", by=Authorship(actor=erin))
    redirect = Page.objects.get(slug="task")
    assert redirect.redirect_to_id == page.pk
    rename_page(page_id=page.pk, new_title="Task", by=Authorship(actor=erin))
    page.refresh_from_db()
    redirect.refresh_from_db()
    assert (page.slug, redirect.slug) == ("task", "remote-function")
    assert [h.version for h in page.history.all()] == [3, 2, 1]


def test_rename_onto_another_page_is_refused(erin):
    page = make_page(erin, title="Task")
    make_page(erin, title="Actor")
    with pytest.raises(PageExistsError):
        rename_page(page_id=page.pk, new_title="Actor", by=Authorship(actor=erin))
    assert Page.objects.count() == 2


def test_revert_is_a_new_revision_with_the_old_text(alice):
    page = make_page(alice, body="first")
    edit(page, "second", alice)
    reverted = revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=alice))
    assert (reverted.version, reverted.body) == (3, "first")
    assert Change.objects.first().kind == "reverted"


def test_delete_and_restore_keep_the_history(maria):
    page = make_page(maria, body="[x](https://example.org/)")
    delete_page(page_id=page.pk, reason="spam", by=Authorship(actor=maria))
    assert not Link.objects.get().is_used
    page = restore_page(page_id=page.pk, by=Authorship(actor=maria))
    assert page.deleted_at is None
    assert Link.objects.get().is_used
    assert page.history.count() == 3


def test_replacing_a_url_is_an_ordinary_revision(alice):
    page = make_page(alice, body="[a](http://old.example/x) and <http://old.example/x#y>")
    page = replace_page_urls(
        page_id=page.pk,
        urls={"http://old.example/x": "https://new.example/"},
        by=Authorship(actor=alice),
    )
    assert page.body == "[a](https://new.example/) and <https://new.example/#y>"
    assert set(LinkUse.objects.values_list("link__url", flat=True)) == {"https://new.example/"}


def test_rights_are_checked_in_the_operation(alice, bob, maria):
    page = make_page(alice)
    with pytest.raises(PermissionDenied):
        rename_page(page_id=page.pk, new_title="Other", by=Authorship(actor=alice))
    protect_it(page, maria)
    with pytest.raises(MayNotPublishError):
        edit(page, "vandalism", bob, base=1)


@pytest.mark.parametrize("title", ["", "   ", "\u202e\u200b", "—", "x" * 300])
def test_titles_that_no_address_can_be_made_of_are_refused(alice, title):
    with pytest.raises(ValidationError) as caught:
        make_page(alice, title=title)
    assert "title" in caught.value.message_dict
