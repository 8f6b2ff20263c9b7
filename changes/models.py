"""What happened: one row for every recorded revision of anything, and what a revision carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from changes import veils
from changes.draft_models import Draft as Draft
from changes.feed_token_models import FeedToken as FeedToken
from changes.group_models import ChangeGroup as ChangeGroup
from changes.hiding_models import HiddenRevision as HiddenRevision
from changes.mail_models import Mail as Mail
from changes.mail_models import Preferences as Preferences
from changes.notification_models import Notification as Notification
from changes.notification_models import NotificationChoice as NotificationChoice
from changes.watch_models import Watch as Watch

if TYPE_CHECKING:
    from accounts.models import User


class Source(models.TextChoices):
    """The door through which a revision came."""

    WEB = "web", _("the browser")
    API = "api", _("the API")
    IMPORT = "import", _("an import")
    PROPOSAL = "proposal", _("a proposal")
    REPAIR = "repair", _("a link repair")


class UnrecordedWriteError(RuntimeError):
    """A historied model was saved outside :func:`changes.recording.record`."""


class RevisionFields(veils.Veilable):
    """What a history row knows beyond the object's own fields.

    The edit summary is django-simple-history's ``history_change_reason``; the number of a revision
    is the object's ``version`` at that time: dense, unique and monotone for each object.
    """

    is_minor = models.BooleanField(default=False)
    base_version = models.PositiveIntegerField(null=True)
    changed_fields = models.JSONField(default=list)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.WEB)
    author_label = models.CharField(max_length=150)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def summary(self) -> str:
        """The edit summary."""
        return self.history_change_reason or ""  # type: ignore[attr-defined]

    def veils(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if veils.TEXT in self.hidden:
            found |= _veils_of_text(type(self))
        if veils.SUMMARY in self.hidden:
            found["history_change_reason"] = ""
        if veils.AUTHOR in self.hidden:
            found |= {"history_user_id": None, "author_label": veils.hidden_word()}
        return found


def _veils_of_text(history: Any) -> dict[str, Any]:
    """Whatever people typed; places, dates and what is chosen from a list tell nothing."""
    typed = [f for f in history.tracked_fields if not f.choices and f.name != "language"]
    found: dict[str, Any] = {}
    for field in typed:
        if isinstance(field, models.JSONField):
            found[field.attname] = []
        elif isinstance(field, models.CharField | models.TextField):
            found[field.attname] = veils.hidden_word() if field.name == "title" else ""
    return found


class RevisionManager(HistoryManager):  # type: ignore[misc]
    """Made anew at each ``page.history``, of a class that the library would make anew as well."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


class Revisions(HistoricalRecords):  # type: ignore[misc]
    """History of a :class:`Versioned` model.

    A row is written only by :func:`changes.recording.record`, which leaves the revision's own
    columns on the instance; any other ``save()`` of such a model raises, so that no write can slip
    past the history, ``Change`` and the derived rows. The database holds one row a version.
    """

    def __init__(self, *, excluded_fields: tuple[str, ...] = ()) -> None:
        super().__init__(
            bases=[RevisionFields],
            history_manager=RevisionManager,
            excluded_fields=["created_at", "updated_at", *excluded_fields],
        )

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        options["ordering"] = ("-history_id",)
        options["get_latest_by"] = "history_id"
        options["constraints"] = [
            models.UniqueConstraint(
                fields=["id", "version"], name=f"{model._meta.model_name}_one_row_a_version"
            )
        ]
        return options

    def create_historical_record(
        self, instance: models.Model, history_type: str, using: str | None = None
    ) -> None:
        columns = instance.__dict__.pop("_revision_columns", None)
        if columns is None or history_type == "-":
            raise UnrecordedWriteError(
                f"{type(instance).__name__} {instance.pk} is written only by its operations"
            )
        history_model = getattr(type(instance), self.manager_name).model
        values = {f.attname: getattr(instance, f.attname) for f in self.fields_included(instance)}
        instance._recorded_revision = history_model.objects.create(  # type: ignore[attr-defined]
            history_type=history_type, **columns, **values
        )


class Versioned(models.Model):
    """Something with a revision history; ``version`` is compared and swapped at each write."""

    version = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    #: How fields are merged that are neither text nor a whole: by the name of the field, a function
    #: of (base, theirs, mine) that returns (value, is it a conflict); the value is theirs then.
    mergers: ClassVar[Mapping[str, Callable[[Any, Any, Any], tuple[Any, bool]]]] = {}

    class Meta:
        abstract = True


class ObjectType(models.TextChoices):
    """What a change can be about."""

    PAGE = "page", _("page")
    RESOURCE = "resource", _("resource")
    SECTION = "section", _("section")
    PATH = "path", _("learning path")
    LINK = "link", _("link")


