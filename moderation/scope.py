"""Which cases somebody may decide: all of them, or those of the sections that they review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.permissions import may, refuse_blocked, require
from moderation.models import Case, CaseQuerySet
from moderation.reviewer_models import SectionReviewer
from moderation.sections import find_around, find_within, read_parents

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

DECIDE: Final = "moderation.decide_case"
REVIEW: Final = "moderation.review_sections"


@dataclass(frozen=True)
class Scope:
    """The sections whose cases somebody decides; None: every case, of a section or not."""

    section_ids: frozenset[int] | None

    def narrow(self, cases: CaseQuerySet) -> CaseQuerySet:
        """Those of ``cases`` that are within it."""
        if self.section_ids is None:
            return cases
        return cases.filter(Q(section_id__in=self.section_ids))


def may_review(user: User | AnonymousUser) -> bool:
    """Whether ``user`` decides any cases at all: who does sees the queue."""
    return may(user, DECIDE) or may(user, REVIEW)


def require_review(user: User | AnonymousUser) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may_review`."""
    if not may(user, REVIEW):
        require(user, DECIDE)


def find_scope(user: User | AnonymousUser) -> Scope:
    """What ``user`` decides; two queries of those who review sections, none of others."""
    if may(user, DECIDE):
        return Scope(None)
    if not may(user, REVIEW):
        return Scope(frozenset())
    own = SectionReviewer.objects.of(user)  # type: ignore[arg-type]
    section_ids = set(own.values_list("section_id", flat=True))
    if not section_ids:
        return Scope(frozenset())
    return Scope(frozenset(find_within(section_ids, read_parents())))


def may_decide(actor: User | AnonymousUser, case: Case) -> bool:
    """Whether ``actor`` may decide that case, and do with it whatever is done with cases."""
    if may(actor, DECIDE):
        return True
    if case.section_id is None or not may(actor, REVIEW):
        return False
    return reviews_section(actor, case.section_id)


def reviews_section(actor: User | AnonymousUser, section_id: int) -> bool:
    """Whether ``actor`` is a reviewer of that section, or of one around it; two queries."""
    around = find_around([section_id], read_parents())
    own = SectionReviewer.objects.of(actor)  # type: ignore[arg-type]
    return own.filter(section_id__in=around).exists()


def require_decide(actor: User | AnonymousUser, case: Case) -> None:
    """Raise PermissionDenied, with words for a person, unless :func:`may_decide`."""
    if may_decide(actor, case):
        return
    refuse_blocked(actor)
    if may(actor, REVIEW):
        raise PermissionDenied(_("This case belongs to a section that you do not review."))
    require(actor, DECIDE)


def require_decide_about(actor: User, target_type: str, target_id: int) -> None:
    """Raise PermissionDenied unless ``actor`` may decide some case about a target.

    For what the decision about a case does to its target; one query of most people.
    """
    if may(actor, DECIDE):
        return
    cases = Case.objects.filter(target_type=target_type, target_id=target_id)
    if not find_scope(actor).narrow(cases).exists():
        require(actor, DECIDE)
