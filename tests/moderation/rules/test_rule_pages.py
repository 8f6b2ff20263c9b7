"""Rules in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from changes.recording import Authorship
from moderation.rules.models import EditRule
from tests.changes.content import edit, make_page
from tests.forms_on_pages import read_form
from tests.moderation.rules.rule_kit import condition, make_rule
from wiki.editing import delete_page


@pytest.fixture
def administrator(root) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def moderator(maria) -> Client:
    client = Client()
    client.force_login(maria)
    return client


def send(client: Client, address: str, html: str, **changes: Any) -> Any:
    """Send the form of a page with some fields changed."""
    values = {**read_form(html), **changes}
    return client.post(address, values)


def write(client: Client, **changes: Any) -> Any:
    """Add a condition to the form of a new rule, fill it in and press a button."""
    html = client.get("/rules/new/").content.decode()
    added = send(client, "/rules/new/", html, do="add", new_condition="text_added", name="Spam")
    html = added.content.decode()
    assert 'value="Spam"' in html
    values = {"condition-0-text": "casino", "label": "spam", "do": "save", **changes}
    return send(client, "/rules/new/", html, **values)


def test_a_rule_is_written_tried_and_switched_on(administrator, alice):
    page = make_page(alice)
    edit(page, "Go to the casino.\n", alice)
    everybody = ["newcomer", "contributor"]
    tried = write(administrator, do="try", standings=everybody)
    html = tried.content.decode()
    assert tried.status_code == 200
    assert not EditRule.objects.filter(name="Spam").exists()
    assert "<mark>casino</mark>" in html
    assert "/wiki/tasks/compare/?from=1&amp;to=2" in html
    saved = send(administrator, "/rules/new/", html, do="save")
    rule = EditRule.objects.get(name="Spam")
    assert saved["Location"] == f"/rules/{rule.pk}/"
    assert (rule.standings, rule.is_enabled) == (everybody, False)
    asked = administrator.post(f"/rules/{rule.pk}/on/")
    assert asked.status_code == 200
    assert "<mark>casino</mark>" in asked.content.decode()
    rule.refresh_from_db()
    assert (rule.is_enabled, rule.tried_matches, rule.tried_edits) == (False, 1, 2)
    confirmed = send(administrator, f"/rules/{rule.pk}/on/", asked.content.decode())
    assert confirmed.status_code == 302
    rule.refresh_from_db()
    assert rule.is_enabled


def test_a_form_with_faults_keeps_what_was_typed(administrator):
    refused = write(
        administrator, **{"condition-0-text": "(casino", "label": "", "description": "Mine."}
    )
    html = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="(casino"' in html
    assert "cannot be read" in html
    assert "Mine." in html
    twice = write(administrator, label="")
    assert "in a word or two" in twice.content.decode()
    bare = administrator.post("/rules/new/", {"name": "Bare", "do": "save"})
    assert bare.status_code == 422
    assert "needs a condition" in bare.content.decode()


def test_conditions_are_added_and_removed_without_losing_anything(administrator):
    html = write(administrator, do="add", new_condition="recent_edits").content.decode()
    assert "condition-1-minutes" in html
    assert "Please correct this" not in html
    changed = {"condition-1-minutes": "77", "do": "remove-0"}
    html = send(administrator, "/rules/new/", html, **changed).content.decode()
    assert "condition-0-text" not in html
    assert read_form(html)["condition-1-minutes"] == ["77"]
    unknown = administrator.post("/rules/new/", {"do": "add", "new_condition": "nothing"})
    assert unknown.status_code == 200
    strange = {"condition": ["x", "9999", "-1", "²"], "do": "save", "condition-x-kind": "title"}
    assert administrator.post("/rules/new/", strange).status_code == 422


def test_a_rule_that_is_on_shows_numbers_before_it_changes(administrator, root, alice):
    make_page(alice, body="A roulette.\n")
    rule = make_rule(root)
    address = f"/rules/{rule.pk}/edit/"
    html = administrator.get(address).content.decode()
    changes = {"condition-0-text": "roulette", "do": "save", "comment": "Wider."}
    asked = send(administrator, address, html, **changes)
    assert asked.status_code == 409
    assert "<mark>roulette</mark>" in asked.content.decode()
    rule.refresh_from_db()
    assert rule.version == 1
    other = send(administrator, address, asked.content.decode(), **{"condition-0-text": "poker"})
    assert other.status_code == 409  # what was confirmed was something else
    assert send(administrator, address, asked.content.decode(), do="save").status_code == 302
    rule.refresh_from_db()
    assert (rule.version, rule.is_enabled) == (2, True)
    assert rule.conditions[0]["text"] == "roulette"


def test_of_two_administrators_the_second_is_told(administrator, root):
    rule = make_rule(root, is_on=False)
    address = f"/rules/{rule.pk}/edit/"
    html = administrator.get(address).content.decode()
    assert send(administrator, address, html, name="First", do="save").status_code == 302
    second = send(administrator, address, html, name="Second", do="save")
    assert second.status_code == 409
    assert 'value="Second"' in second.content.decode()
    rule.refresh_from_db()
    assert rule.name == "First"
    assert send(administrator, address, second.content.decode(), do="save").status_code == 302


def test_an_earlier_revision_can_be_restored(administrator, root):
    rule = make_rule(root, is_on=False)
    address = f"/rules/{rule.pk}/edit/"
    html = administrator.get(address).content.decode()
    send(administrator, address, html, **{"condition-0-text": "poker", "do": "save"})
    history = administrator.get(f"/rules/{rule.pk}/history/").content.decode()
    assert "<del>casino</del>" in history
    assert f"{address}?from=1" in history
    old = administrator.get(f"{address}?from=1")
    assert send(administrator, address, old.content.decode(), do="save").status_code == 302
    rule.refresh_from_db()
    assert (rule.version, rule.conditions[0]["text"]) == (3, "casino")
    assert rule.revisions.first().comment == "As in revision 1"
    assert administrator.get(f"{address}?from=9").status_code == 404


def test_too_much_of_a_stop_is_asked_about_even_where_it_was_tried(administrator, root, alice):
    make_page(alice, body="casino")
    rule = make_rule(root, action="refuse", is_on=False)
    administrator.post(f"/rules/{rule.pk}/try/")
    asked = administrator.post(f"/rules/{rule.pk}/on/")
    assert asked.status_code == 200
    assert "switches itself off" in asked.content.decode()


def test_moderators_read_and_try_and_change_nothing(moderator, root, alice):
    make_page(alice, body="casino")
    rule = make_rule(root, notes="Between us.")
    assert "Between us." in moderator.get(f"/rules/{rule.pk}/").content.decode()
    assert moderator.post(f"/rules/{rule.pk}/try/").status_code == 200
    html = moderator.get("/rules/").content.decode()
    assert "Shouting" in html
    assert "Write a rule" not in html
    assert moderator.get("/rules/new/").status_code == 403
    assert moderator.post(f"/rules/{rule.pk}/off/").status_code == 403


def test_hits_are_listed_and_marked_as_false_alarms(moderator, root, alice):
    rule = make_rule(root)
    page = make_page(alice)
    edit(page, "A <b>casino</b>.\n", alice)
    address = f"/rules/{rule.pk}/hits/"
    html = moderator.get(address).content.decode()
    assert "&lt;b&gt;<mark>casino</mark>&lt;/b&gt;" in html
    assert "/wiki/tasks/compare/?from=1&amp;to=2" in html
    hit = rule.hits.get()
    answer = moderator.post(f"/rules/hits/{hit.pk}/mark/", {"next": f"{address}?only=tag"})
    assert answer["Location"] == f"{address}?only=tag"
    assert "false alarm" in moderator.get(f"{address}?only=false").content.decode()
    assert moderator.get("/rules/").context["rules"][0].false_alarms in (0, 1)
    moderator.post(f"/rules/hits/{hit.pk}/mark/", {"undo": "1", "next": "https://evil.example/"})
    assert "No hit" in moderator.get(f"{address}?only=false").content.decode()


def test_hits_of_what_is_deleted_quote_nothing(moderator, maria, root, alice):
    make_rule(root, name="Marking")
    make_rule(root, name="Refusing", action="refuse", conditions=[condition("title", text="zz")])
    page = make_page(alice, body="The secret casino.\n")
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    rule = EditRule.objects.get(name="Marking")
    html = moderator.get(f"/rules/{rule.pk}/hits/").content.decode()
    assert "Tasks" in html
    assert "secret" not in html


def test_lists_take_a_constant_number_of_queries(
    moderator, root, alice, django_assert_max_num_queries
):
    rule = make_rule(root)
    page = make_page(alice)
    for number in range(20):
        edit(page, f"{number} " + "casino " * (number + 1), alice)
    for number in range(10):
        make_rule(root, name=f"Rule {number}")
    moderator.get("/rules/")
    with django_assert_max_num_queries(8):
        moderator.get("/rules/")
    with django_assert_max_num_queries(12):
        assert moderator.get(f"/rules/{rule.pk}/hits/").content.decode().count("<mark>") == 20
    with django_assert_max_num_queries(10):
        moderator.get(f"/rules/{rule.pk}/history/")
