"""A newcomer proposes, a moderator amends and approves by keyboard, and the author is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from accounts.roles import NEWCOMERS
from tests.browser.screenshots import Picture
from tests.cast import make_user
from tests.changes.content import make_page
from wiki.models import Page

BODY = "# Tasks\n\nA task is a function.\n\nIt runs elsewhere.\n"


def make_session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def session_of(tab: Tab, live_server: Any, in_thread: Callable[..., Any], user: User) -> None:
    """Have ``tab`` go on as ``user``."""
    cookie = {
        "name": "sessionid",
        "value": in_thread(make_session, user),
        "url": live_server.url,
    }
    tab.context.clear_cookies()
    tab.context.add_cookies([cookie])  # type: ignore[list-item]


def make_people(alice: User) -> User:
    make_page(alice, "Tasks", BODY)
    return make_user("nina", NEWCOMERS)


def find_revision() -> tuple[str, str, str]:
    revision = Page.objects.get().history.first()
    return revision.body, revision.author_label, revision.accepted_by.label


def test_a_proposal_goes_its_way(
    page: Tab,
    live_server: Any,
    alice: User,
    maria: User,
    in_thread: Callable[..., Any],
    picture: Picture,
) -> None:
    nina = in_thread(make_people, alice)
    session_of(page, live_server, in_thread, nina)
    page.goto("/wiki/tasks/edit/")
    expect(page.get_by_text("You can propose it:")).to_be_visible()
    picture(page, "proposal-form")
    page.get_by_label("Text").fill(BODY.replace("a function", "a functoin that Ray runs"))
    page.get_by_label("Edit summary").fill("say who runs it")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.get_by_text("It waits for a moderator.")).to_be_visible()
    picture(page, "proposal-waits")
    address = page.url

    session_of(page, live_server, in_thread, maria)
    page.goto("/review/")
    expect(page.locator("[data-current] h2")).to_have_text("Tasks")
    picture(page, "proposal-case")
    page.keyboard.press("e")
    expect(page.get_by_text("You amend a proposal.")).to_be_visible()
    picture(page, "proposal-amend")
    text = page.get_by_label("Text")
    text.focus()
    text.fill(BODY.replace("a function", "a function that Ray runs"))
    button = page.get_by_role("button", name="Approve as amended")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Published as you amended it.")).to_be_visible()
    revision = in_thread(find_revision)
    assert revision == (BODY.replace("a function", "a function that Ray runs"), "nina", "maria")

    session_of(page, live_server, in_thread, nina)
    page.goto("/notifications/")
    expect(page.get_by_text("with changes: it is published.").first).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("It is published.", exact=True)).to_be_visible()
    picture(page, "proposal-published")


def test_declining_by_keyboard_asks_for_the_reason_first(
    page: Tab,
    live_server: Any,
    alice: User,
    maria: User,
    in_thread: Callable[..., Any],
) -> None:
    nina = in_thread(make_people, alice)
    session_of(page, live_server, in_thread, nina)
    page.goto("/wiki/tasks/edit/")
    page.get_by_label("Text").fill("Spam.\n")
    page.get_by_role("button", name="Send to the moderators").click()
    session_of(page, live_server, in_thread, maria)
    page.goto("/review/")
    page.keyboard.press("3")
    reason = page.locator("[data-current] textarea[name=reason]")
    expect(reason).to_be_focused()
    page.keyboard.type("This is no text about Ray.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-announce]")).to_contain_text("Decline")
    expect(page.locator("[data-case]")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("[data-case]")).to_have_count(1)
