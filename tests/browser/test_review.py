"""A moderator's ten minutes: the review queue by keyboard alone, and without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from catalog.models import Resource
from linkcheck.models import Host, Link
from linkcheck.states import LinkState
from linkcheck.verdicts import Verdict
from moderation.cases import open_case
from moderation.claiming import claim_case
from moderation.models import Case, Decision, Note
from tests.linkcheck.factories import make_resource

# Ten mixed cases, in the order of the queue: kind, and the link's verdict and mark.
KINDS = [
    ("dead_host", Verdict.DEAD, "dead"),
    ("dead_link", Verdict.DEAD, "dead"),
    ("dead_link", Verdict.DEAD, "dead"),
    ("dead_link", Verdict.DEAD, "dead"),
    ("soft_dead", Verdict.SOFT_404, "suspect"),
    ("soft_dead", Verdict.PARKED, "suspect"),
    ("bad_certificate", Verdict.TLS_INVALID, "suspect"),
    ("unverifiable", Verdict.BLOCKED, "unsure"),
    ("moved_link", Verdict.MOVED, "moved"),
    ("repo_renamed", Verdict.MOVED, "moved"),
]


def open_cases(actor: User, count: int = len(KINDS)) -> str:
    """Mixed cases, and the cookie of a moderator's session."""
    for number, (kind, verdict, mark) in enumerate(KINDS[:count]):
        url = f"https://gone{number}.example/"
        resource = make_resource(actor, url, f"Entry {number}")
        Link.objects.filter(pk=resource.link_id).update(
            mark=mark,
            verdict=verdict.value,
            state=LinkState(verdict=verdict).as_dict(),
            moved_to=f"https://new{number}.example/" if mark == "moved" else "",
        )
        host = Host.objects.get(name=f"gone{number}.example")
        if kind == "dead_host":
            Host.objects.filter(pk=host.pk).update(missing_since=timezone.now(), missing_strikes=3)
        open_case(
            kind=kind,
            target_type="host" if kind == "dead_host" else "link",
            target_id=host.pk if kind == "dead_host" else resource.link_id,
            title=url,
            reason="404",
            priority=-number,
        )
    client = Client()
    client.force_login(actor)
    return client.cookies["sessionid"].value


