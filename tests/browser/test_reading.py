"""Reading a page in a browser: the contents list, headings, footnotes, code, tables."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from changes.recording import Authorship
from wiki.editing import create_page

FILLING = "Words and words and words. " * 60
BODY = f"""## First

A claim.[^1] {FILLING}

```python
for x in range(3):
    print(x)
```

## Second

| Name | Size |
|---|---|
| b | 1,200 |
| a | 90 |
| c | |
| d | 1000 |

{FILLING}

{FILLING}

## Third

| {" | ".join(f"a-long-head-{number}" for number in range(20))} |
|{"---|" * 20}
|{" x |" * 20}

{FILLING}

[^1]: The **source** of it.
"""


def write(actor: User) -> str:
    values = {"title": "Long", "body": BODY}
    return create_page(values=values, by=Authorship(actor=actor)).get_absolute_url()


def test_a_long_page_is_read_with_ease(
    page: Tab, live_server: Any, erin: User, in_thread: Callable[..., Any]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.set_viewport_size({"width": 1200, "height": 700})
    page.goto(in_thread(write, erin))
    contents = page.get_by_role("navigation", name="On this page")
    expect(contents.locator("[aria-current=location]")).to_have_text("First")

    note = page.locator("#footnote-preview")
    page.keyboard.press("Tab")
    page.locator(".footnote-ref a").hover()
    expect(note).to_have_text("The source of it.")
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()

    page.get_by_role("button", name="Copy").click(force=True)
    expect(page.get_by_role("button", name="Copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()").startswith("for x in range(3):\n")
    page.get_by_role("link", name="Link to this section: Second").click(force=True)
    expect(page.get_by_text("The address of this section was copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/wiki/long/#h-second")
    expect(contents.locator("[aria-current=location]")).to_have_text("Second")

    # Only what scrolls is a region with a place in the order of tabs.
    expect(page.get_by_role("region", name="Table: Third")).to_have_attribute("tabindex", "0")
    expect(page.get_by_role("region", name="Table: Second")).to_have_count(0)

    size = page.get_by_role("columnheader", name="Size")
    for order, names in (("ascending", "adbc"), ("descending", "bdac"), ("none", "bacd")):
        size.get_by_role("button").click()
        expect(size).to_have_attribute("aria-sort", order)
        cells = page.locator("table").first.locator("tbody td:first-child")
        assert "".join(cells.all_inner_texts()) == names


def test_a_heading_is_named_by_its_words_and_its_links_follow_it(
    page: Tab, erin: User, in_thread: Callable[..., Any]
) -> None:
    page.goto(in_thread(write, erin))
    heading = page.get_by_role("heading", name="Second", exact=True, level=2)
    box = heading.locator("..")
    expect(box).to_match_aria_snapshot("""
        - heading "Second" [level=2]
        - 'link "Link to this section: Second"'
        - 'link "Edit this part: Second"'
    """)
    line = heading.bounding_box()
    edit = page.get_by_role("link", name="Edit this part: Second")
    beside = edit.bounding_box()
    assert line and beside
    assert line["y"] < beside["y"] + beside["height"] / 2 < line["y"] + line["height"]
    assert beside["x"] > line["x"] + line["width"]
    sign = page.get_by_role("link", name="Link to this section: Second")
    sign.focus()
    expect(sign).to_have_css("opacity", "1")
    page.keyboard.press("Tab")
    expect(edit).to_be_focused()
    page.emulate_media(media="print")
    expect(heading).to_be_visible()
    expect(sign).to_be_hidden()
    expect(edit).to_be_hidden()
