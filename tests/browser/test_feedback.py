"""Was this helpful, what is missing, and what is wrong: asked of readers below a text."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.screenshots import BOTH_THEMES, WIDE_AND_NARROW, Picture
from tests.browser.test_proposals import session_of
from tests.changes.content import make_page

MISSING = "How to stop a task that hangs."


def test_a_reader_without_account_or_scripts_says_what_is_missing(
    plain_page: Tab,
    settings: Any,
    in_thread: Callable[..., Any],
    bob: User,
    picture: Picture,
) -> None:
    settings.FORM_TRAP_SECONDS = 0
    in_thread(make_page, bob, "Tasks")
    plain_page.goto("/wiki/tasks/")
    asked = plain_page.get_by_role("region", name="Was this helpful?")
    asked.get_by_role("link", name="No", exact=True).click()
    expect(plain_page.get_by_role("radio", name="No")).to_be_checked()
    plain_page.get_by_label("What is missing?").fill(MISSING)
    picture(plain_page, "feedback", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    plain_page.get_by_role("button", name="Send").click()
    expect(plain_page.get_by_role("heading", name="Thank you")).to_be_visible()
    plain_page.get_by_role("link", name="Back to “Tasks”").click()
    expect(plain_page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()


def test_who_is_signed_in_answers_beside_the_text_and_a_moderator_reads_it(
    page: Tab,
    live_server: Any,
    in_thread: Callable[..., Any],
    alice: User,
    bob: User,
    maria: User,
    picture: Picture,
) -> None:
    in_thread(make_page, bob, "Tasks")
    session_of(page, live_server, in_thread, alice)
    page.goto("/wiki/tasks/")
    asked = page.get_by_role("region", name="Was this helpful?")
    yes, no = (asked.get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(no).to_have_attribute("aria-pressed", "false")
    no.click()
    expect(page.get_by_text("Your answer is noted.")).to_be_visible()
    page.get_by_label("What is missing?").fill(MISSING)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status").first).to_contain_text("Thank you.")
    expect(no).to_have_attribute("aria-pressed", "true")
    picture(page, "feedback-given", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    session_of(page, live_server, in_thread, maria)
    page.goto("/review/")
    expect(page.get_by_text(MISSING)).to_be_visible()
    picture(page, "feedback-in-review", widths=WIDE_AND_NARROW)


def test_a_problem_is_reported_from_the_page_that_has_it(
    page: Tab,
    live_server: Any,
    in_thread: Callable[..., Any],
    alice: User,
    bob: User,
    maria: User,
    picture: Picture,
) -> None:
    in_thread(make_page, bob, "Tasks")
    session_of(page, live_server, in_thread, alice)
    page.goto("/wiki/tasks/")
    page.get_by_role("link", name="Report a problem").click()
    expect(page.get_by_role("heading", name="Report what is wrong")).to_be_visible()
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("radio", name="vandalism")).to_be_focused()  # the reason is missing
    page.get_by_role("radio", name="wrong or outdated").check()
    page.get_by_label("Tell us more").fill("It runs here by now.")
    picture(page, "report", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("status").first).to_be_visible()
    session_of(page, live_server, in_thread, maria)
    page.goto("/review/")
    expect(page.locator("[data-current] h2")).to_have_text("Tasks")
