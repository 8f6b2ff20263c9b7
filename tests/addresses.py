"""Every address of the site, from its URL table, about objects that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.blocking import BlockTerms
from accounts.models import Block, User
from catalog.models import Resource, Section
from changes.group_models import ChangeGroup
from changes.models import Change, Notification, ObjectType
from changes.recording import Authorship
from changes.unsubscribing import SUMMARY, Subscription, make_token
from insights.models import Week
from linkcheck.kinds import DEAD_LINK
from linkcheck.models import Link, Mark, RepairBatch
from linkcheck.repair_queue import NewRepair, queue_repairs
from linkcheck.verdicts import Verdict
from moderation.blocking import block
from moderation.cases import decide, open_case
from moderation.link_blocking import block_link
from moderation.mass_reverting import queue_mass_revert
from moderation.models import BlockedLink, Case, Decision, EditRule, MassRevert, Proposal, RuleHit
from moderation.proposing import Draft, Proposer, propose_edit
from moderation.selecting import Selection
from talk.models import Post, Thread
from talk.posting import start_thread
from tests.changes.content import edit, make_page, make_path, make_resource, make_section
from tests.wiki.pictures import upload
from wiki.models import Image, Page, Path
from wiki.paths.editing import edit_path

# What stands for each parameter; a slug depends on the kind of object. A new parameter goes here.
SLUGS = {"page": "tasks", "section": "core", "resource": "docs", "path": "afternoon"}
PARAMETERS = {
    "gap": "orphans",
    "monday": "2026-11-23",
    "username": "alice",
    "format": "atom",
    "sitemap_kind": "pages",
    "sitemap_number": "1",
    "number": "1",
    "name": "docs.example",
}
#: A link of each sort in running text, a heading, a list of entries, a table and a footnote.
BODY = """See [[Nowhere]], [Ray](https://ray.example/), {{resources}}.[^1]

## A part

{{resources}}

| Name | Source |
|---|---|
| Ray | [Docs](https://docs.example/) |

[^1]: It stands [there](https://ray.example/) in a sentence.
"""
KEYS = {"account_confirm_email": ["key"], "account_reset_password_from_key": ["1", "set-password"]}


def make_site(*, contributor: User, editor: User, moderator: User) -> None:
    """One object of each kind with a history, links that died, a case and a decision."""
    make_resource(contributor, make_section(editor))
    page = make_page(contributor, body="See [[Nowhere]] and [Ray](https://ray.example/).\n")
    edit(page, BODY, editor)
    path = make_path(contributor, "Afternoon", page=page)
    edit_path(
        path_id=path.pk,
        base_version=1,
        values={"introduction": "Slowly.\n"},
        by=Authorship(actor=editor),
    )
    for slug, (object_type, obj) in _objects_by_kind(page, path).items():
        start_thread(
            object_type=object_type, object_id=obj.pk, title=f"About {slug}", text="?", by=editor
        )
    Link.objects.update(verdict=Verdict.DEAD.value, mark=Mark.DEAD)
    for link in Link.objects.all():
        open_case(
            kind=DEAD_LINK,
            target_type=ObjectType.LINK,
            target_id=link.pk,
            title=link.url,
            reason="It answers 404.",
        )
    queue_repairs(
        kind=RepairBatch.Kind.HOST_MOVES,
        repairs=[NewRepair(Link.objects.order_by("pk")[0].pk, "https://ray.example/new/")],
        reason="It moved.",
        actor=moderator,
    )
    renamed = Change.objects.of_object(ObjectType.PAGE, page.pk)[0]
    ChangeGroup.objects.create(kind="rename", actor=editor, change_ids=[renamed.pk])
    case = Case.objects.order_by("pk").first()
    assert case is not None
    Notification.objects.create(
        recipient=moderator,
        kind="kind",
        object_type=ObjectType.PAGE,
        object_id=page.pk,
        object_title=page.title,
        url=page.get_absolute_url(),
        actor=contributor,
        actor_label=contributor.label,
    )
    propose_edit(
        object_type=ObjectType.PAGE,
        object_id=page.pk,
        draft=Draft(values={"body": "Proposed.\n"}, base_version=2),
        by=Proposer(user=contributor),
    )
    selection = Selection(users=[contributor], since=contributor.date_joined)
    queue_mass_revert(selection=selection, reason="Spam.", actor=moderator)
    Week.objects.create(monday="2026-11-23", computed_at=timezone.now(), figures={})
    block_link(pattern="spam.example", reason="Spam.", by=moderator)
    block(target="203.0.113.0/24", terms=BlockTerms(reason="Spam."), by=moderator)
    RuleHit.objects.create(
        rule=EditRule.objects.order_by("pk")[0],
        rule_version=1,
        actor=contributor,
        actor_label=contributor.label,
        object_type=ObjectType.PAGE,
        object_id=page.pk,
        object_title=page.title,
        edit_kind="edit",
        outcome="tag",
        change=Change.objects.of_object(ObjectType.PAGE, page.pk)[0],
        findings=[{"kind": "blanked", "values": {"before": 80, "count": 0}}],
    )
    upload(contributor)
    decide(
        case_id=case.pk, version=case.version, action="dismiss", reason="Known.", actor=moderator
    )


def _objects_by_kind(page: Page, path: Path) -> dict[str, tuple[str, Any]]:
    return {
        "page": (ObjectType.PAGE, page),
        "path": (ObjectType.PATH, path),
        "resource": (ObjectType.RESOURCE, Resource.objects.get()),
        "section": (ObjectType.SECTION, Section.objects.get()),
    }


def patterns() -> Iterator[tuple[str, list[str]]]:
    """Name and parameters of each pattern of the URL table."""
    yield from _walk(get_resolver(), [], [])


def _walk(
    resolver: URLResolver, spaces: list[str], parameters: list[str]
) -> Iterator[tuple[str, list[str]]]:
    for entry in resolver.url_patterns:
        known = [*parameters, *_parameters(entry)]
        if isinstance(entry, URLResolver):
            below = [*spaces, entry.namespace] if entry.namespace else spaces
            yield from _walk(entry, below, known)
        else:
            assert entry.name, f"the address {entry.pattern} has no name"
            yield ":".join([*spaces, entry.name]), known


def _parameters(entry: URLPattern | URLResolver) -> list[str]:
    regex = getattr(entry.pattern, "regex", None)
    return list(entry.pattern.converters) or list(regex.groupindex if regex else [])


def addresses() -> dict[str, str]:
    """The address of each pattern by its name, about the objects of :func:`make_site`."""
    ids = {
        "token": make_token(Subscription(user_id=0, sort=SUMMARY)),
        "link_id": str(Link.objects.order_by("pk").values_list("pk", flat=True)[0]),
        "notification_id": str(Notification.objects.values_list("pk", flat=True)[0]),
        "batch_id": str(RepairBatch.objects.values_list("pk", flat=True)[0]),
        "block_id": str(Block.objects.standing().values_list("pk", flat=True)[0]),
        "blocked_id": str(BlockedLink.objects.values_list("pk", flat=True)[0]),
        "image": Image.objects.values_list("name", flat=True)[0],
        "post_id": str(Post.objects.values_list("pk", flat=True)[0]),
        "group_id": str(ChangeGroup.objects.values_list("pk", flat=True)[0]),
        "object_type": "page",
        "object_id": str(Page.objects.values_list("pk", flat=True)[0]),
        "mass_revert_id": str(MassRevert.objects.values_list("pk", flat=True)[0]),
        "rule_id": str(EditRule.objects.order_by("pk").values_list("pk", flat=True)[0]),
        "hit_id": str(RuleHit.objects.values_list("pk", flat=True)[0]),
        "proposal_id": str(Proposal.objects.values_list("pk", flat=True)[0]),
        "case_id": str(Case.objects.open().values_list("pk", flat=True)[0]),
    }
    found = {}
    threads = dict(Thread.objects.values_list("object_type", "pk"))
    for name, parameters in patterns():
        kind = name.partition(":")[2].partition("_")[0]
        ids["thread_id"] = str(threads.get(kind, threads["page"]))
        values = {"slug": SLUGS.get(kind, ""), **PARAMETERS, **ids}
        if name == "moderation:decision_undo":
            values["number"] = str(Decision.objects.order_by("pk").values_list("pk", flat=True)[0])
        args = KEYS.get(name) or [values[parameter] for parameter in parameters]
        found[name] = reverse(name, args=args)
    return found
