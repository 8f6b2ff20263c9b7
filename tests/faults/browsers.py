"""A browser without scripts: cookies, forms as they stand in the page, redirects followed."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client

from accounts.models import User

CSRF = "c" * 32  # any secret will do, if cookie and form agree
PATIENCE = 30  # seconds


class Unanswered(Exception):  # noqa: N818 (what happened, seen from the client)
    """The connection broke before the answer was there."""


@dataclass(frozen=True)
class Answer:
    """What came back; ``path`` is where redirects ended.

    ``was_taken`` says that a form was answered with a redirect: the rest is of the page it led to,
    which by then may be gone.
    """

    status: int
    html: str
    path: str
    was_taken: bool = False

    @property
    def slug(self) -> str:
        return urlsplit(self.path).path.rstrip("/").rpartition("/")[2]

    @property
    def says_done(self) -> bool:
        """Whether the last message in the page says that something was done, not only looked at.

        Those before it are of answers that never came through.
        """
        notices = self.notices
        return bool(notices) and notices[-1] == "ok"

    @property
    def notices(self) -> list[str]:
        """What kinds of messages stand in the page, the newest last."""
        _before, _start, rest = self.html.partition('<div class="messages"')
        return re.findall(r'class="notice ([a-z]*)"', rest.partition("</div>")[0])


class Browser:
    """One signed-in tab."""

    def __init__(self, port: int, session: str) -> None:
        self._web = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"

    def get(self, path: str) -> Answer:
        """The page at ``path``, or where it redirects to."""
        for _hop in range(5):
            answer, location = self._ask("GET", path)
            if not location:
                return answer
            path = location
        raise AssertionError(f"redirects without end: {path}")

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form; where it answers with a redirect the page there is fetched as well."""
        form = urlencode({**fields, "csrfmiddlewaretoken": CSRF})
        answer, location = self._ask("POST", path, form)
        return replace(self.get(location), was_taken=True) if location else answer

    def close(self) -> None:
        self._web.close()

    def _ask(self, method: str, path: str, form: str | None = None) -> tuple[Answer, str]:
        headers = {"Cookie": self._cookie}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._web.request(method, path, form, headers)
            response = self._web.getresponse()
            html = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._web.close()
            raise Unanswered from error
        location = response.headers["Location"] if response.status in (301, 302) else ""
        return Answer(response.status, html, path), location


def sign_in(user: User) -> str:
    """A session of ``user``, as the value of its cookie."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def read_form(html: str) -> dict[str, str]:
    """The fields of the edit form in ``html`` with what a browser would send."""
    reader = _FormReader()
    reader.feed(html)
    reader.close()
    for fields in reader.forms:
        if "base_revision" in fields:
            del fields["csrfmiddlewaretoken"]
            return fields
    raise AssertionError("there is no edit form in this page")


class _FormReader(HTMLParser):
    """Collects name and value of what each form of a page would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif tag == "input":
            self._take_input(given)
        elif tag == "textarea":
            self._area = given.get("name")
            self._put(self._area, "")
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and "selected" in given:
            self._put(self._select, given["value"])

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            fields = self.forms[-1]
            fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            # The line feed after the tag is not part of the text.
            self.forms[-1][self._area] = self.forms[-1][self._area].removeprefix("\n")
            self._area = None

    def _take_input(self, given: dict[str, str]) -> None:
        is_sent = given.get("type") != "checkbox" or "checked" in given
        if is_sent and given.get("type") != "submit":
            self._put(given.get("name"), given.get("value", ""))

    def _put(self, name: str | None, value: str) -> None:
        if name and self.forms:
            self.forms[-1][name] = value