#: What people write: all that has a history of revisions.
CONTENT_TYPES: Final = (
    ObjectType.PAGE,
    ObjectType.RESOURCE,
    ObjectType.SECTION,
    ObjectType.PATH,
)


NEWEST = 32  # changes that may commit before one that began earlier, and it is noticed all the same


class ChangeQuerySet(models.QuerySet["Change"]):
    """How recent changes are asked for; every answer is newest first.

    What is hidden of a change is veiled (:mod:`changes.veils`).
    """

    def of_object(self, object_type: str, object_id: int) -> ChangeQuerySet:
        """Changes of one object."""
        return self.filter(object_type=object_type, object_id=object_id)

    def by(self, user: User) -> ChangeQuerySet:
        """One person's contributions, without those whose author is hidden."""
        return self.filter(actor=user).exclude(hidden__contains=veils.AUTHOR)

    def newest_ids(self) -> tuple[tuple[int, str], ...]:
        """What tells whether anything changed since: some ids, not one, and what is hidden of them.

        A transaction that took its ids earlier may commit later (PostgreSQL).
        """
        return tuple(self.order_by("-id").values_list("id", "hidden")[:NEWEST])

    def hidden_of(self, object_type: str) -> models.Subquery:
        """What is hidden of the newest revision of the objects of the query around it."""
        newest = self.filter(
            object_type=object_type,
            object_id=models.OuterRef("pk"),
            version_after=models.OuterRef("version"),
        )
        return models.Subquery(newest.values("hidden")[:1])

    def unpatrolled(self) -> ChangeQuerySet:
        """Changes that nobody has looked at yet; events of links never wait for that."""
        return self.filter(patrolled_at__isnull=True)

    def revisions(self) -> ChangeQuerySet:
        """Changes that made a revision: not those of links."""
        return self.exclude(object_type=ObjectType.LINK)


class Change(veils.Veilable):
    """One line of recent changes: who did what to which object, and between which revisions."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        EDITED = "edited", _("edited")
        RENAMED = "renamed", _("renamed")
        MOVED = "moved", _("moved")
        RETIRED = "retired", _("retired")
        RESTORED = "restored", _("restored")
        REVERTED = "reverted", _("reverted")
        MERGED = "merged", _("merged")
        DELETED = "deleted", _("deleted")
        LINK_DIED = "link_died", _("link died")
        LINK_RECOVERED = "link_recovered", _("link recovered")
        LINK_MOVED = "link_moved", _("link moved")
        LINK_REPLACED = "link_replaced", _("link replaced")

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="changes"
    )
    actor_label = models.CharField(max_length=150)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    object_title = models.CharField(max_length=2000)
    # The section it belongs to, by id: this app does not know the catalog.
    section_id = models.BigIntegerField(null=True)
    version_before = models.PositiveIntegerField(null=True)
    version_after = models.PositiveIntegerField(null=True)
    summary = models.TextField(blank=True)
    is_minor = models.BooleanField(default=False)
    size_difference = models.IntegerField(default=0)  # bytes
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.WEB)
    details = models.JSONField(default=dict)
    # Names of the rules on edits that marked it (:func:`changes.recording.guard`).
    labels = models.JSONField(default=list)
    # Who looked at it first; the author where nobody needs to (:mod:`changes.patrolling`).
    patrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    patrolled_at = models.DateTimeField(null=True)
    # The later change of the same object that took it back (:mod:`changes.reverting`).
    reverted_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="takes_back"
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("patrol_change", _("Can mark changes as patrolled and roll them back")),
            ("autopatrol", _("Makes changes that need no patrol")),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(patrolled_at__isnull=True),
                name="change_unpatrolled",
            ),
            models.Index(fields=["object_type", "object_id", "-id"], name="change_object"),
            models.Index(fields=["actor", "-id"], name="change_actor"),
            models.Index(fields=["section_id", "-id"], name="change_section"),
            models.Index(fields=["kind", "-id"], name="change_kind"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "version_after"],
                condition=models.Q(version_after__isnull=False),
                name="change_one_a_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_type} {self.object_title}"

    def veils(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if veils.TEXT in self.hidden:
            found["object_title"] = veils.hidden_word()
        if veils.TEXT in self.hidden or veils.BEFORE in self.hidden:
            found["details"] = {}
        if veils.SUMMARY in self.hidden:
            found["summary"] = ""
        if veils.AUTHOR in self.hidden:
            found |= {"actor_id": None, "actor_label": veils.hidden_word()}
            if self.__dict__.get("patrolled_by_id") == self.__dict__.get("actor_id"):
                found["patrolled_by_id"] = None
        return found

    @property
    def is_patrolled(self) -> bool:
        return self.patrolled_at is not None
