"""Page view and save over HTTP on a real server process: requests/s, milliseconds, queries."""

import sys
import time
from typing import Any

from benchmarks.load import Client, Load, load_page
from benchmarks.report import Report, make_parser
from benchmarks.site import find_free_port, serving, temporary_site

LINKS = 180
SIZE = 28 * 1024  # bytes
LINE = 140  # bytes of an entry
FIRST_REVISION = 60
SAVES = 100
CSRF_TOKEN = "b" * 32
SENTENCE = "A sentence about scheduling, actors, objects and the clusters that hold them together. "


def make_text(revision: int) -> str:
    """Return a page of SIZE bytes with LINKS links; one line tells its revision."""
    lines = [f"This is revision {revision:06}.", ""]
    for number in range(LINKS):
        if number % 12 == 0:
            lines += ["", f"## Part {number // 12}", ""]
        url = f"https://host{number % 40}.example.org/guides/{number}.html"
        lines.append(f"- [Guide {number}]({url}): {SENTENCE}"[:LINE])
    text = "\n".join(lines) + "\n\n"
    return (text + SENTENCE * (SIZE // len(SENTENCE)))[: SIZE - 1] + "\n"


class MeasuredPage:
    """The page, its writer, and the same save by operation and by form."""

    def __init__(self) -> None:
        from accounts.models import User
        from accounts.roles import EDITORS, put_in_group
        from changes.recording import Authorship
        from wiki.editing import create_page

        self.user = User.objects.create_user(username="erin", email="erin@example.org")
        put_in_group(user=self.user, group=EDITORS)
        self.by = Authorship(actor=self.user, summary="measured")
        self.page = create_page(values={"title": "Measured", "body": make_text(1)}, by=self.by)
        self.path = self.page.get_absolute_url()
        self._require_links()

    def _require_links(self) -> None:
        from linkcheck.models import LinkUse

        found = LinkUse.objects.filter(object_type="page", object_id=self.page.pk).count()
        if found != LINKS or len(self.page.body) != SIZE:
            raise RuntimeError(f"the page has {len(self.page.body)} bytes and {found} links")

    def revise_until(self, revision: int) -> None:
        """Save by the operation until the page is at ``revision``."""
        from wiki.editing import edit_page

        self.page.refresh_from_db()
        for number in range(self.page.version + 1, revision + 1):
            self.page, _edit = edit_page(
                page_id=self.page.pk,
                base_version=number - 1,
                values={"body": make_text(number)},
                by=self.by,
            )

    def form(self, revision: int) -> dict[str, str]:
        """The fields of the edit form that make ``revision`` out of the one before."""
        return {
            "csrfmiddlewaretoken": CSRF_TOKEN,
            "body": make_text(revision),
            "section": "",
            "language": "en",
            "base_revision": str(revision - 1),
            "summary": f"revision {revision}",
        }

    def sign_in(self) -> dict[str, str]:
        """The headers of a browser in which the writer is signed in."""
        from django.conf import settings
        from django.test import Client as DjangoClient

        browser = DjangoClient()
        browser.force_login(self.user, "allauth.account.auth_backends.AuthenticationBackend")
        session = browser.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF_TOKEN}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    def save(self, port: int, count: int) -> tuple[int, Load]:
        """Save ``count`` times by the form; return the first revision made, and the times."""
        client = Client(port, self.sign_in())
        self.page.refresh_from_db()
        first = self.page.version + 1
        started = time.perf_counter()
        times = [
            client.post(f"{self.path}edit/", self.form(number))
            for number in range(first, first + count)
        ]
        load = Load(times, time.perf_counter() - started)
        self.page.refresh_from_db()
        if self.page.version != first + count - 1:
            raise RuntimeError(f"{count} saves led to revision {self.page.version}")
        return first, load


def count_queries(measured: MeasuredPage) -> tuple[int, int]:
    """Return the queries of an anonymous view and of a save, both in this process."""
    from django.db import connection
    from django.test import Client as DjangoClient
    from django.test.utils import CaptureQueriesContext

    browser: Any = DjangoClient(headers={"host": "127.0.0.1"})
    browser.get(measured.path)  # what is asked once in a process's life does not count
    with CaptureQueriesContext(
        connection,
    ) as view:
        browser.get(measured.path)
    browser.force_login(measured.user, "allauth.account.auth_backends.AuthenticationBackend")
    measured.page.refresh_from_db()
    form = measured.form(measured.page.version + 1)
    with CaptureQueriesContext(connection) as save:
        status = browser.post(f"{measured.path}edit/", form).status_code
    if status != 302:
        raise RuntimeError(f"the save was answered with {status}")
    return len(view), len(save)


def main() -> int:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--revisions", type=int, default=1000, help="how old the page becomes")
    options = parser.parse_args()
    requests, saves = (64, 5) if options.short else (2000, SAVES)
    revisions = FIRST_REVISION + 20 if options.short else options.revisions
    port = find_free_port()
    report = Report("pages: a page of 28 KB with 180 links, one web process, SQLite")
    with temporary_site(SITE_URL=f"http://127.0.0.1:{port}"):
        measured = MeasuredPage()
        measured.revise_until(FIRST_REVISION - 1)
        view_queries, save_queries = count_queries(measured)
        with serving(port):
            load_page(port, measured.path, requests=64, connections=4)  # warms up
            for connections in (1, 8):
                load = load_page(port, measured.path, requests=requests, connections=connections)
                row = load.as_row(f"view, anonymous, {connections} at a time")
                report.rows.append({**row, "queries": view_queries})
            for age in (FIRST_REVISION, revisions):
                measured.revise_until(age)
                first, load = measured.save(port, saves)
                row = load.as_row(f"save as revision {first} to {first + saves - 1}")
                report.rows.append({**row, "queries": save_queries})
    report.show(as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