def sign_in(page: Page, live_server: Any, session: str) -> None:
    cookie = {"name": "sessionid", "value": session, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


@pytest.fixture
def queue(page: Page, live_server: Any, maria: User, in_thread: Callable[..., Any]) -> Page:
    sign_in(page, live_server, in_thread(open_cases, maria))
    page.goto("/review/")
    return page


class Keyboard:
    """A moderator without a mouse; ``loads`` counts the pages that were loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loads = 0
        page.on("load", lambda _page: setattr(self, "loads", self.loads + 1))
        self.current = page.locator("[data-current] h2")
        self.said = page.locator("[data-announce]")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def expect_at(self, title: str, left: int) -> None:
        expect(self.page.locator("[data-case]")).to_have_count(left)
        expect(self.current).to_have_text(title)
        expect(self.page.locator("[data-current] h2 a")).to_be_focused()


def test_ten_mixed_cases_are_decided_and_one_undone_by_keyboard_alone(
    queue: Page, in_thread: Callable[..., Any], keep_screenshots: Callable[[Page, str], None]
) -> None:
    keys = Keyboard(queue)
    expect(queue.locator("[data-keys-on]")).to_be_visible()
    expect(queue.locator("[data-current] h2")).to_have_text("gone0.example")
    keep_screenshots(queue, "review")
    keys.press("4")  # the dead host: dismissed
    keys.expect_at("Entry 1", 9)
    expect(keys.said).to_contain_text("Dismissed")
    # The key of a replacement leads to the address that it needs.
    keys.press("1")
    address = queue.locator("[data-current] input[name=new_url]")
    expect(address).to_be_focused()
    queue.keyboard.type("https://new.example/j4")
    expect(address).to_have_value("https://new.example/j4")
    keys.press("Enter")
    keys.expect_at("Entry 2", 8)
    expect(keys.said).to_contain_text("Replaced by https://new.example/j4")
    keys.press("2")  # retired
    keys.expect_at("Entry 3", 7)
    keys.press("3")  # works for me
    keys.expect_at("Entry 4", 6)
    keys.press("6")  # really dead: a mistake
    keys.expect_at("Entry 5", 5)
    keys.press("u")
    expect(keys.said).to_contain_text("was taken back. Its case is open again.")
    expect(queue.locator("[data-case]")).to_have_count(6)
    keys.press("k")
    keys.expect_at("Entry 4", 6)
    keys.press("3")
    keys.expect_at("Entry 5", 5)
    keys.press("4")
    keys.expect_at("Entry 6", 4)
    keys.press("5")
    keys.expect_at("Entry 7", 3)
    keys.press("4")
    keys.expect_at("Entry 8", 2)
    keys.press("1")  # the suggestion stands in the form
    keys.expect_at("Entry 9", 1)
    keys.press("4")
    expect(queue.get_by_text("Nothing waits for you")).to_be_focused()
    assert keys.loads == 0

    def outcome() -> tuple[list[str], list[str], int]:
        entries = Resource.objects.filter(title__in=["Entry 1", "Entry 8"]).order_by("title")
        actions = list(Decision.objects.order_by("id").values_list("action", flat=True))
        urls = list(entries.values_list("url", flat=True))
        return urls, actions, Case.objects.open().count()

    urls, actions, left = in_thread(outcome)
    assert urls == ["https://new.example/j4", "https://new8.example/"]
    assert actions == [
        *("dismiss", "replace", "retire", "works_for_me", "really_dead", "undo", "works_for_me"),
        *("dismiss", "ignore", "dismiss", "replace", "dismiss"),
    ]
    assert left == 0


def test_claims_notes_snoozes_and_choices_by_keyboard(
    queue: Page, in_thread: Callable[..., Any], keep_screenshots: Callable[[Page, str], None]
) -> None:
    keys = Keyboard(queue)
    keys.press("c")
    expect(queue.locator("[data-current]")).to_contain_text("you are looking at this")
    keys.press("n")
    note = queue.locator("[data-current] textarea")
    expect(note).to_be_focused()
    queue.keyboard.type("jks1u?")  # letters are letters in a field
    keys.press("Tab", "Enter")
    expect(keys.said).to_contain_text("moderators alone can read it")
    expect(queue.locator("[data-current]")).to_contain_text("jks1u?")
    keys.press("j", "s")
    expect(queue.get_by_role("button", name="1 day")).to_be_focused()
    keys.press("Enter")
    expect(keys.said).to_contain_text("Put off")
    keys.expect_at("Entry 2", 9)
    keys.press("x", "j", "x")
    expect(queue.locator("[data-chosen]")).to_have_text("2")
    keep_screenshots(queue, "review-chosen")
    keys.press("?")
    expect(queue.get_by_role("dialog")).to_be_visible()
    keep_screenshots(queue, "review-keys")
    keys.press("Escape")
    expect(queue.get_by_role("dialog")).to_be_hidden()
    keys.press("/")
    expect(queue.get_by_label("Words")).to_be_focused()
    keys.press("Escape", "b")
    queue.wait_for_url("**/review/bulk/**")
    queue.get_by_label("Decision").select_option("dismiss")
    queue.get_by_role("button", name="Show what will change").press("Enter")
    keep_screenshots(queue, "review-bulk")
    queue.get_by_role("button", name="Dismiss: 2 cases").press("Enter")
    expect(queue.get_by_text("2 decided", exact=True)).to_be_visible()
    keep_screenshots(queue, "review-bulk-done")
    state = in_thread(lambda: (Note.objects.count(), Case.objects.waiting().count()))
    assert state == (2, 7)


def test_shortcuts_can_be_turned_off_and_on_again(queue: Page) -> None:
    keys = Keyboard(queue)
    keys.press("?")
    queue.get_by_role("button", name="Turn shortcuts off").press("Enter")
    expect(queue.get_by_text("Keyboard shortcuts are off.")).to_be_visible()
    queue.reload()
    keys.press("j", "4", "/")
    expect(queue.locator("[data-case]")).to_have_count(10)
    expect(queue.locator("[data-current] h2")).to_have_text("gone0.example")
    expect(queue.get_by_label("Words")).not_to_be_focused()
    queue.get_by_role("button", name="Turn them on").press("Enter")
    keys.press("j")
    expect(queue.locator("[data-current] h2")).to_have_text("Entry 1")


def test_who_comes_second_is_told_and_keeps_what_was_typed(
    queue: Page, mika: User, in_thread: Callable[..., Any], page_errors: list[str]
) -> None:
    keys = Keyboard(queue)
    keys.press("j")

    def claim() -> None:
        claim_case(case_id=Case.objects.get(title="https://gone1.example/").pk, actor=mika)

    in_thread(claim)
    queue.locator("[data-current] input[name=reason]").focus()
    queue.keyboard.type("I looked")
    keys.press("Escape", "4")
    expect(queue.locator("[data-current]")).to_contain_text("mika is looking at this")
    expect(queue.locator("[data-current] input[name=reason]")).to_have_value("I looked")
    question = queue.get_by_label("Decide it although mika is looking at it")
    expect(question).to_be_visible()
    keys.press("4")  # leads to the question whether that is meant
    expect(question).to_be_focused()
    keys.press("Space", "4")
    keys.expect_at("Entry 2", 9)
    page_errors.clear()  # the browser notes the answer 409


def test_without_scripts_every_step_is_a_form(
    browser: Browser, live_server: Any, maria: User, in_thread: Callable[..., Any]
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, in_thread(open_cases, maria, 3))
    page.goto("/review/")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.get_by_text("Dismissed: nothing was changed.")).to_be_visible()
    expect(page.locator("[data-case]")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Its case is open again.")).to_be_visible()
    page.locator("[data-pick]").first.check()
    page.get_by_role("button", name="Decide about the chosen ones").click()
    expect(page.get_by_role("heading", name="1 case")).to_be_visible()
    context.close()
