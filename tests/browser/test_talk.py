"""Talk pages as people use them: a thread is opened, answered with a quotation, resolved."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from changes.models import Notification
from tests.browser.screenshots import BOTH_THEMES, WIDE_AND_NARROW, Picture
from tests.browser.test_proposals import session_of
from tests.changes.content import make_page

QUESTION = "Does this hold for **actors** too?\n\nThe page says nothing of them.\n"


def test_a_thread_is_opened_answered_with_a_quotation_and_resolved(
    page: Tab,
    live_server: Any,
    in_thread: Callable[..., Any],
    alice: User,
    bob: User,
    picture: Picture,
) -> None:
    in_thread(make_page, bob, "Tasks")
    session_of(page, live_server, in_thread, alice)
    page.goto("/wiki/tasks/")
    page.get_by_role("navigation", name="Page").get_by_role("link", name="Talk").click()
    expect(page.get_by_role("heading", name="No open question")).to_be_visible()
    open_a_thread(page)
    session_of(page, live_server, in_thread, bob)
    quote_and_answer(page)
    picture(page, "talk-thread", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    told = in_thread(lambda: list(Notification.objects.values_list("recipient", flat=True)))
    assert told == [alice.pk]
    resolve_and_open_again(page, picture)


def open_a_thread(page: Tab) -> None:
    page.get_by_label("What it is about").fill("And actors?")
    page.get_by_label("Your words").fill(QUESTION)
    page.get_by_role("button", name="Open the thread").click()
    post = page.locator(".post")
    expect(page.get_by_role("heading", name="And actors?")).to_be_visible()
    expect(post.get_by_role("link", name="alice", exact=True)).to_be_visible()
    expect(post.locator("strong")).to_have_text("actors")
    expect(post.get_by_role("link", name="Edit", exact=True)).to_be_visible()


def quote_and_answer(page: Tab) -> None:
    page.goto("/wiki/tasks/talk/")
    page.get_by_role("link", name="And actors?").click()
    page.get_by_role("link", name="Quote alice").click()
    answer = page.get_by_label("Your words")
    expect(answer).to_be_in_viewport()
    expect(answer).to_have_value(
        "> Does this hold for **actors** too?\n>\n> The page says nothing of them.\n\n"
    )
    answer.press("Control+End")
    answer.press_sequentially("It does, @alice: they are tasks with a memory.")
    page.get_by_role("button", name="Answer").click()
    answered = page.locator(".post").last
    expect(answered).to_be_in_viewport()
    expect(answered.locator("blockquote strong")).to_have_text("actors")
    assert page.url.endswith(f"#{answered.get_attribute('id')}")
    # What was answered stays as it was said.
    expect(page.locator(".post").first.get_by_role("link", name="Edit", exact=True)).to_have_count(
        0
    )


def resolve_and_open_again(page: Tab, picture: Picture) -> None:
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("main .tag", has_text="resolved")).to_be_visible()
    page.get_by_role("link", name="All threads").click()
    expect(page.get_by_role("heading", name="No open question")).to_be_visible()
    page.get_by_role("navigation", name="Threads").get_by_role("link", name="Resolved").click()
    expect(page.get_by_role("link", name="And actors?")).to_be_visible()
    picture(page, "talk-resolved", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    page.get_by_role("link", name="And actors?").click()
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()


def test_without_an_account_one_reads_and_is_told_how_to_write(
    plain_page: Tab, bob: User, in_thread: Callable[..., Any], picture: Picture
) -> None:
    in_thread(make_page, bob, "Tasks")
    plain_page.goto("/wiki/tasks/talk/")
    expect(plain_page.get_by_text("Sign in to write here.")).to_be_visible()
    expect(plain_page.get_by_role("button", name="Open the thread")).to_have_count(0)
    picture(plain_page, "talk-reader", widths=WIDE_AND_NARROW)
    plain_page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect(plain_page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fwiki%2Ftasks%2Ftalk%2F$"))
