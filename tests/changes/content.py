"""Pages, sections and resources with a history, for the tests of history and feeds."""

from accounts.models import User
from catalog.editing import create_resource, create_section
from catalog.models import Resource, Section
from changes.models import Change, ObjectType
from changes.recording import Authorship
from wiki.editing import create_page, edit_page
from wiki.models import Page, Path
from wiki.paths.editing import create_path


def make_page(actor: User, title: str = "Tasks", body: str = "One line.\n") -> Page:
    return create_page(values={"title": title, "body": body}, by=Authorship(actor=actor))


def edit(page: Page, body: str, actor: User, summary: str = "", **values: object) -> Page:
    """The page with another text; ``values`` are those of an ``Authorship``."""
    page.refresh_from_db()
    return edit_page(
        page_id=page.pk,
        base_version=page.version,
        values={"body": body},
        by=Authorship(actor=actor, summary=summary, **values),
    )[0]


def make_page_with_revisions(actor: User, count: int, title: str = "Tasks") -> Page:
    """A page with ``count`` revisions; the text of each names it."""
    page = make_page(actor, title, "Text 1.\n")
    for number in range(2, count + 1):
        page = edit(page, f"Text {number}.\n", actor, summary=f"step {number}")
    return page


def make_section(actor: User, title: str = "Core") -> Section:
    return create_section(title=title, by=Authorship(actor=actor))


def make_resource(actor: User, section: Section, title: str = "Docs") -> Resource:
    slug = title.lower().replace(" ", "-")
    values = {"title": title, "url": f"https://{slug}.example/", "section_id": section.pk}
    return create_resource(values=values, by=Authorship(actor=actor))


def make_path(actor: User, title: str, *, page: Page) -> Path:
    """A path with one step, which leads to ``page``."""
    step = {"key": "read", "kind": "page", "target": page.pk, "title": "", "text": "Read it."}
    values = {"title": title, "steps": [step]}
    return create_path(values=values, by=Authorship(actor=actor))


def make_changes(actor: User, count: int, **values: object) -> list[Change]:
    """Rows of recent changes about links that exist nowhere: many of them cheaply."""
    fields = {
        "actor": actor,
        "actor_label": actor.label,
        "kind": Change.Kind.LINK_DIED,
        "object_type": ObjectType.LINK,
        "object_id": 10**9,
        "object_title": "https://gone.example/",
        **values,
    }
    return Change.objects.bulk_create(Change(**fields) for _ in range(count))
