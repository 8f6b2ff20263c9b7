"""The editor as only a browser shows it: tools, completion, live preview, rich editor, drafts."""

import re
from typing import Any

from playwright.sync_api import Dialog, Page, expect

from accounts.roles import CONTRIBUTORS
from changes.models import Draft
from search.indexing import index_stale_documents
from tests.browser.test_first_light import sign_in
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.models import Page as WikiPage

PASTE = """(area, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
}"""


def test_writing_with_the_editor_from_toolbar_to_conflict(
    page: Page, live_server: Any, page_errors: list[str]
) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    alice, bob = make_user("alice", CONTRIBUTORS), make_user("bob", CONTRIBUTORS, "Editors")
    wiki_page = make_page(alice, "Tasks", "First.\n\n## Scale\n\nAdd nodes.\n")
    make_resource(alice, make_section(bob), "Ray docs")
    index_stale_documents()
    sign_in(page, bob)
    write_in_the_text_area(page)
    leave_and_come_back(page)
    assert asked == ["beforeunload"]
    write_in_the_rich_editor(page)
    choose_in_a_conflict(page, wiki_page, alice)
    assert ["409" in error for error in page_errors] == [True]
    page_errors.clear()


def write_in_the_text_area(page: Page) -> None:
    page.goto("/wiki/tasks/")
    page.get_by_role("link", name="Edit this part: Scale").click()
    text = page.locator("#id_body")
    preview = page.locator("[data-preview-pane]")
    expect(preview.locator("h2")).to_contain_text("Scale")
    text.press("Control+End")
    text.press_sequentially("See [[tas")
    expect(page.get_by_role("option", name="Tasks")).to_have_attribute("aria-selected", "true")
    expect(text).to_have_attribute("role", "combobox")
    text.press("Enter")
    text.press_sequentially(" and @[ray")
    page.get_by_role("option", name="Ray docs").click()
    expect(text).to_have_value(
        "## Scale\n\nAdd nodes.\nSee [[Tasks]] and [Ray docs](/resources/ray-docs/)"
    )
    text.press("Control+b")
    text.press_sequentially("now")
    expect(preview.locator("strong")).to_have_text("now")
    expect(preview.get_by_role("link", name="Ray docs")).to_be_visible()
    text.evaluate("area => area.setSelectionRange(10, 19)")
    text.evaluate(PASTE, "https://nodes.example/")
    expect(text).to_have_value(
        "## Scale\n\n[Add nodes](https://nodes.example/).\n"
        "See [[Tasks]] and [Ray docs](/resources/ray-docs/)**now**"
    )
    expect(page.get_by_text("Kept as a draft")).to_be_visible()


def leave_and_come_back(page: Page) -> None:
    page.goto("/wiki/tasks/")
    page.get_by_role("link", name="Edit this part: Scale").click()
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_role("textbox", name="Text")).to_have_value(
        "## Scale\n\n[Add nodes](https://nodes.example/).\n"
        "See [[Tasks]] and [Ray docs](/resources/ray-docs/)**now**"
    )
    page.get_by_role("button", name="Show changes").click()
    expect(page.get_by_role("heading", name="What you changed")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    assert not Draft.objects.exists()
    assert WikiPage.objects.get().body.startswith("First.\n\n## Scale\n\n[Add nodes]")


def write_in_the_rich_editor(page: Page) -> None:
    page.goto("/wiki/tasks/edit/")
    page.get_by_role("button", name="Rich editor").click()
    rich = page.locator(".cm-content")
    expect(rich).to_be_focused()
    expect(rich).to_have_attribute("aria-label", "Text")
    page.keyboard.press("Control+Home")
    page.keyboard.type("See [[tas")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("Tasks")
    page.wait_for_timeout(150)  # CodeMirror takes no key for a choice right after it opened
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bold").click()
    page.keyboard.type("here")
    expect(page.locator("#id_body")).to_have_value(
        re.compile(r"^See \[\[Tasks\]\]\*\*here\*\*First\.")
    )
    for _sign in "here":
        page.keyboard.press("Shift+ArrowLeft")
    rich.evaluate(PASTE, "https://nodes.example/")
    expect(page.locator("#id_body")).to_have_value(
        re.compile(r"^See \[\[Tasks\]\]\*\*\[here\]\(https://nodes\.example/\)\*\*First\.")
    )
    page.reload()  # the choice is remembered
    expect(page.locator(".cm-content")).to_be_visible()
    page.get_by_role("button", name="Rich editor").click()
    expect(page.locator(".cm-content")).to_have_count(0)


def choose_in_a_conflict(page: Page, wiki_page: WikiPage, alice: Any) -> None:
    page.goto("/wiki/tasks/edit/")
    text = page.get_by_role("textbox", name="Text")
    text.fill(text.input_value().replace("First.", "My first."))
    edit(wiki_page, WikiPage.objects.get().body.replace("First.", "Her first."), alice)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Place 1 of 1")).to_be_visible()
    page.get_by_label("Both, one after the other").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    assert WikiPage.objects.get().body.startswith("Her first.\n\nMy first.\n\n## Scale")
