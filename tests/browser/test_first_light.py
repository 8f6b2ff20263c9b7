"""The whole main job in a browser: write, compare, revert, follow; a link dies and is replaced."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import feedparser
import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from catalog.models import Resource
from linkcheck.models import Link
from moderation.models import Decision
from tests.browser.screenshots import Picture
from tests.cast import make_user
from tests.linkcheck.factories import make_resource, run_round
from tests.linkcheck.playground import Answer, Playground
from wiki.models import Page as WikiPage

PASSWORD = "correct horse battery"


@pytest.fixture
def web(settings: Any, live_server: Any) -> Iterator[Playground]:
    """A server beside the site, admitted to the checker, whose pages can die."""
    settings.SITE_URL = live_server.url
    settings.NEW_ACCOUNTS_JOIN = "contributors"  # what waits is test_proposals.py's subject
    with Playground() as playground:
        settings.LINKCHECK_ADMIT_NETWORKS = [ip_network("127.0.0.0/8")]
        settings.LINKCHECK_PORTS = [playground.port]
        settings.LINKCHECK_HOST_DELAY = 0
        yield playground


def sign_up(page: Page, name: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()


def sign_in(page: Page, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(user.username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def save(page: Page, text: str, summary: str) -> None:
    page.get_by_label("Text").fill(text)
    page.get_by_label("Edit summary").fill(summary)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")


def test_the_main_job_from_signing_up_to_a_repaired_link(
    page: Page,
    context: BrowserContext,
    web: Playground,
    in_thread: Callable[..., Any],
    picture: Picture,
) -> None:
    sign_up(page, "nora")
    write_compare_revert_and_follow(page, context, picture)
    context.clear_cookies()
    let_a_link_die_and_replace_it(page, web, in_thread, picture)


def write_compare_revert_and_follow(page: Page, context: BrowserContext, picture: Picture) -> None:
    page.goto("/wiki/-/new/?title=Ray in a nutshell")
    save(page, "Ray runs **tasks**.\n\nAnd actors.\n", "a first version")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ray in a nutshell")
    expect(page.locator("article strong")).to_have_text("tasks")

    page.get_by_role("link", name="Edit", exact=True).click()
    save(page, "Ray runs **many tasks**.\n\nAnd actors.\n", "many of them")

    page.get_by_role("navigation", name="Page").get_by_role("link", name="History").click()
    expect(page.get_by_text("many of them")).to_be_visible()
    page.get_by_role("button", name="Compare").first.click()
    expect(page.locator("ins").first).to_contain_text("many")
    picture(page, "compare")

    page.goto("/wiki/ray-in-a-nutshell/history/")
    page.get_by_role("link", name="Revision 1", exact=True).click()
    expect(page.locator("strong").filter(has_text="tasks").first).to_be_visible()
    page.goto("/wiki/ray-in-a-nutshell/revert/?to=1")
    page.get_by_role("button", name="Revert").click()
    expect(page.locator("article strong")).to_have_text("tasks")

    page.goto("/changes/")
    picture(page, "changes")
    kinds = page.locator(".changes li").all_inner_texts()
    assert "reverted" in kinds[0]
    assert "many of them" in kinds[1]
    feed = feedparser.parse(context.request.get("/changes.atom").body())
    assert not feed.bozo
    assert "Ray in a nutshell" in feed.entries[0].title
    wiki_page = WikiPage.objects.get(slug="ray-in-a-nutshell")
    assert (wiki_page.version, wiki_page.body) == (3, "Ray runs **tasks**.\n\nAnd actors.\n")


def let_a_link_die_and_replace_it(
    page: Page,
    web: Playground,
    in_thread: Callable[..., Any],
    picture: Picture,
) -> None:
    maria = make_user("maria", "Contributors", "Moderators")
    web.answers["/guide"] = Answer()
    web.answers["/new-guide"] = Answer()
    resource = make_resource(maria, web.url("/guide"), title="The guide")
    sign_in(page, maria)
    page.goto("/wiki/-/new/?title=Where to begin")
    save(page, f"Read [the guide]({web.url('/guide')}) first.\n", "")

    start = timezone.now()

    def check_on_day(day: int) -> None:
        with time_machine.travel(start + timedelta(days=day)):
            in_thread(run_round, now=timezone.now())

    check_on_day(0)
    assert Link.objects.get(url=web.url("/guide")).verdict == "ok"
    web.answers["/guide"] = Answer(404)
    check_on_day(2)
    page.goto("/resources/the-guide/")
    expect(page.get_by_text("may be broken").first).to_be_visible()
    for day in range(6, 30, 4):
        check_on_day(day)
    page.goto("/resources/the-guide/")
    expect(page.get_by_text("dead since").first).to_be_visible()

    page.goto("/review/")
    case = page.locator(".case")
    expect(case).to_have_count(1)
    expect(case).to_contain_text("Where to begin")
    expect(case).to_contain_text("The guide")
    picture(page, "review")
    case.get_by_label("New address").fill(web.url("/new-guide"))
    case.get_by_role("button", name="Replace").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()

    resource.refresh_from_db()
    assert resource.url == web.url("/new-guide")
    guide_page = WikiPage.objects.get(slug="where-to-begin")
    assert guide_page.body == f"Read [the guide]({web.url('/new-guide')}) first.\n"
    assert [h.version for h in resource.history.all()] == [2, 1]
    assert Resource.history.first().source == "repair"
    assert not Link.objects.get(url=web.url("/guide")).is_used
    page.goto("/log/")
    picture(page, "log")
    expect(page.get_by_text(maria.username).first).to_be_visible()
    assert Decision.objects.get().actor == maria
