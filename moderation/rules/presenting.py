"""Rules, their revisions and their hits in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from changes.comparing import FieldDiff
from changes.lines import ChangeLine, make_lines
from changes.models import Change, ObjectType
from changes.objects import ObjectRef, find_refs
from markup.diffing import diff_texts
from moderation.rules.conditions import describe_condition, tell_finding
from moderation.rules.findings import Quote
from moderation.rules.models import EditKind, EditRule, EditRuleRevision, RuleHit, Standing

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class ShownFinding:
    """One reason why an edit matched; ``quote`` is None where there is none, or none to show."""

    words: str
    quote: Quote | None = None


def show_findings(
    findings: Iterable[Mapping[str, Any]], *, with_quotes: bool
) -> list[ShownFinding]:
    """Stored findings in the reader's language."""
    return [
        ShownFinding(tell_finding(stored), _quote(stored) if with_quotes else None)
        for stored in findings
    ]


def _quote(stored: Mapping[str, Any]) -> Quote | None:
    parts = stored.get("quote")
    if not parts:
        return None
    before, match, after = parts
    return Quote(match=match, before=before, after=after)


@dataclass(frozen=True, kw_only=True)
class ShownHit:
    """A hit as its list shows it: ``line`` of what was written, else ``ref`` to its object."""

    hit: RuleHit
    findings: Sequence[ShownFinding]
    line: ChangeLine | None = None
    ref: ObjectRef | None = None

    @property
    def title(self) -> str:
        """What the object is called; of a change, as far as that may be seen today."""
        return self.line.change.object_title if self.line else self.hit.object_title

    @property
    def actor(self) -> User | None:
        """Who made the edit, likewise."""
        return self.line.change.actor if self.line else self.hit.actor

    @property
    def actor_label(self) -> str:
        return self.line.change.actor_label if self.line else self.hit.actor_label

    @property
    def url(self) -> str:
        """Where the edit, or else the object, can be seen; "" where not everyone may."""
        if self.line is not None:
            return self.line.diff_url
        return self.ref.url if self.ref is not None and self.ref.is_public else ""


def show_hits(hits: Sequence[RuleHit]) -> list[ShownHit]:
    """Hits in their order; one query for the changes, one for each type of object, twice at most.

    Of an object that not everyone may see today nothing is quoted.
    """
    written = Change.objects.filter(pk__in={hit.change_id for hit in hits if hit.change_id})
    lines = {line.change.pk: line for line in make_lines(list(written.select_related("actor")))}
    stopped = [hit for hit in hits if hit.change_id is None and hit.object_id is not None]
    refs = find_refs((hit.object_type, hit.object_id or 0) for hit in stopped)
    return [_show_hit(hit, lines, refs) for hit in hits]


def _show_hit(
    hit: RuleHit, lines: Mapping[int, ChangeLine], refs: Mapping[tuple[str, int], ObjectRef]
) -> ShownHit:
    line = lines.get(hit.change_id) if hit.change_id else None
    ref = refs.get((hit.object_type, hit.object_id or 0))
    is_new = hit.change_id is None and hit.object_id is None
    is_open = is_new or (line.is_open if line else ref is not None and ref.is_public)
    findings = show_findings(hit.findings, with_quotes=is_open)
    return ShownHit(hit=hit, findings=findings, line=line, ref=ref)


def describe_scope(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Whose edits, of what and of which kind: pairs of a name and words."""
    return [
        (_("Edits by"), _choices(content["standings"], Standing)),
        (_("Of"), _choices(content["object_types"], ObjectType) or _("everything")),
        (_("That are"), _choices(content["edit_kinds"], EditKind) or _("of any kind")),
    ]


def describe_conditions(content: Mapping[str, Any]) -> list[str]:
    """The conditions in words."""
    return [describe_condition(stored) for stored in content["conditions"]]


def _choices(values: Iterable[str], choices: Any) -> str:
    return ", ".join(str(choices(value).label) for value in values if value in choices.values)


def describe_content(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All that a revision keeps, as pairs of a name and a text."""
    match = EditRule.Match(content["match"]).label
    conditions = "\n".join(describe_conditions(content))
    return [
        (_("Name"), content["name"]),
        (_("What it is for"), content["description"]),
        *describe_scope(content),
        (_("Conditions"), f"{match}:\n{conditions}"),
        (_("What becomes of the edit"), str(EditRule.Action(content["action"]).label)),
        (_("Label"), content["label"]),
        (_("What the author is told"), content["message"]),
        (_("Notes"), content["notes"]),
    ]


@dataclass(frozen=True)
class ShownRevision:
    """A revision with what differs from the one before it."""

    revision: EditRuleRevision
    fields: Sequence[FieldDiff]


def show_revisions(revisions: Sequence[EditRuleRevision]) -> list[ShownRevision]:
    """Revisions of one rule, the newest first, each with what it changed."""
    older = [*revisions[1:], None]
    return [
        ShownRevision(new, _differences(old, new))
        for new, old in zip(revisions, older, strict=True)
    ]


def _differences(old: EditRuleRevision | None, new: EditRuleRevision) -> list[FieldDiff]:
    if old is None:
        return []
    pairs = zip(describe_content(old.content), describe_content(new.content), strict=True)
    return [
        FieldDiff(name=name, label=name, is_prose=False, diff=diff_texts(before, after))
        for (name, before), (_name, after) in pairs
        if before != after
    ]
