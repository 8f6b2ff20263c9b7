"""What is written to attack readers does nothing in a real browser, with our policy and without."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page as Tab

from accounts.models import User
from changes.recording import Authorship
from tests.markup.vectors import load_jsonl, needs_vectors
from wiki.editing import create_page, edit_page

pytestmark = needs_vectors

VECTORS_A_PAGE = 120
WRAPPINGS = ("{}", "[text]({})", "[[{}]] `{}`")
# What a vector calls when it gets through, noted in every document before anything else runs.
NOTE_EFFECTS = """
window.effects = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...args) => { window.effects.push(`${name}(${args})`); };
}
document.write = (text) => window.effects.push(`document.write(${text})`);
"""
# Everything in the text is touched as a reader would; what listens would speak now.
TOUCH = """() => {
  const found = [];
  const inside = document.querySelectorAll("main *");
  for (const element of inside) {
    for (const name of element.getAttributeNames()) {
      if (name.startsWith("on") || name === "style" || name === "srcdoc") found.push(name);
    }
    if (/^(script|iframe|object|embed|base|meta|link|style|template)$/i.test(element.tagName)) {
      found.push(element.tagName);
    }
  }
  for (const link of document.querySelectorAll("main a[href]")) {
    if (!["http:", "https:", "mailto:"].includes(link.protocol)) found.push(link.href);
  }
  const stop = (event) => event.preventDefault();
  addEventListener("click", stop, true);
  for (const element of [document.body, ...document.querySelectorAll("main .prose *")]) {
    for (const name of ["click", "mouseover", "focus", "load", "error", "toggle", "animationend"]) {
      element.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
    }
  }
  removeEventListener("click", stop, true);
  return [...found, ...window.effects];
}"""


def texts() -> list[str]:
    """The corpus as the bodies of pages, each vector as a text and as an address."""
    vectors = [vector["text"] for vector in load_jsonl("xss.jsonl")]
    bodies = []
    for wrapping in WRAPPINGS:
        for start in range(0, len(vectors), VECTORS_A_PAGE):
            batch = vectors[start : start + VECTORS_A_PAGE]
            bodies.append("\n\n".join(wrapping.replace("{}", vector) for vector in batch))
    return bodies


def write_pages(actor: User) -> tuple[list[str], str]:
    """Addresses of pages with the corpus and of their differences; the cookie of a session."""
    urls = []
    for number, body in enumerate(texts()):
        by = Authorship(actor=actor, summary=body[:300].replace("\0", ""))
        title = f"{number} {' '.join(body.split())[:150]}"
        page = create_page(values={"title": title, "body": "Nothing yet.\n"}, by=by)
        edit_page(page_id=page.pk, base_version=1, values={"body": body}, by=by)
        urls.append(page.get_absolute_url())
    client = Client()
    client.force_login(actor)
    return urls, client.cookies["sessionid"].value


@pytest.mark.parametrize("has_policy", [True, False], ids=["with policy", "without policy"])
def test_no_hostile_text_does_anything(
    tab: Tab,
    live_server: Any,
    settings: Any,
    maria: User,
    in_thread: Callable[..., Any],
    has_policy: bool,
) -> None:
    if not has_policy:
        policy = settings.CONTENT_SECURITY_POLICY
        settings.CONTENT_SECURITY_POLICY = {**policy, "EXCLUDE_URL_PREFIXES": ("/",)}
    urls, session = in_thread(write_pages, maria)
    cookie = {"name": "sessionid", "value": session, "url": live_server.url}
    tab.context.add_cookies([cookie])  # type: ignore[list-item]
    faults = []
    others = [f"{url}{path}" for url in urls[::9] for path in ("history/", "compare/", "links/")]
    for url in [*urls, *others, "/changes/", "/wiki/", "/users/maria/"]:
        response = tab.goto(url, wait_until="load")
        assert response is not None
        assert response.status == 200
        assert ("content-security-policy" in response.headers) == has_policy
        effects = tab.evaluate(TOUCH)
        if effects != []:
            faults.append((url, effects))
    assert faults == []


def test_a_preview_puts_nothing_hostile_into_the_form(
    tab: Tab, live_server: Any, maria: User, in_thread: Callable[..., Any]
) -> None:
    session = in_thread(lambda: write_session(maria))
    cookie = {"name": "sessionid", "value": session, "url": live_server.url}
    tab.context.add_cookies([cookie])  # type: ignore[list-item]
    tab.goto("/wiki/-/new/")
    for body in texts()[::3]:
        tab.locator("textarea[name=body]").fill(body)
        with tab.expect_response("**/wiki/-/preview/") as answer:
            tab.locator("button[value=preview]").click()
        assert answer.value.status == 200
        tab.locator("[data-preview-pane] .prose *").first.wait_for()
        assert tab.evaluate(TOUCH) == []


def write_session(actor: User) -> str:
    client = Client()
    client.force_login(actor)
    return client.cookies["sessionid"].value


@pytest.fixture
def tab(page: Tab) -> Tab:
    """A tab that notes what scripts do, and fails the test on a dialog."""

    def refuse(dialog: Any) -> None:
        dialog.dismiss()
        if dialog.type != "beforeunload":
            pytest.fail(f"a dialog: {dialog.message}")

    page.add_init_script(NOTE_EFFECTS)
    page.on("dialog", refuse)
    return page


def test_the_watch_sees_what_it_must(tab: Tab, page_errors: list[str]) -> None:
    tab.goto("/accounts/login/")
    tab.evaluate(
        """() => {
            const text = document.createElement("p");
            text.className = "prose";
            text.innerHTML = "<a href='javascript:alert(1)' style='color:red'>x</a>";
            text.firstChild.addEventListener("mouseover", () => alert(2));
            document.querySelector("main").append(text);
        }"""
    )
    effects = tab.evaluate(TOUCH)
    assert {"style", "javascript:alert(1)", "alert(2)"} <= set(effects)
    assert any("CSP: style-src" in error for error in page_errors)
    page_errors.clear()
