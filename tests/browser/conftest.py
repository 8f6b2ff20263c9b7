"""Chromium for the tests: one for the run, a fresh context and a strict eye for each test."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.browser.screenshots import Picture, keep_picture

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = ["--disable-dev-shm-usage", "--disable-gpu"]
STEP_TIMEOUT = 15_000  # milliseconds that a click or an expectation waits

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives Chromium."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """The Chromium of these tests; where it is missing they fail, and say what to install.

    It ends with the last of them: while Playwright runs, its event loop fills this thread, and
    the ``asyncio.run`` of any other test would be refused.
    """
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        pytest.fail("the browser tests need Chromium: as root, apt install chromium", pytrace=False)
    # Playwright's loop runs in this thread, from which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    # Chromium's sandbox needs a user other than root.
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=flags)
        yield chromium
        chromium.close()
        connection.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def in_thread() -> Callable[..., Any]:
    """Call a function with its arguments in a thread, where it may use ``asyncio.run``."""

    def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            try:
                return pool.submit(function, *args, **kwargs).result()
            finally:
                pool.submit(connections.close_all).result()

    return call


@pytest.fixture
def page_errors() -> list[str]:
    """What the browser complained of; a test that provokes a complaint checks and clears it."""
    return []


@pytest.fixture
def context(
    browser: Browser, live_server: LiveServer, page_errors: list[str]
) -> Iterator[BrowserContext]:
    """A browser without cookies on the test's own site, relative addresses allowed.

    Fails the test on a script's error, an error on the console, a breach of the content security
    policy, and a request to anywhere but the site.
    """
    with _open(browser, live_server, page_errors) as context:
        context.add_init_script(REPORT_VIOLATIONS)
        yield context
    assert page_errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()


@pytest.fixture
def plain_page(browser: Browser, live_server: LiveServer, page_errors: list[str]) -> Iterator[Page]:
    """One tab of a browser that runs no scripts, watched like any other."""
    with _open(browser, live_server, page_errors, java_script_enabled=False) as context:
        yield context.new_page()
    assert page_errors == []


@contextmanager
def _open(
    browser: Browser, live_server: LiveServer, page_errors: list[str], **options: Any
) -> Iterator[BrowserContext]:
    def note_console(message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        # Chromium asks for it of its own accord where a document (a feed) names no icon.
        if message.type == "error" and not address.endswith("/favicon.ico"):
            page_errors.append(f"console: {message.text} ({address})")

    def note_request(request: Request) -> None:
        if not request.url.startswith((f"{live_server.url}/", "data:", "blob:")):
            page_errors.append(f"request to elsewhere: {request.url}")

    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}, **options
    )
    context.set_default_timeout(STEP_TIMEOUT)
    context.on("console", note_console)
    context.on("weberror", lambda error: page_errors.append(f"script: {error.error}"))
    context.on("request", note_request)
    yield context
    context.close()


@pytest.fixture
def picture() -> Picture:
    """Keep a page as it stands as build output, for people who look."""
    return keep_picture
