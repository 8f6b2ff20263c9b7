"""The steps of a learning path as rows of a form: added, moved, taken out, put back, saved."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

from accounts.models import User
from tests.browser.screenshots import BOTH_THEMES, WIDE_AND_NARROW, Picture
from tests.browser.test_proposals import session_of
from tests.changes.content import make_page
from wiki.models import Path


def write_steps(page: Tab) -> None:
    """Three steps, the first to a page and the others notes."""
    page.locator("#id_title").fill("An afternoon")
    for number, (target, title) in enumerate([("Tasks", ""), ("", "Rest"), ("", "Play")]):
        if number:
            page.get_by_role("button", name="Add a step").click()
        row = rows(page).nth(number)
        row.get_by_label("Page or entry").fill(target)
        row.get_by_label("Title, where it should be another").fill(title)
        row.get_by_label("Minutes").fill("20")
        row.get_by_label("A word on it").fill(f"Word {number + 1}.")


def rows(page: Tab) -> Locator:
    return page.get_by_role("group", name="step")


def expect_rows(page: Tab, expected: list[tuple[str, str]]) -> None:
    """Wait until the rows are called so, and have these texts."""
    expect(rows(page).locator("legend")).to_have_text([name for name, _text in expected])
    for row, (_name, text) in zip(rows(page).all(), expected, strict=True):
        expect(row.locator("[name=step_text]")).to_have_value(text)


def save(page: Tab) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="An afternoon", level=1)).to_be_visible()


def stored() -> list[str]:
    return [step["text"] for step in Path.objects.get().steps]


MOVED = [("Step 1", "Word 1."), ("Step 2", "Word 3."), ("Step 3", "Word 2.")]
WITHOUT_FIRST = [("Removed step", "Word 1."), ("Step 1", "Word 3."), ("Step 2", "Word 2.")]


def test_steps_are_arranged_by_keyboard_and_what_was_taken_out_comes_back(
    page: Tab,
    live_server: Any,
    in_thread: Callable[..., Any],
    alice: User,
    picture: Picture,
) -> None:
    in_thread(make_page, alice, "Tasks")
    session_of(page, live_server, in_thread, alice)
    page.goto("/paths/-/new/")
    write_steps(page)
    minutes = rows(page).nth(2).get_by_label("Minutes")
    minutes.press("Alt+ArrowUp")
    expect_rows(page, MOVED)
    expect(rows(page).nth(1).get_by_label("Minutes")).to_be_focused()
    said = page.locator("[data-steps-status]")
    expect(said).to_have_text("Moved: it is step 2 now.")

    rows(page).first.get_by_role("button", name="Remove").press("Enter")
    expect_rows(page, WITHOUT_FIRST)
    expect(said).to_have_text("Removed. It can be put back until you save.")
    back = page.get_by_role("button", name="Put it back")
    expect(back).to_be_focused()
    # What was taken out is passed as if it were not there.
    rows(page).nth(1).get_by_role("button", name="Move up").press("Enter")
    expect_rows(page, WITHOUT_FIRST)
    picture(page, "path-rows", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    back.press("Enter")
    expect_rows(page, MOVED)
    expect(rows(page).first.get_by_label("Page or entry")).to_be_focused()

    rows(page).nth(2).get_by_role("button", name="Remove").press("Enter")
    save(page)
    expect(page.locator(".path-step h2")).to_have_text(["1 Tasks", "2 Play"])
    picture(page, "path", themes=BOTH_THEMES, widths=WIDE_AND_NARROW)
    assert in_thread(stored) == ["Word 1.", "Word 3."]


def test_the_same_buttons_arrange_steps_without_scripts(
    plain_page: Tab, live_server: Any, in_thread: Callable[..., Any], alice: User
) -> None:
    in_thread(make_page, alice, "Tasks")
    session_of(plain_page, live_server, in_thread, alice)
    plain_page.goto("/paths/-/new/")
    write_steps(plain_page)
    rows(plain_page).nth(2).get_by_role("button", name="Move up").click()
    expect_rows(plain_page, MOVED)
    rows(plain_page).first.get_by_role("button", name="Remove").click()
    expect_rows(plain_page, WITHOUT_FIRST)
    expect(plain_page.get_by_text("Tasks", exact=True)).to_be_visible()
    plain_page.get_by_role("button", name="Put it back").click()
    expect_rows(plain_page, MOVED)
    rows(plain_page).first.get_by_role("button", name="Remove").click()
    save(plain_page)
    assert in_thread(stored) == ["Word 3.", "Word 2."]
