"""The public log: what moderators did and why, append-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.hiding import has_hidden_title
from changes.objects import ObjectRef, find_refs

if TYPE_CHECKING:
    from accounts.models import User

MAX_WORDS: Final = 8
#: Keys of ``details`` whose values are lists of objects, each as [type, id].
NAMING: Final = ("changed", "left", "retired", "kept", "gone")

Key = tuple[str, int]


class DecisionQuerySet(models.QuerySet["Decision"]):
    """How the log is asked; every answer is newest first."""

    def by(self, user: User) -> DecisionQuerySet:
        """What one moderator decided."""
        return self.filter(actor=user)

    def about(self, target_type: str, target_id: int) -> DecisionQuerySet:
        """What was decided about one target."""
        return self.filter(target_type=target_type, target_id=target_id)

    def standing(self) -> DecisionQuerySet:
        """What was not taken back, without what takes others back."""
        return self.filter(undoes__isnull=True, undone_by__isnull=True)

    def public(self) -> DecisionQuerySet:
        """Without those of which title, target and reason are for moderators alone."""
        return self.exclude(details__has_key="is_private")

    def with_words(self, words: str) -> DecisionQuerySet:
        """Those that have each of ``words`` in the reason, the title or the moderator's name.

        A title is left out where some text of its target is hidden: perhaps that is it.
        """
        found = self.annotate(hides_title=has_hidden_title("target_type", "target_id"))
        for word in words.split()[:MAX_WORDS]:
            in_title = Q(title__icontains=word, hides_title=False)
            named = get_user_model().objects.filter(username__icontains=word)
            in_title |= Q(target_type="user", target_id__in=named.values("pk"))
            by_name = Q(actor_label__icontains=word)
            found = found.filter(Q(reason__icontains=word) | by_name | in_title)
        return found


def read_labels(decisions: Iterable[Decision]) -> dict[int, str]:
    """What the people are called whom some decisions are about, by id; one query at most."""
    ids = {pk for decision in decisions for pk in decision.people()}
    found = get_user_model().objects.in_bulk(ids) if ids else {}
    return {pk: user.label for pk, user in found.items()}


class Decision(models.Model):
    """What a moderator did and why: public, and never edited.

    Since it is not, it names nobody but its author: people that it is about stand in ``details`` as
    ids (``author_id``; ``about`` is a list of whom the title consists of), of decisions about one
    account as the target. Their names are read when it is shown. So are the titles of what it
    changed beside its target: ``details`` has them by type and id (:data:`NAMING`).

    The database refuses to change or delete a row (:mod:`moderation.log_guard`); the author's name
    alone may give way to a pseudonym. ``case`` is the case that was decided, none for what is
    decided outside the queue. ``kind`` is that of the case, or of a :class:`LogKind`.
    """

    case = models.ForeignKey("moderation.Case", models.PROTECT, null=True, related_name="decisions")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="decisions"
    )
    actor_label = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=24)
    target_type = models.CharField(max_length=24, blank=True)
    target_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=2000)  # of the target, as it was
    action = models.CharField(max_length=24)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    # For the statistics: how long the case had waited, whether what was asked for was granted, and
    # which rule on edits had brought it into the queue. None and "" where that is no question.
    waited_s = models.PositiveBigIntegerField(null=True)
    is_accepted = models.BooleanField(null=True)
    rule = models.CharField(max_length=100, blank=True)
    # One that takes an earlier one back, which can happen once.
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="decision_kind"),
            models.Index(fields=["actor", "-id"], name="decision_actor"),
            models.Index(fields=["target_type", "target_id", "-id"], name="decision_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.title}"

    # Names by id, and objects by type and id, read for many at once (moderation.presenting).
    labels: Mapping[int, str] | None = None
    refs: Mapping[Key, ObjectRef] | None = None

    def named(self) -> list[Key]:
        """What it changed, or left, beside its target."""
        return [key for name in NAMING for key in self._keys(name)]

    def titles_of(self, name: str) -> list[str]:
        """How the objects in ``details`` are called today, each title once."""
        if self.refs is None:
            self.refs = find_refs(self.named())
        refs = [self.refs.get(key) for key in self._keys(name)]
        unsaid = _("something that is not public")
        titles = [ref.title if ref is not None and ref.is_public else unsaid for ref in refs]
        return list(dict.fromkeys(titles))

    def _keys(self, name: str) -> list[Key]:
        found = self.details.get(name)
        rows = found if isinstance(found, list) else []
        return [(row[0], row[1]) for row in rows if isinstance(row, list | tuple) and len(row) == 2]

    def people(self) -> list[int]:
        """The ids of the accounts that it is about."""
        named = (self.details.get(key) for key in ("author_id", "reviewer_id"))
        return [*self._titled(), *(pk for pk in named if pk)]

    def name_of(self, role: str) -> str:
        """What the person in ``details`` is called; "" where there is none."""
        pk = self.details.get(f"{role}_id")
        return self._label(pk) if pk else str(self.details.get(role, ""))

    @property
    def shown_title(self) -> str:
        """What it is about, as it was called; of people, as they are called now."""
        return self.title or ", ".join(self._label(pk) for pk in self._titled())

    def _titled(self) -> list[int]:
        if self.target_type == "user" and self.target_id is not None:
            return list(self.details.get("about") or [self.target_id])
        return []

    def _label(self, pk: int) -> str:
        if self.labels is None:
            self.labels = read_labels([self])
        return self.labels.get(pk, "")

    @property
    def is_private(self) -> bool:
        """Whether its title, target and reason are for moderators alone."""
        return bool(self.details.get("is_private"))
