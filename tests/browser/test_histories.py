"""Going through differences by keys, as only a browser shows it."""

from typing import Any

from playwright.sync_api import Page, expect

from accounts.roles import CONTRIBUTORS
from tests.cast import make_user
from tests.changes.content import edit, make_page


def test_differences_are_gone_through_by_keys_and_the_view_is_remembered(
    page: Page, live_server: Any, page_errors: list[str]
) -> None:
    alice = make_user("alice", CONTRIBUTORS)
    lines = [f"This is line {number} of the page.\n" for number in range(60)]
    tasks = make_page(alice, "Tasks", "".join(lines))
    lines[3], lines[55] = "Another line here.\n", "The last one is another line, too.\n"
    edit(tasks, "".join(lines), alice)
    page.goto("/wiki/tasks/compare/?view=split")
    page.goto("/wiki/tasks/compare/")
    expect(page.locator("table.diff.side")).to_be_visible()
    where = page.locator("[data-at]")
    for key, words in (("n", "1 of 2"), ("n", "2 of 2"), ("n", "1 of 2"), ("p", "2 of 2")):
        page.keyboard.press(key)
        expect(where).to_contain_text(words)
    expect(page.locator("tr.at")).to_be_in_viewport()
    expect(page.locator("tr.at")).to_be_focused()
    page.goto("/wiki/tasks/")  # structured data: the policy has nothing against it
    assert page_errors == []
