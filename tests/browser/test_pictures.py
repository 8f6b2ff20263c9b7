"""Pictures put into a text, in the text area and in the rich editor: dropped, pasted, refused."""

from base64 import b64encode

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from tests.browser.test_first_light import sign_in
from tests.wiki.pictures import draw
from wiki.image_models import Image

GIVE = """(box, { sort, kind, data, at }) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "a", { type: kind }));
  const how = { bubbles: true, cancelable: true };
  const event = sort === "drop"
    ? new DragEvent("drop", { dataTransfer: transfer, clientX: at[0], clientY: at[1], ...how })
    : new ClipboardEvent("paste", { clipboardData: transfer, ...how });
  (box.querySelector(".cm-line:last-child") ?? box).dispatchEvent(event);
  return event.defaultPrevented;
}"""
both = pytest.mark.parametrize("is_rich", [False, True], ids=["text area", "rich editor"])


def open_editor(page: Page, *, is_rich: bool) -> Locator:
    """The editor of a new page, with the caret at the end of two lines."""
    page.goto("/wiki/-/new/")
    page.get_by_label("Title").fill("Halves")
    if is_rich:
        page.get_by_role("button", name="Rich editor").click()
    box = page.locator(".cm-content" if is_rich else "#id_body")
    box.click()
    page.keyboard.type("Before.\nAfter.")
    return box


def give(
    box: Locator,
    sort: str,
    *,
    kind: str = "image/png",
    data: bytes | None = None,
    at: tuple[float, float] = (0, 0),
) -> None:
    content = b64encode(draw() if data is None else data).decode()
    assert box.evaluate(GIVE, {"sort": sort, "kind": kind, "data": content, "at": at})


def describe(page: Page, alt: str) -> None:
    dialog = page.get_by_role("dialog", name="Upload a picture")
    dialog.get_by_label("What does it show?").fill(alt)
    dialog.get_by_label("Author and licence").fill("Ana, CC BY 4.0")
    dialog.get_by_role("button", name="Upload").click()


@both
def test_a_picture_dropped_on_a_text_is_uploaded(page: Page, alice: User, is_rich: bool) -> None:
    sign_in(page, alice)
    box = open_editor(page, is_rich=is_rich)
    area = box.bounding_box()
    assert area
    give(box, "drop", at=(area["x"] + area["width"] - 9, area["y"] + area["height"] - 9))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What does it show?").fill("Two halves")
    dialog.get_by_role("button", name="Upload").click()
    # What is missing is said in the dialog, and the file is still there.
    dialog.get_by_label("Author and licence").fill("Ana, CC BY 4.0")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_have_count(0)
    markdown = f'![Two halves](/images/{Image.objects.get().name} "Ana, CC BY 4.0")'
    expect(page.locator("#id_body")).to_have_value(f"Before.\nAfter.\n\n{markdown}\n\n")
    expect(box).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("#id_body")).to_have_value("Before.\nAfter.")
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#id_body")).to_have_value(f"Before.\nAfter.\n\n{markdown}\n\n")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("figure img[alt='Two halves']")).to_be_visible()
    expect(page.locator("figcaption")).to_have_text("Ana, CC BY 4.0")


@both
def test_a_picture_stands_where_it_is_dropped_or_pasted(
    page: Page, alice: User, is_rich: bool
) -> None:
    sign_in(page, alice)
    box = open_editor(page, is_rich=is_rich)
    page.keyboard.press("Home")
    give(box, "paste")
    describe(page, "Pasted")
    markdown = '![Pasted](/images/{} "Ana, CC BY 4.0")'
    text = page.locator("#id_body")
    expect(text).not_to_have_value("Before.\nAfter.")
    pasted = markdown.format(Image.objects.get().name)
    expect(text).to_have_value(f"Before.\n\n{pasted}\n\nAfter.")
    corner = box.bounding_box()
    assert corner
    give(box, "drop", at=(corner["x"] + 2, corner["y"] + 12), data=draw(size=(4, 4)))
    describe(page, "Dropped")
    expect(page.get_by_role("dialog")).to_have_count(0)
    dropped = Image.objects.exclude(alt="Pasted").get()
    expect(text).to_have_value(
        f'![Dropped](/images/{dropped.name} "Ana, CC BY 4.0")\n\nBefore.\n\n{pasted}\n\nAfter.'
    )


@both
def test_what_is_no_picture_and_what_cannot_be_sent_is_told(
    page: Page, alice: User, page_errors: list[str], is_rich: bool
) -> None:
    sign_in(page, alice)
    box = open_editor(page, is_rich=is_rich)
    give(box, "drop", kind="application/pdf", data=b"%PDF-1.7")
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("This is no picture")
    page.get_by_role("button", name="Close").click()
    give(box, "paste", data=b"nothing")
    describe(page, "Broken")
    error = page.get_by_role("dialog").locator(".errorlist")
    expect(error).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
    expect(box).to_be_focused()

    def lose(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    page.route("**/images/upload/", lose)
    page.get_by_role("button", name="Picture").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": draw()}
    )
    describe(page, "Sent again")
    expect(alert).to_contain_text("could not be sent")
    page.unroute("**/images/upload/")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_have_count(0)
    name = Image.objects.get().name
    expect(page.locator("#id_body")).to_have_value(
        f'Before.\nAfter.\n\n![Sent again](/images/{name} "Ana, CC BY 4.0")\n\n'
    )
    assert all("ERR_FAILED" in error for error in page_errors)
    page_errors.clear()
