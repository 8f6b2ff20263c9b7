"""What decisions and changes name beside their own object is called as it is today."""

import pytest

from changes.grouping import find_changes
from changes.lines import make_lines
from changes.models import Change, ChangeGroup
from changes.recording import Authorship
from moderation.models import Decision
from moderation.presenting import present_decisions
from moderation.undoing import undo_decision
from tests.changes.content import make_page, make_resource, make_section
from tests.security.elsewhere import mention_entry, mention_page
from wiki.editing import delete_page, rename_page
from wiki.models import Page
from wiki.relinking import lead_links_on, rename_with_links

pytestmark = pytest.mark.django_db


def sentences(kind):
    decisions = list(Decision.objects.filter(kind=kind))
    return [line.sentence for line in present_decisions(decisions)]


def said_of(**about):
    return [line.details for line in make_lines(list(Change.objects.filter(**about)))]


def rename(page, title, by):
    rename_page(page_id=page.pk, new_title=title, by=Authorship(actor=by))


def test_what_was_put_back_is_called_as_it_is_today(alice, maria):
    page = make_page(alice, "Guide")
    mention_page(page, alice, maria)
    assert any("Put back: Guide." in text for text in sentences("dead_link"))
    rename(page, "Handbook", maria)
    assert any("Put back: Handbook." in text for text in sentences("dead_link"))
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    told = " ".join(sentences("dead_link"))
    assert "Put back: something that is not public." in told
    assert "Guide" not in told and "Handbook" not in told


def test_a_merge_names_the_other_as_it_is_called_today(alice, maria):
    page = make_page(alice, "Guide")
    mention_page(page, alice, maria)
    assert said_of(kind="merged") == ["into “Guide”", "with “Sketch”"]
    rename(page, "Handbook", maria)
    assert said_of(kind="merged") == ["into “Handbook”", "with “Sketch”"]
    assert not Change.objects.filter(kind="merged", summary__contains="Guide").exists()
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    assert said_of(kind="merged")[0] == ""


def test_links_that_were_led_on_name_pages_as_they_are_called_today(alice, erin, maria):
    page = make_page(alice, "Guide")
    make_page(alice, "Index", "See [[Guide]].\n")
    rename_with_links(
        page_id=page.pk, new_title="Handbook", by=Authorship(actor=erin), follows=True
    )
    redirect = Page.objects.get(slug="guide")
    led_on = {"kind": "link_replaced", "object_title": "Index"}
    assert said_of(**led_on) == ["from Guide to Handbook"]
    assert said_of(kind="created", object_id=redirect.pk) == ["a redirect to “Handbook”"]
    rename(page, "Manual", maria)
    assert said_of(**led_on) == ["from Guide to Manual"]
    delete_page(page_id=redirect.pk, reason="x", by=Authorship(actor=maria))
    assert said_of(**led_on) == ["to Manual"]
    found = lead_links_on(
        redirect_id=Page.objects.get(slug="handbook").pk, by=Authorship(actor=erin)
    )
    assert found.changed == ["Index"]


def test_duplicates_are_named_as_they_are_called_today(client, alice, erin, maria, mika):
    entry = make_resource(alice, make_section(erin), "Novel")
    mention_entry(entry, erin, maria)
    decision = Decision.objects.get(kind="duplicate")
    assert decision.title == ""
    (line,) = present_decisions([decision])
    assert line.title == "Novel / Poem"
    assert "“Poem” is retired in favour of “Novel”" in line.sentence
    assert "Novel / Poem" in client.get("/log/").content.decode()
    undo_decision(decision_id=decision.pk, actor=mika)
    assert any("Put back: Poem." in text for text in sentences("duplicate"))


def test_a_list_of_changes_that_name_others_takes_as_many_queries(
    alice, maria, django_assert_num_queries
):
    mention_page(make_page(alice, "Guide"), alice, maria)
    changes = find_changes(ChangeGroup.objects.get())
    assert len(changes) == 2
    with django_assert_num_queries(1):
        make_lines(changes)
