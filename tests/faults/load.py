"""Many people on few pages and entries: everything that the forms of the site can do, mixed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import connection

from accounts.models import User
from accounts.roles import CONTRIBUTORS, MODERATORS
from catalog.editing import create_resource, create_section
from catalog.models import Section
from changes.recording import Authorship
from tests.cast import make_user
from tests.faults.browsers import Answer, Browser, Unanswered, read_form, sign_in
from tests.faults.journal import Journal, Outcome
from wiki.editing import create_page

PARAGRAPHS = 12
HOT_PAGES, HOT_RESOURCES = 2, 2
_OUTCOMES = {
    403: Outcome.REFUSED,
    404: Outcome.REFUSED,
    409: Outcome.CONFLICT,
    422: Outcome.REFUSED,
}


@dataclass(frozen=True)
class Place:
    """Something hot: ``kind`` is "wiki" or "resources", ``slug`` where it stood first."""

    kind: str
    slug: str
    title: str

    @property
    def field(self) -> str:
        return "body" if self.kind == "wiki" else "description"


def make_people(clients: int) -> list[User]:
    """One for each client, but the last two are one person in two tabs."""
    people = [make_user(f"client{n}", CONTRIBUTORS, MODERATORS) for n in range(clients - 1)]
    return [*people, people[-1]]


def make_places(user: User) -> list[Place]:
    """The hot pages and entries, each a text of many paragraphs."""
    by = Authorship(actor=user, summary="made")
    text = "\n\n".join(f"Paragraph {n}." for n in range(PARAGRAPHS)) + "\n"
    section = create_section(title="Hot section", by=by)
    places = []
    for n in range(HOT_PAGES):
        page = create_page(values={"title": f"Hot {n}", "body": text}, by=by)
        places.append(Place("wiki", page.slug, page.title))
    for n in range(HOT_RESOURCES):
        values = {
            "title": f"Entry {n}",
            "url": f"https://example.org/{n}",
            "description": text,
            "section_id": section.pk,
        }
        resource = create_resource(values=values, by=by)
        places.append(Place("resources", resource.slug, resource.title))
    return places


def run_clients(
    journal: Journal,
    *,
    port: int,
    people: Sequence[User],
    places: Sequence[Place],
    is_over: Callable[[], bool],
    seed: int,
    besides: Sequence[Callable[[], None]] = (),
) -> None:
    """Let everybody work until ``is_over``, and ``besides`` do what it does to the site meanwhile.

    Returns when the last attempt was answered.
    """
    (section,) = Section.objects.all()
    sessions = [sign_in(user) for user in people]
    clients = [
        FormsClient(
            number=number,
            user_id=user.pk,
            browser=Browser(port, session),
            journal=journal,
            places=places,
            section_id=section.pk,
            chance=random.Random(seed * 100 + number),
        )
        for number, (user, session) in enumerate(zip(people, sessions, strict=True))
    ]
    works = [partial(client.work_until, is_over) for client in clients]
    run_threads(journal, [*works, *besides])


def after(seconds: float) -> Callable[[], bool]:
    """Whether so long has passed since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def run_threads(journal: Journal, works: Sequence[Callable[[], None]]) -> None:
    """Each work in a thread of its own; what one raises is noted in ``journal``."""

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            journal.failures.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass(kw_only=True)
class FormsClient:
    """One person who works through the forms of the site, and notes what came of it."""

    number: int
    user_id: int
    browser: Browser
    journal: Journal
    places: Sequence[Place]
    section_id: int
    chance: random.Random

    def work_until(self, is_over: Callable[[], bool]) -> None:
        acts = [self.edit, self.revert, self.rename, self.toggle, self.create]
        while not is_over():
            (act,) = self.chance.choices(acts, weights=[12, 3, 2, 2, 2])
            try:
                act()
            except Unanswered:
                time.sleep(0.05)  # the site is coming back
        self.browser.close()

    def edit(self) -> None:
        """Add a word to a paragraph of something hot, as its form shows it."""
        place = self.chance.choice(self.places)
        shown = self.browser.get(f"/{place.kind}/{place.slug}/edit/")
        if shown.status != 200 or "base_revision" not in shown.html:
            return
        fields = read_form(shown.html)
        if not fields["base_revision"]:
            return  # the form of a new page: it is deleted just now
        token = self.journal.make_token()
        fields |= {place.field: self._with(token, fields[place.field]), "summary": token}
        outcome = self._write("edit", token, shown.path, fields, adds_text=True)
        if outcome is Outcome.OK:
            self._read_back(place, token)

    def revert(self) -> None:
        """Go back to some revision, if nobody saves meanwhile."""
        place = self.chance.choice(self.places)
        slug = self._locate(place)
        shown = self.browser.get(f"/{place.kind}/{slug}/edit/")
        if shown.status != 200 or "base_revision" not in shown.html:
            return
        newest = read_form(shown.html)["base_revision"]
        if not newest or newest == "1":
            return
        number = self.chance.randint(max(1, int(newest) - 6), int(newest) - 1)
        token = self.journal.make_token()
        fields = {"summary": token, "base_revision": newest}
        self._write("revert", token, f"/{place.kind}/{slug}/revert/?to={number}", fields)

    def rename(self) -> None:
        """Give a hot page one of a few titles: they meet, and go back and forth."""
        place = self.chance.choice([place for place in self.places if place.kind == "wiki"])
        token = self.journal.make_token()
        title = self.chance.choice([place.title, f"{place.title} moved", "Everybody's title"])
        path = f"/wiki/{self._locate(place)}/rename/"
        self._write("rename", token, path, {"title": title, "summary": token})

    def toggle(self) -> None:
        """Delete or retire, sometimes; and bring back soon."""
        place = self.chance.choice(self.places)
        slug, token = self._locate(place), self.journal.make_token()
        act = "delete" if place.kind == "wiki" else "retire"
        if self.chance.random() < 0.5:
            self._write(act, token, f"/{place.kind}/{slug}/{act}/", {"reason": token})
        self._write("restore", "", f"/{place.kind}/{slug}/restore/", {})

    def create(self) -> None:
        """A page or an entry; now and then the same one as somebody else."""
        token = self.journal.make_token()
        name = self.chance.choice([token, f"common {self.chance.randrange(6)}"])
        fields = {"title": f"New {name}", "language": "en", "summary": token}
        if self.chance.random() < 0.5:
            path, fields["body"] = "/wiki/-/new/", f"Text {token}."
        else:
            path, fields["description"] = "/resources/-/new/", f"Text {token}."
            url = f"https://example.org/new/{name.replace(' ', '-')}"
            fields |= {"url": url, "section": str(self.section_id)}
        self._write("create", token, path, fields, adds_text=True)

    def _write(
        self, name: str, token: str, path: str, fields: dict[str, str], *, adds_text: bool = False
    ) -> Outcome:
        def send() -> Outcome:
            try:
                return _outcome_of(self.browser.post(path, fields))
            except Unanswered:
                return Outcome.UNKNOWN

        return self.journal.write(
            send,
            client=self.number,
            user_id=self.user_id,
            name=name,
            token=token,
            adds_text=adds_text,
        )

    def _read_back(self, place: Place, token: str) -> None:
        if place.kind == "wiki":
            page = self.browser.get(f"/wiki/{self._locate(place)}/source/")
            if page.status == 200 and page.html:  # a redirect, renamed just now, has no text
                self.journal.read(client=self.number, token=token, text=page.html)

    def _locate(self, place: Place) -> str:
        """Where it stands now: old addresses lead there, as long as it is not deleted."""
        found = self.browser.get(f"/{place.kind}/{place.slug}/")
        return found.slug if found.status == 200 else place.slug

    def _with(self, token: str, text: str) -> str:
        paragraphs = text.replace("\r\n", "\n").split("\n\n")
        spot = self.chance.randrange(len(paragraphs))
        paragraphs[spot] = f"{paragraphs[spot].rstrip()} {token}"
        return "\n\n".join(paragraphs).rstrip("\n") + "\n"


def _outcome_of(answer: Answer) -> Outcome:
    if answer.status >= 500 or (answer.was_taken and not answer.notices):
        return Outcome.UNKNOWN
    if answer.was_taken:
        return Outcome.OK if answer.says_done else Outcome.UNCHANGED
    return _OUTCOMES[answer.status]
