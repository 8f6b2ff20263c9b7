"""Which links no edit may add: moderators say so, one by one or as lines of text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.refusals import Refusal, hear_refusals
from moderation.link_models import BlockedLink
from moderation.link_patterns import Matcher, parse_pattern
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind

if TYPE_CHECKING:
    from accounts.models import User

KIND: Final = "blocked_link"
BLOCK_LINKS: Final = "moderation.block_links"
MAX_REASON: Final = 500
MAX_LINES: Final = 5000
RULE: Final = "blocked-link:"  # before the id of the pattern that refused


def register_blocked_links() -> None:
    """Make the decisions known to the log, and have refusals counted."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Blocked link"),
            actions={
                "block": gettext_lazy("Blocked"),
                "change": gettext_lazy("Changed"),
                "unblock": gettext_lazy("Unblocked"),
                "import": gettext_lazy("Blocked by a list"),
            },
            describe=lambda decision: str(decision.details.get("patterns", "")),
        )
    )
    hear_refusals(count_hit)


@transaction.atomic
def block_link(
    *, pattern: str, reason: str, by: User, expires_at: datetime | None = None
) -> BlockedLink:
    """Refuse links that ``pattern`` matches from the next edit on; those that stand, stay.

    Raises PermissionDenied or ValidationError by field.
    """
    require(by, BLOCK_LINKS)
    try:
        parsed = parse_pattern(pattern)
    except ValidationError as error:
        raise ValidationError({"pattern": error.messages}) from None
    made, is_new = BlockedLink.objects.get_or_create(
        pattern=parsed.text,
        defaults={
            "kind": parsed.kind,
            "reason": _clean_reason(reason),
            "expires_at": expires_at,
            "made_by": by,
        },
    )
    if not is_new:
        raise ValidationError({"pattern": _("This is on the list already.")})
    _log("block", made.pattern, made.reason, by)
    return made


@transaction.atomic
def change_blocked_link(
    *, blocked_id: int, reason: str, expires_at: datetime | None, by: User
) -> BlockedLink:
    """Give a blocked link another reason or end."""
    require(by, BLOCK_LINKS)
    blocked = BlockedLink.objects.select_for_update().get(pk=blocked_id)
    blocked.reason, blocked.expires_at = _clean_reason(reason), expires_at
    blocked.save(update_fields=["reason", "expires_at"])
    _log("change", blocked.pattern, blocked.reason, by)
    return blocked


@transaction.atomic
def unblock_link(*, blocked_id: int, by: User) -> None:
    """Take a pattern off the list; the log keeps that it stood there."""
    require(by, BLOCK_LINKS)
    blocked = BlockedLink.objects.select_for_update().get(pk=blocked_id)
    _log("unblock", blocked.pattern, blocked.reason, by)
    blocked.delete()


@dataclass
class ReadList:
    """What became of a list in text: patterns taken, how many were known, and what is wrong."""

    taken: list[str] = field(default_factory=list)
    known: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)  # line number and why


@transaction.atomic
def import_blocked_links(*, text: str, reason: str, by: User) -> ReadList:
    """Block every line of ``text``: a pattern, perhaps with `` # `` and a reason of its own.

    All of it or, where a line is wrong, nothing; what is on the list stays as it is. Safe to run
    twice. Raises PermissionDenied or ValidationError.
    """
    require(by, BLOCK_LINKS)
    reason = _clean_reason(reason)
    read, rows = ReadList(), {}
    lines = text.replace("\0", "").splitlines()
    if len(lines) > MAX_LINES:
        raise ValidationError({"text": _("At most %(max)d lines.") % {"max": MAX_LINES}})
    for number, line in enumerate(lines, start=1):
        written, _sign, own_reason = line.partition(" #")
        if not written.strip() or written.lstrip().startswith("#"):
            continue
        try:
            parsed = parse_pattern(written)
        except ValidationError as error:
            read.faults.append((number, " ".join(error.messages)))
            continue
        why = own_reason.strip()[:MAX_REASON] or reason
        rows[parsed.text] = BlockedLink(
            pattern=parsed.text, kind=parsed.kind, reason=why, made_by=by
        )
    if read.faults:
        return read
    _take_rows(rows, read)
    if read.taken:
        shown = ", ".join(read.taken[:20]) + (" …" if len(read.taken) > 20 else "")
        title = _("%(count)d patterns") % {"count": len(read.taken)}
        _log("import", title, reason, by, patterns=shown)
    return read


def _take_rows(rows: dict[str, BlockedLink], read: ReadList) -> None:
    known = set(BlockedLink.objects.filter(pattern__in=rows).values_list("pattern", flat=True))
    read.known = len(known)
    read.taken = [pattern for pattern in rows if pattern not in known]
    BlockedLink.objects.bulk_create(
        [rows[pattern] for pattern in read.taken], ignore_conflicts=True, batch_size=500
    )


def export_blocked_links() -> str:
    """Return the list as text that :func:`import_blocked_links` reads."""
    rows = BlockedLink.objects.standing().order_by("pattern").values_list("pattern", "reason")
    return "".join(f"{pattern} # {' '.join(reason.split())}\n" for pattern, reason in rows)


def load_matcher() -> Matcher | None:
    """Return what finds the blocked among addresses, None where nothing is blocked; one query."""
    rows = list(BlockedLink.objects.standing().values_list("pk", "kind", "pattern"))
    return _match_with(tuple(rows)) if rows else None


@lru_cache(2)
def _match_with(rows: tuple[tuple[int, str, str], ...]) -> Matcher:
    return Matcher(rows)


def count_hit(error: Refusal) -> None:
    """Count that a pattern refused an edit, once that is rolled back."""
    if error.rule.startswith(RULE):
        BlockedLink.objects.filter(pk=int(error.rule.removeprefix(RULE))).update(
            hits=F("hits") + 1, last_hit_at=timezone.now()
        )


def _clean_reason(reason: str) -> str:
    reason = " ".join(reason.replace("\0", "").split())
    if not reason:
        raise ValidationError({"reason": _("Say why: whoever adds such a link is told.")})
    return reason[:MAX_REASON]


def _log(action: str, title: str, reason: str, by: User, **details: str) -> None:
    log_decision(
        kind=KIND,
        target_type="",
        target_id=None,
        title=title,
        action=action,
        actor=by,
        reason=reason,
        details=details,
        permission=BLOCK_LINKS,
    )
