"""The browser that the other tests rely on sees what it must see."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from playwright.sync_api import Page


def test_a_page_of_the_site_loads_without_a_complaint(page: Page) -> None:
    response = page.goto("/accounts/login/")
    assert response is not None
    assert response.status == 200
    assert page.title()


def test_a_breach_of_the_content_security_policy_is_noticed(
    page: Page, page_errors: list[str]
) -> None:
    page.goto("/healthz")
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.ran") is None
    assert any("CSP: script-src" in error for error in page_errors)
    page_errors.clear()


def test_work_that_needs_an_event_loop_of_its_own_runs_in_a_thread(
    page: Page, in_thread: Callable[..., Any]
) -> None:
    def count_groups() -> int:
        asyncio.run(asyncio.sleep(0))
        return Group.objects.count()

    assert in_thread(count_groups) == Group.objects.count() > 0
