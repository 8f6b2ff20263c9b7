"""The review queue by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from catalog.models import Resource
from linkcheck.models import Link
from moderation.cases import open_case
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_resource


def open_cases(actor: User) -> str:
    """Three dead links, and the cookie of a moderator's session."""
    for number in range(3):
        url = f"https://gone{number}.example/"
        resource = make_resource(actor, url, f"Entry {number}")
        Link.objects.filter(pk=resource.link_id).update(mark="dead", verdict="dead")
        open_case(
            kind="dead_link",
            target_type="link",
            target_id=resource.link_id,
            title=url,
            reason="404",
            priority=-number,
        )
    client = Client()
    client.force_login(actor)
    return client.cookies["sessionid"].value


@pytest.fixture
def queue(
    page: Page,
    live_server: Any,
    maria: User,
    in_thread: Callable[..., Any],
) -> Page:
    session = in_thread(open_cases, maria)
    cookie = {"name": "sessionid", "value": session, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto("/review/")
    return page


def test_keys_move_decide_and_leave_typing_alone(
    queue: Page, in_thread: Callable[..., Any], keep_screenshots: Callable[[Page, str], None]
) -> None:
    current = queue.locator("[data-current] h2")
    expect(queue.get_by_text("move", exact=False).first).to_be_visible()
    queue.keyboard.press("j")
    expect(current).to_have_text("Entry 0")
    queue.keyboard.press("j")
    queue.keyboard.press("j")
    queue.keyboard.press("j")
    expect(current).to_have_text("Entry 2")
    queue.keyboard.press("k")
    expect(current).to_have_text("Entry 1")
    keep_screenshots(queue, "review")
    # Without an address nothing can be replaced: the key leads to its field.
    queue.keyboard.press("1")
    address = queue.locator("[data-current] input[name=new_url]")
    expect(address).to_be_focused()
    queue.keyboard.type("https://new.example/j4")
    expect(address).to_have_value("https://new.example/j4")
    queue.keyboard.press("Escape")
    queue.keyboard.press("1")
    expect(queue.get_by_role("status").first).to_contain_text("Replaced by https://new.example/j4")
    expect(queue.locator("[data-case]")).to_have_count(2)
    queue.keyboard.press("j")
    queue.keyboard.press("4")
    expect(queue.locator("[data-case]")).to_have_count(1)

    def outcome() -> tuple[str, list[str], int]:
        resource = Resource.objects.get(title="Entry 1")
        actions = list(Decision.objects.order_by("id").values_list("action", flat=True))
        return resource.url, actions, Case.objects.open().count()

    assert in_thread(outcome) == ("https://new.example/j4", ["replace", "dismiss"], 1)
