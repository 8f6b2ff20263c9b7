"""Every page for everybody: axe's rules in light and dark, a narrow window, less motion.

WCAG 2.2 AA as far as a program can judge it. Each address of the URL table is visited, so a new
page is judged without a line here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.addresses import addresses, make_site
from tests.changes.content import make_page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """async ([tags, only]) => {
  const options = only ? { runOnly: only } : { runOnly: { type: "tag", values: tags } };
  const { violations } = await axe.run(document, { ...options, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`));
}"""
WIDER = """(width) => document.documentElement.scrollWidth <= width ? [] :
  [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1).slice(-3)
    .map((element) => `wide: ${element.outerHTML.slice(0, 120)}`)"""
#: The pages are judged in so many parts, side by side.
PARTS = 4
#: The width of a window of 1280 CSS pixels at a zoom of 400 % (WCAG 1.4.10).
ZOOMED: ViewportSize = {"width": 320, "height": 800}

Pages = list[tuple[str, str]]


@pytest.fixture
def visited(client: Client, root: User, alice: User, erin: User, maria: User) -> Pages:
    """The addresses that show a page of ours to an administrator, by name."""
    make_site(contributor=alice, editor=erin, moderator=maria)
    client.force_login(root)
    return list(_pages(client))


def _pages(client: Client) -> Iterator[tuple[str, str]]:
    for name, address in sorted(addresses().items()):
        if name in {"account_logout"}:
            continue
        response = client.get(address)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code == 200 and is_page:
            yield name, address


def _sign_in(context: BrowserContext, client: Client, base_url: str) -> None:
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base_url}])


def _judge(page: Page) -> list[str]:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(RUN, [RULES, None])
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {line}" for line in page.evaluate(RUN, [RULES, COLOURS])]
    return found


def _overflow(page: Page) -> list[str]:
    """What is wider than the window of a reader who zooms to 400 %, if anything is."""
    return page.evaluate(WIDER, ZOOMED["width"])  # type: ignore[no-any-return]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_breaks_a_rule_of_accessibility(
    context: BrowserContext, live_server: LiveServer, client: Client, visited: Pages, part: int
) -> None:
    assert len(visited) > 80
    _sign_in(context, client, live_server.url)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for name, address in visited[part::PARTS]:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        broken = _judge(page)
        page.set_viewport_size(ZOOMED)
        if broken := [*broken, *_overflow(page)]:
            found[f"{name} ({address})"] = broken
    assert not found, "\n".join(f"{name}: {line}" for name in found for line in found[name])


READING_ORDER = (
    '- link "Skip to content"',
    "- banner:",
    '- navigation "Main"',
    "- search:",
    "- main:",
    '- navigation "You are here"',
    '- heading "Tasks" [level=1]',
    '- navigation "Page"',
    "- article:",
    '- link "Ray":',
    '- complementary "About this page"',
    '- navigation "On this page"',
    "- contentinfo:",
)


def test_a_page_is_read_and_reached_in_order(page: Page, alice: User) -> None:
    """The tree that a screen reader goes through, and the way of the Tab key."""
    body = "First words.\n\n## A part\n\nSee [Ray](https://ray.example/).\n\n## Another\n\nEnd.\n"
    make_page(alice, body=body)
    page.goto("/wiki/tasks/")
    tree = page.locator("body").aria_snapshot()
    places = [tree.find(part) for part in READING_ORDER]
    assert -1 not in places, tree
    assert places == sorted(places), tree
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").locator("a").first).to_be_focused()


def test_nothing_moves_for_who_asks_for_less_motion(page: Page, alice: User) -> None:
    make_page(alice)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/wiki/tasks/")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element);
        return [transitionDuration, animationDuration].some((text) =>
            text.split(", ").some((time) => parseFloat(time) > 0.001));
    }).map((element) => element.outerHTML.slice(0, 80))""")
    assert moving == []
