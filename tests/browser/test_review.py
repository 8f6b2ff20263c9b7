"""A moderator's ten minutes: the review queue by keyboard alone, and without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from accounts.roles import NEWCOMERS
from catalog.duplicates import sweep_duplicates
from catalog.models import Resource, Section
from changes.models import Change
from linkcheck.models import Host, Link
from linkcheck.states import LinkState
from linkcheck.verdicts import Verdict
from moderation.cases import open_case
from moderation.claiming import claim_case
from moderation.edit_cases import sweep_edit_cases
from moderation.models import Case, Decision, Note
from moderation.proposing import Draft, Proposer, propose_edit, propose_new
from moderation.reporting import About, report
from tests.browser.screenshots import Picture
from tests.cast import make_user
from tests.changes.content import edit, make_page
from tests.linkcheck.factories import make_resource
from wiki.models import Page as WikiPage

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


def propose(by: User, object_type: str, values: dict[str, Any], page: WikiPage | None) -> None:
    draft = Draft(values=values, base_version=page.version if page else 0)
    proposer = Proposer(user=by)
    if page is None:
        propose_new(object_type=object_type, draft=draft, by=proposer)
    else:
        propose_edit(object_type=object_type, object_id=page.pk, draft=draft, by=proposer)


def break_link(maria: User, kind: str, verdict: Verdict, title: str, **columns: str) -> None:
    url = f"https://{kind.replace('_', '-')}.example/"
    entry = make_resource(maria, url, title)
    state = LinkState(verdict=verdict).as_dict()
    Link.objects.filter(pk=entry.link_id).update(verdict=verdict.value, state=state, **columns)
    target = ("link", entry.link_id)
    if kind == "dead_host":
        host = Host.objects.get(name="dead-host.example")
        Host.objects.filter(pk=host.pk).update(missing_since=timezone.now(), missing_strikes=3)
        target = ("host", host.pk)
    open_case(kind=kind, target_type=target[0], target_id=target[1], title=url, reason="404")


def live_a_day(maria: User, erin: User, bob: User) -> str:
    """One case of each kind that a day brings, and the cookie of a moderator's session."""
    nina = make_user("nina", NEWCOMERS)
    tasks = make_page(maria, "Tasks", "A task is a functoin.\n")
    propose(nina, "page", {"body": "A task is a function.\n"}, tasks)
    edit(make_page(maria, "Actors"), "Buy pills.\n", bob)
    Change.objects.filter(object_title="Actors", actor=bob).update(labels=["spam words"])
    make_page(bob, "Quiet")
    day_ago = timezone.now() - timedelta(days=2)
    Change.objects.filter(object_title="Quiet").update(at=day_ago)
    report(about=About("page", tasks.pk), reason="outdated", text="It is old.", reporter=bob)
    break_link(maria, "dead_link", Verdict.DEAD, "The guide", mark="dead")
    moved = {"mark": "moved", "moved_to": "https://moved.example/new/"}
    break_link(maria, "moved_link", Verdict.MOVED, "The talk", **moved)
    break_link(maria, "unverifiable", Verdict.BLOCKED, "The wall", mark="unsure")
    break_link(maria, "dead_host", Verdict.DEAD, "The gone", mark="dead")
    for place in ("one", "two"):
        make_resource(maria, f"https://twins.example/{place}", "The twins")
    section = Section.objects.get()
    values = {"title": "Casino", "url": "https://casino.example/", "section_id": section.pk}
    propose(nina, "resource", values, None)
    sweep_edit_cases()
    sweep_duplicates()
    for place, kind in enumerate(DAY):
        case = Case.objects.filter(kind=kind).order_by("pk")[0 if kind != "proposal" else place]
        Case.objects.filter(pk=case.pk).update(priority=-place)
    client = Client()
    client.force_login(maria)
    return client.cookies["sessionid"].value


#: The kinds of a day, in the order of the queue; the second proposal is of a new entry.
DAY = [
    *("proposal", "proposal", "suspicious_edit", "report", "dead_link", "moved_link"),
    *("dead_host", "unverifiable", "duplicate", "unpatrolled"),
]
NO_MOUSE = """
globalThis.touched = [];
for (const name of ["pointerdown", "pointermove", "mousedown", "mousemove", "wheel", "touchstart"])
  addEventListener(name, (event) => touched.push(event.type), { capture: true, passive: true });
"""


