"""A reader's test of the starter: what one comes for is three clicks or one search away."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

MAX_CLICKS = 3


@pytest.fixture
def starter(live_server: object) -> None:
    """The site as ``make run`` fills it."""
    call_command("make_starter", verbosity=0)


def follow(page: Page, route: list[str]) -> None:
    """Click links by their names, from the front page on."""
    assert len(route) <= MAX_CLICKS
    page.goto("/")
    for name in route:
        page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


def see(page: Page, heading: str, sign: str) -> None:
    """Be on the page of that title, and have found there what one came for."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    signs = page.get_by_role("main").get_by_text(sign).locator("visible=true")
    expect(signs.first).to_be_visible()


# What one looks for: the links to it, the page where one arrives, and what stands there.
JOURNEYS = {
    "a beginner's tutorial": (
        ["New here? Start here", "Ray in an afternoon"],
        "Ray in an afternoon",
        "about 4 h in all",
    ),
    "the KubeRay guide": (
        ["Ray on Kubernetes", "Ray on Kubernetes"],
        "Ray on Kubernetes",
        "RayJob",
    ),
    "the table of training frameworks": (
        ["Ray Train", "Distributed training compared"],
        "Distributed training compared",
        "After a failure",
    ),
    "the CVE list": (["Security", "Security"], "Security", "CVE-2023-48022"),
    "the migration page": (
        ["Migration and alternatives", "Leaving, moving, mixing: migration strategies"],
        "Leaving, moving, mixing: migration strategies",
        "Leaving a platform",
    ),
    "the Java page": (
        ["Ray + Java", "Ray from Java and C++"],
        "Ray from Java and C++",
        "java_actor_class",
    ),
}
# The same by one search among the pages.
SEARCHES = {
    "KubeRay": "Ray on Kubernetes",
    "torchrun": "Distributed training compared",
    "CVE-2023-48022": "Security",
    "migration": "Leaving, moving, mixing: migration strategies",
    "java_function": "Ray from Java and C++",
}


def test_what_one_comes_for_is_few_clicks_away(page: Page, starter: None) -> None:
    for route, heading, sign in JOURNEYS.values():
        follow(page, route)
        see(page, heading, sign)


def test_start_here_leads_to_all_of_it_as_well(page: Page, starter: None) -> None:
    for _, heading, sign in JOURNEYS.values():
        follow(page, ["New here? Start here", heading])
        see(page, heading, sign)


def test_one_search_finds_it_too(page: Page, starter: None) -> None:
    for words, heading in SEARCHES.items():
        page.goto("/wiki/")
        page.get_by_label("Words in title or text").fill(words)
        page.get_by_role("button", name="Find").click()
        link = page.get_by_role("main").get_by_role("link", name=heading, exact=True)
        expect(link.first).to_be_visible()


def test_a_reader_of_spanish_or_chinese_is_led_on_in_it(page: Page, starter: None) -> None:
    for start, then, sign in (
        ("Empieza aquí", "¿Qué es Ray?", "Las cuatro ideas"),
        ("从这里开始", "Ray 是什么", "四个概念"),
    ):
        follow(page, [start, then])
        see(page, then, sign)
