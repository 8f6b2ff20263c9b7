"""Bringing a new edition of the starter to a site that has an older one: only as proposals.

What people wrote, renamed, retired or deleted is theirs. Between the edition that was settled last
(the *base*), what stands here and the new edition there is a three-way merge; what is left of it
waits for a moderator like anybody's proposal. A second run proposes nothing twice, and what was
declined is not proposed again until the starter itself changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalog.awesome import parse_list, read_list
from catalog.awesome.drafts import Report
from catalog.importing.memory import ListMemory
from catalog.importing.planning import Path as SectionPath
from catalog.importing.planning import Plan, plan_import
from catalog.models import Resource, Section
from changes.editing import EditConflictError, merge_onto
from changes.models import ObjectType, Source, Versioned
from changes.refusals import EditRefusedError
from markup.slugs import slugify_title
from markup.urls import url_key
from moderation.proposal_kinds import ProposalKind, get_proposal_kind
from moderation.proposal_models import Proposal
from moderation.proposing import Draft, Proposer, propose_edit, propose_new, withdraw_proposal
from wiki.models import Page
from wiki.models import Path as LearningPath
from wiki.paths.starter import StarterPath, path_values, read_paths
from wiki.starter import StarterPage, list_identity, page_values, read_pages
from wiki.starter_files import StarterError

Values = dict[str, Any]
SUMMARY: Final = "a new edition of the starter"
#: Beside what the importer remembers of a list: what was proposed, and perhaps not decided yet.
_PROPOSED: Final = "{identity}#proposed"


class Outcome(models.TextChoices):
    """What became of one page, entry or section of the new edition."""

    PROPOSED = "proposed", gettext_lazy("proposed")
    REVISED = "revised", gettext_lazy("proposal revised")
    UNCHANGED = "unchanged", gettext_lazy("unchanged")
    WITHDRAWN = "withdrawn", gettext_lazy("proposal withdrawn, as it stands here already")
    CONFLICT = "conflict", gettext_lazy("changed here in the same place; nothing proposed")
    KEPT = "kept", gettext_lazy("this site's own, or taken away here; left alone")
    DECLINED = "declined", gettext_lazy("proposed before and not taken")
    WAITS = "waits", gettext_lazy("waits for its section or its original")
    REFUSED = "refused", gettext_lazy("refused")


@dataclass(frozen=True, kw_only=True)
class UpdateLine:
    """One thing that did not stay as it was, or could not be brought; ``note`` says more."""

    outcome: Outcome
    object_type: str
    title: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class UpdateResult:
    """How often each outcome came, and a line for all but what is unchanged."""

    counts: Mapping[str, int]
    lines: list[UpdateLine]


class NotFilledError(StarterError):
    """There is nothing here that a new edition could be compared with."""


@transaction.atomic
def update_site(
    *,
    list_path: Path,
    pages_path: Path | None,
    actor: User,
    paths_path: Path | None = None,
    dry_run: bool = False,
) -> UpdateResult:
    """Propose what the list, pages and paths have that this site has not; all of it or nothing.

    A dry run does everything and takes it back. Raises NotFilledError on an empty site (that is
    for ``fill_site``), StarterError, UnreadableList.
    """
    if not Section.objects.exists() and not Page.objects.exists():
        raise NotFilledError(_("This site is empty: fill it without --update."))
    update = _Update(text=read_list(list_path), name=list_path.name, actor=actor)
    update.bring_list()
    for page in read_pages(pages_path) if pages_path else []:
        update.bring_page(page)
    for path in read_paths(paths_path) if paths_path else []:
        update.bring_path(path)
    for memory in update.memories():
        memory.save()
    if dry_run:
        transaction.set_rollback(True)
    return UpdateResult(counts=dict(update.counts), lines=update.lines)


@dataclass
class _Memory:
    """What the last settled edition said of objects of one type, and what was proposed since."""

    settled: ListMemory
    proposed: ListMemory

    @classmethod
    def of(cls, identity: str, object_type: str) -> _Memory:
        return cls(
            ListMemory(identity, object_type),
            ListMemory(_PROPOSED.format(identity=identity), object_type),
        )

    def base(self, object_id: int, *, is_open: bool) -> Values:
        """The edition to compare with: what was proposed too, once it is decided."""
        proposed = {} if is_open else self.proposed.said(object_id)
        return proposed or self.settled.said(object_id)

    def propose(self, object_id: int, base: Values, values: Values) -> None:
        self.settled.says(object_id, {**self.settled.said(object_id), **base})
        self.proposed.says(object_id, values)

    def settle(self, object_id: int, values: Values) -> None:
        self.settled.says(object_id, {**self.settled.said(object_id), **values})
        if self.proposed.said(object_id):
            self.proposed.says(object_id, values)


@dataclass
class _Update:
    """One run; ``counts`` and ``lines`` say what became of everything."""

    text: str
    name: str
    actor: User
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[UpdateLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by = Proposer(user=self.actor)
        self.plan: Plan = plan_import(parse_list(self.text, name=self.name), Report([]))
        identity = list_identity(self.text, self.name)
        types = (ObjectType.SECTION, ObjectType.RESOURCE, ObjectType.PAGE, ObjectType.PATH)
        self._memory = {str(kind): _Memory.of(identity, kind) for kind in types}
        self._sections = _find_sections(self.plan)
        self._ids_by_url = _remembered_urls(self._memory[ObjectType.RESOURCE])

    def memories(self) -> Iterator[ListMemory]:
        for memory in self._memory.values():
            yield memory.settled
            yield memory.proposed

    def bring_list(self) -> None:
        """Sections with their introductions, then the entries in their sections."""
        for section in self.plan.sections.values():
            values: Values = {"title": section.title, "introduction": section.introduction}
            here = self._sections.get(section.path)
            if here is not None:
                self._bring_edit(ObjectType.SECTION, here, values)
                continue
            parent = self._sections.get(section.path[:-1])
            if section.path[:-1] and parent is None:
                self._note(Outcome.WAITS, ObjectType.SECTION, section.title)
                continue
            values["parent_id"] = parent.pk if parent else None
            self._bring_new(ObjectType.SECTION, values)
        for entry in self.plan.entries.values():
            self._bring_entry(entry.key, entry.values, self._sections.get(entry.paths[0]))

    def _bring_entry(self, key: str, values: Values, section: Section | None) -> None:
        here = self._resource_at(key)
        if here is None and section is None:
            self._note(Outcome.WAITS, ObjectType.RESOURCE, values["title"])
        elif here is None and section is not None:
            self._bring_new(ObjectType.RESOURCE, {**values, "section_id": section.pk})
        elif here is not None and here.is_retired:
            self._note(Outcome.KEPT, ObjectType.RESOURCE, values["title"])
        elif here is not None:
            self._bring_edit(ObjectType.RESOURCE, here, values)

    def _resource_at(self, key: str) -> Resource | None:
        """The entry that the starter brought with this address, wherever it leads today."""
        remembered = Resource.objects.filter(pk=self._ids_by_url.get(key, 0)).first()
        return remembered or Resource.objects.filter(url_key=key).first()

    def bring_page(self, page: StarterPage) -> None:
        """A page, in its section and with its original."""
        sections = {section.title: section.pk for section in self._sections.values()}
        pages = {page.original: found.pk} if (found := _find_page(page.original)) else {}
        try:
            values = page_values(page, sections, pages)
        except StarterError:
            self._note(Outcome.WAITS, ObjectType.PAGE, page.title)
            return
        here = _find_page(page.title)
        if here is None:
            self._bring_new(ObjectType.PAGE, values)
        elif here.is_deleted:
            self._note(Outcome.KEPT, ObjectType.PAGE, page.title)
        else:
            # What it is called here is for those who live here: its name only finds it.
            del values["title"]
            self._bring_edit(ObjectType.PAGE, here, values)

    def bring_path(self, path: StarterPath) -> None:
        """A learning path, once all that its steps lead to stands here."""
        sections = {section.title: section.pk for section in self._sections.values()}
        try:
            values = path_values(path, sections)
        except StarterError:
            self._note(Outcome.WAITS, ObjectType.PATH, path.title)
            return
        here = self._path_of(path)
        if here is None:
            self._bring_new(ObjectType.PATH, values)
        elif here.is_deleted:
            self._note(Outcome.KEPT, ObjectType.PATH, path.title)
        else:
            self._bring_edit(ObjectType.PATH, here, values)

    def _path_of(self, path: StarterPath) -> LearningPath | None:
        """The path that the starter brought under that title, or the one at its address."""
        for pk, said in self._memory[ObjectType.PATH].settled.items():
            if said.get("title") == path.title:
                return LearningPath.objects.filter(pk=pk).first()
        return LearningPath.objects.filter(slug=slugify_title(path.title)).first()

    def _bring_edit(self, object_type: str, here: Any, values: Values) -> None:
        kind = get_proposal_kind(object_type)
        memory = self._memory[object_type]
        own = self._open_edit(object_type, here)
        base = memory.base(here.pk, is_open=own is not None) or self._first_edition(kind, here)
        if not base:
            self._note(Outcome.KEPT, object_type, here.title)
            return
        last = memory.proposed.said(here.pk) if own else base
        if own is not None and _is_same(last, _stored(here, last)):
            # Somebody else brought what waits: it is settled.
            withdraw_proposal(proposal_id=own.pk, by=self.by)
            own, base = None, last
            memory.settle(here.pk, last)
        if _is_same(values, last):
            self._note(Outcome.UNCHANGED, object_type, here.title)
            return
        wanted = {name: value for name, value in values.items() if base.get(name) != value}
        stood = SimpleNamespace(**{name: base.get(name) for name in values})
        try:
            edit = merge_onto(here, base=stood, values=wanted, prose=kind.prose)
        except EditConflictError as conflict:
            fields = ", ".join(one.name for one in conflict.conflicts)
            self._note(Outcome.CONFLICT, object_type, here.title, fields)
            return
        if not edit.changed:
            self._settle(object_type, here, values, own)
            return
        draft = Draft(
            values={name: edit.values[name] for name in edit.changed},
            base_version=here.version,
            seen_version=own.version if own else 0,
            summary=SUMMARY,
        )
        outcome = Outcome.REVISED if own else Outcome.PROPOSED
        if self._attempt(outcome, object_type, here.title, draft, object_id=here.pk):
            memory.propose(here.pk, base, values)

    def _settle(self, object_type: str, here: Any, values: Values, own: Proposal | None) -> None:
        """All of it stands here already: somebody else brought it."""
        if own is not None:
            withdraw_proposal(proposal_id=own.pk, by=self.by)
        self._memory[object_type].settle(here.pk, values)
        self._note(Outcome.WITHDRAWN if own else Outcome.UNCHANGED, object_type, here.title)

    def _bring_new(self, object_type: str, values: Values) -> None:
        kind = get_proposal_kind(object_type)
        title = values["title"]
        made = Proposal.objects.by(self.actor).filter(
            object_type=object_type, intent=Proposal.Intent.CREATE
        )
        key = kind.key_of(values)
        before = (made.filter(key=key) if key else made.filter(title=title)).first()
        draft = Draft(values=values, summary=SUMMARY, seen_version=before.version if before else 0)
        if before is None:
            self._attempt(Outcome.PROPOSED, object_type, title, draft)
        elif not before.is_open:
            self._note(Outcome.DECLINED, object_type, title)
        elif _is_same(values, before.fields):
            self._note(Outcome.UNCHANGED, object_type, title)
        else:
            self._attempt(Outcome.REVISED, object_type, title, draft, revises=before.pk)

    def _attempt(
        self,
        outcome: Outcome,
        object_type: str,
        title: str,
        draft: Draft,
        *,
        object_id: int | None = None,
        revises: int | None = None,
    ) -> bool:
        """Propose it in a savepoint; what a guard or a rule refuses is told and passed over."""
        try:
            with transaction.atomic():
                if object_id is None:
                    propose_new(object_type=object_type, draft=draft, by=self.by, revises=revises)
                else:
                    propose_edit(
                        object_type=object_type, object_id=object_id, draft=draft, by=self.by
                    )
        except (ValidationError, EditRefusedError) as error:
            note = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            self._note(Outcome.REFUSED, object_type, title, note)
            return False
        self._note(outcome, object_type, title)
        return True

    def _open_edit(self, object_type: str, here: Versioned) -> Proposal | None:
        mine = Proposal.objects.by(self.actor).open().about(object_type, here.pk)
        return mine.filter(intent=Proposal.Intent.EDIT).first()

    def _first_edition(self, kind: ProposalKind, here: Any) -> Values:
        """What the starter said of an object whose edition nobody wrote down.

        It was approved as a proposal, or loaded before editions were kept: then the bot's import
        stands in its history. Empty for what is not the starter's.
        """
        approved = Proposal.objects.by(self.actor).approved().about(kind.object_type, here.pk)
        new = approved.filter(intent=Proposal.Intent.CREATE).first()
        if new is not None:
            return dict(new.fields)
        imported = here.history.filter(source=Source.IMPORT, history_user=self.actor)
        revision = imported.order_by("-version").first()
        if revision is None or kind.object_type != ObjectType.PAGE:
            return {}
        names = ("body", "language", "section_id", "translation_of_id")
        return {name: getattr(revision, name) for name in names}

    def _note(self, outcome: Outcome, object_type: str, title: str, note: str = "") -> None:
        self.counts[outcome] += 1
        if outcome is not Outcome.UNCHANGED:
            line = UpdateLine(outcome=outcome, object_type=object_type, title=title, note=note)
            self.lines.append(line)


def _is_same(values: Values, said: Mapping[str, Any]) -> bool:
    return all(said.get(name) == value for name, value in values.items())


def _stored(here: Any, names: Iterable[str]) -> Values:
    return {name: getattr(here, name, None) for name in names}


def _find_sections(plan: Plan) -> dict[SectionPath, Section]:
    """The sections that stand here of those in the plan, by path."""
    standing = {
        (section.parent_id, section.title.casefold()): section
        for section in Section.objects.existing().order_by("-pk")
    }
    found: dict[SectionPath, Section] = {}
    for path in sorted(plan.sections, key=len):
        parent = found.get(path[:-1])
        if path[:-1] and parent is None:
            continue
        section = standing.get((parent.pk if parent else None, path[-1]))
        if section is not None:
            found[path] = section
    return found


def _remembered_urls(memory: _Memory) -> dict[str, int]:
    """Ids by the address that the starter gave, for entries whose address was changed here."""
    return {url_key(values["url"]): pk for pk, values in memory.settled.items()}


def _find_page(title: str) -> Page | None:
    """The page of that title, or the one that it was renamed to; deleted ones too."""
    if not title:
        return None
    page = Page.objects.select_related("redirect_to").filter(slug=slugify_title(title)).first()
    return page.redirect_to or page if page is not None else None
