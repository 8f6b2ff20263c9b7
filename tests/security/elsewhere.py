"""What names an object beside itself: decisions about others, and changes of others."""

from __future__ import annotations

from typing import Final

from accounts.models import User
from catalog.models import DuplicatePair, Resource
from changes.recording import Authorship
from linkcheck.models import Link
from moderation.cases import decide, open_case
from moderation.models import Case, Decision
from moderation.undoing import undo_decision
from tests.changes.content import edit, make_page, make_resource
from wiki.merging import merge_pages
from wiki.models import Page

#: Where the others are read.
ROADS: Final = (
    "/wiki/sketch/?redirect=no",
    "/wiki/sketch/history/",
    "/wiki/sketch/history.atom",
    "/resources/poem/?redirect=no",
    "/resources/poem/history/",
    "/resources/poem/revisions/2/",
    "/changes/groups/1/",
    "/changes/?kind=merged",
    "/log/?kind=duplicate",
    "/log/?kind=dead_link",
)


def mention_page(page: Page, alice: User, maria: User) -> None:
    """A link in it is replaced and put back, and another page is merged into it."""
    page = edit(page, "See https://old.example/ here.\n", alice)
    link = Link.objects.get(url="https://old.example/")
    case = open_case(
        kind="dead_link", target_type="link", target_id=link.pk, title=link.url, reason=""
    )
    decision = _decide(case, "replace", maria, new_url="https://new.example/")
    undo_decision(decision_id=decision.pk, actor=maria)
    page.refresh_from_db()
    gone = make_page(alice, "Sketch", "A sketch.\n")
    merge_pages(
        kept_id=page.pk,
        gone_id=gone.pk,
        kept_version=page.version,
        gone_version=gone.version,
        values={"body": f"{page.body}\nA sketch.\n"},
        by=Authorship(actor=maria),
    )


def mention_entry(entry: Resource, erin: User, maria: User) -> None:
    """Another entry is found to be the same and merged into it, by a decision."""
    other = make_resource(erin, entry.section, "Poem")
    pair = DuplicatePair.objects.create(first=entry, second=other, why=DuplicatePair.Why.TITLE)
    case = open_case(
        kind="duplicate",
        target_type="duplicate",
        target_id=pair.pk,
        title=pair.title,
        reason="",
    )
    _decide(case, "merge", maria)


def _decide(case: Case, action: str, by: User, **params: str) -> Decision:
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason="",
        actor=by,
        params=params,
    )
