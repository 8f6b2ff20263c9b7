"""Who watches a page is told of a change, and to look at the page is to have seen it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from changes.models import Notification
from tests.browser.test_proposals import session_of
from tests.changes.content import edit, make_page
from wiki.models import Page


def change_it(bob: User) -> None:
    edit(Page.objects.get(), "Two lines.\n", bob)


def count_unread() -> int:
    return Notification.objects.unread().count()


def test_a_watched_page_is_told_once_and_seen_by_looking_at_it(
    page: Tab, live_server: Any, in_thread: Callable[..., Any], alice: User, bob: User
) -> None:
    in_thread(make_page, bob, "Tasks")
    session_of(page, live_server, in_thread, alice)
    page.goto("/wiki/tasks/")
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.get_by_role("button", name="Unwatch")).to_be_visible()
    in_thread(change_it, bob)
    page.goto("/watchlist/")
    expect(page.get_by_role("button", name="Mark 1 as seen")).to_be_visible()
    with page.expect_response("**/watchlist/seen/"):
        page.goto("/wiki/tasks/")
    expect(page.get_by_text("Changed since you looked.")).to_be_visible()
    expect(page.get_by_role("button", name="Mark as seen")).to_have_count(0)
    assert in_thread(count_unread) == 0
