"""A site that people made, and a program that ruins it: the same each time."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from accounts.limits import LimitReachedError
from accounts.models import User
from catalog.editing import (
    create_resource,
    create_section,
    edit_resource,
    edit_section,
    retire_resource,
)
from catalog.models import Resource, Section
from changes.recording import Authorship, NothingChangedError
from wiki.editing import PageExistsError, create_page, edit_page, rename_page
from wiki.models import Page

PAGES, RESOURCES, SECTIONS = 14, 14, 4


def make_site(people: list[User]) -> None:
    """Pages that link to each other and embed lists, redirects, entries in several sections."""
    by = [Authorship(actor=user) for user in people]
    sections = [create_section(title=f"Section {n}", by=by[0]) for n in range(SECTIONS)]
    create_section(
        title="Inner", parent=sections[0], introduction="[x](https://in.example/)", by=by[0]
    )
    for number in range(RESOURCES):
        further = [[sections[(number + 1) % SECTIONS].pk, number]] if number % 3 == 0 else []
        create_resource(
            values={
                "title": f"Resource {number}",
                "url": f"https://r{number}.example/docs",
                "description": f"About [that](https://d{number}.example/).",
                "section_id": sections[number % SECTIONS].pk,
                "further_sections": further,
                "tags": ["tasks", f"tag-{number % 4}"],
            },
            by=by[number % len(by)],
        )
    for number in range(PAGES):
        body = (
            f"# Heading {number}\n\nSee [[Page {(number + 1) % PAGES}]], [[Older {number}]] and "
            f"[source](https://p{number}.example/a#b).\n\n{{{{resources tag=tag-{number % 4}}}}}\n"
        )
        values = {"title": f"Page {number}", "body": body, "section_id": sections[0].pk}
        create_page(values=values, by=by[number % len(by)])
    for number in range(0, PAGES, 3):
        page = Page.objects.get(slug=f"page-{number}")
        rename_page(page_id=page.pk, new_title=f"Renamed {number}", by=by[-1])


class Vandal:
    """Does one bad thing after the other, as ``users`` in turn; counts what was taken."""

    def __init__(self, users: list[User], seed: int) -> None:
        self.users = users
        self.random = Random(seed)
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.number = 0

    def run(self, count: int, actions: dict[str, int] | None = None) -> None:
        weights = actions or ACTIONS
        names = self.random.choices(list(weights), list(weights.values()), k=count)
        for name in names:
            self.do(name)

    def do(self, name: str) -> None:
        self.number += 1
        by = Authorship(actor=self.users[self.number % len(self.users)], summary="better now")
        try:
            getattr(self, name)(by)
        except LimitReachedError as error:
            self.refused[error.name] += 1
        except (NothingChangedError, PageExistsError):
            self.refused["nothing"] += 1
        else:
            self.taken["rename" if name == "rename" else "edit"] += 1

    def any_of(self, rows: Any) -> Any:
        return self.random.choice(list(rows.order_by("pk")))

    def edit(self, by: Authorship) -> None:
        page = self.any_of(Page.objects.published())
        text = f"{page.body[: self.random.randint(0, 80)]} BUY [this](https://spam{self.number}.example/)\n"
        edit_page(page_id=page.pk, base_version=page.version, values={"body": text}, by=by)

    def rename(self, by: Authorship) -> None:
        """Also to what another page was called once."""
        page = self.any_of(Page.objects.published())
        title = self.random.choice([f"Spam {self.number}", f"Spam {self.random.randint(1, 9)}"])
        rename_page(page_id=page.pk, new_title=title, by=by)

    def create(self, by: Authorship) -> None:
        create_page(values={"title": f"Trash {self.number}", "body": "[[Page 1]] trash"}, by=by)

    def change_entry(self, by: Authorship) -> None:
        entry = self.any_of(Resource.objects.listed())
        values: dict[str, Any] = {
            "title": f"Spam {self.number}",
            "url": f"https://spam.example/{self.number}",
            "tags": ["spam"],
            "further_sections": [],
        }
        chosen = {name: values[name] for name in self.random.sample(list(values), 2)}
        edit_resource(resource_id=entry.pk, base_version=entry.version, values=chosen, by=by)

    def take_address(self, by: Authorship) -> None:
        """An entry gets another address, and a new one takes its own."""
        entry = self.any_of(Resource.objects.listed())
        url, new_url = entry.url, f"https://moved.example/{self.number}"
        values = {"url": new_url}
        edit_resource(resource_id=entry.pk, base_version=entry.version, values=values, by=by)
        values = {"title": "Mine", "url": url, "section_id": entry.section_id}
        create_resource(values=values, by=by)

    def retire(self, by: Authorship) -> None:
        entry = self.any_of(Resource.objects.listed())
        retire_resource(resource_id=entry.pk, reason="nobody wants it", by=by)

    def add_section(self, by: Authorship) -> None:
        """With another section moved into it."""
        made = create_section(title=f"Trash {self.number}", by=by)
        other = self.any_of(Section.objects.existing().exclude(pk=made.pk))
        values = {"parent_id": made.pk, "introduction": "spam"}
        edit_section(section_id=other.pk, base_version=other.version, values=values, by=by)

    def move_entry(self, by: Authorship) -> None:
        entry = self.any_of(Resource.objects.listed())
        section = self.any_of(Section.objects.existing())
        values = {"section_id": section.pk, "position": self.number}
        edit_resource(resource_id=entry.pk, base_version=entry.version, values=values, by=by)


ACTIONS = {
    "edit": 30,
    "rename": 20,
    "create": 15,
    "change_entry": 12,
    "take_address": 6,
    "retire": 4,
    "add_section": 4,
    "move_entry": 9,
}