def test_a_day_of_ten_different_cases_is_decided_and_one_undone_without_a_mouse(
    page: Page,
    live_server: Any,
    maria: User,
    erin: User,
    bob: User,
    in_thread: Callable[..., Any],
    picture: Picture,
) -> None:
    sign_in(page, live_server, in_thread(live_a_day, maria, erin, bob))
    page.add_init_script(NO_MOUSE)
    page.goto("/review/")
    keys = Keyboard(page)
    expect(page.locator("[data-keys-on]")).to_be_visible()
    expect(keys.current).to_have_text("Tasks")
    picture(page, "review-day")
    keys.press("j", "j", "k", "k", "1")  # looked around, then approved
    keys.expect_at("Casino", 9)
    expect(keys.said).to_contain_text("It is published as revision 2, with nina as its author.")
    keys.press("3")  # a refusal leads to its reason
    expect(page.locator("[data-current] textarea[name=reason]")).to_be_focused()
    page.keyboard.type("Advertising.")
    keys.press("Control+Enter")
    keys.expect_at("Actors", 8)
    keys.press("2")  # rolled back
    keys.expect_at("Tasks", 7)
    keys.press("1")  # the report: done about it
    keys.expect_at("The guide", 6)
    keys.press("1")  # leads to the address that it needs
    expect(page.locator("[data-current] input[name=new_url]")).to_be_focused()
    page.keyboard.type("https://new.example/guide")
    keys.press("Enter")
    keys.expect_at("The talk", 5)
    keys.press("1")  # the suggestion stands in the form
    keys.expect_at("dead-host.example", 4)
    keys.press("2")  # all its entries retired: a mistake
    keys.expect_at("The wall", 3)
    keys.press("u")
    expect(keys.said).to_contain_text("was taken back. Its case is open again.")
    expect(page.locator("[data-case]")).to_have_count(4)
    keys.press("k")
    keys.expect_at("dead-host.example", 4)
    keys.press("3")  # works for me
    keys.expect_at("The wall", 3)
    keys.press("5")
    keys.expect_at("The twins", 2)
    keys.press("1")  # merged
    keys.expect_at("Quiet", 1)
    keys.press("1")
    expect(page.get_by_text("Nothing waits for you")).to_be_focused()
    assert keys.loads == 0
    assert page.evaluate("touched") == []

    actions, entries, texts = in_thread(find_outcome)
    assert actions == [
        *("approve", "decline", "rollback", "done", "replace", "replace", "retire", "undo"),
        *("works_for_me", "ignore", "merge", "patrol"),
    ]
    assert entries == {
        "The guide": "https://new.example/guide",
        "The talk": "https://moved.example/new/",
        "The gone": "https://dead-host.example/",
        "The twins": "https://twins.example/one",
        "The wall": "https://unverifiable.example/",
    }
    assert texts["Tasks"] == "A task is a function.\n"
    assert "pills" not in texts["Actors"]


def find_outcome() -> tuple[list[str], dict[str, str], dict[str, str]]:
    """The decisions in order, the addresses of what is listed, the texts of the pages."""
    assert not Case.objects.open().exists()
    actions = list(Decision.objects.order_by("id").values_list("action", flat=True))
    listed = Resource.objects.listed().values_list("title", "url")
    return actions, dict(listed), dict(WikiPage.objects.values_list("title", "body"))


def test_claims_notes_snoozes_and_choices_by_keyboard(
    queue: Page, in_thread: Callable[..., Any], picture: Picture
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
    picture(queue, "review-chosen")
    keys.press("?")
    expect(queue.get_by_role("dialog")).to_be_visible()
    picture(queue, "review-keys")
    keys.press("Escape")
    expect(queue.get_by_role("dialog")).to_be_hidden()
    keys.press("/")
    expect(queue.get_by_label("Words")).to_be_focused()
    keys.press("Escape", "b")
    queue.wait_for_url("**/review/bulk/**")
    queue.get_by_label("Decision").select_option("dismiss")
    queue.get_by_role("button", name="Show what will change").press("Enter")
    picture(queue, "review-bulk")
    queue.get_by_role("button", name="Dismiss: 2 cases").press("Enter")
    expect(queue.get_by_text("2 decided", exact=True)).to_be_visible()
    picture(queue, "review-bulk-done")
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
