"""Learning paths, what is derived from them, and the progress of readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Level, Resource, Section
from changes.models import Revisions, Versioned
from wiki.paths.merging import merge_steps


class PathQuerySet(models.QuerySet["Path"]):
    def existing(self) -> PathQuerySet:
        """Paths that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def for_listing(self) -> PathQuerySet:
        """With what a list shows beside each: its section, minutes, how many steps."""
        return self.select_related("section", "rendered").annotate(
            step_count=models.Count("step_rows")
        )


class Path(Versioned):
    """An ordered way through the list: an introduction, and steps with a word on each.

    ``steps`` stand on the row, so that they are part of each revision; :class:`PathStep` is their
    index. A step is ``{"key", "kind", "target", "title", "text", "minutes"}``: ``key`` names it
    within the path for good, ``target`` is the id of a page or a resource (None of a note),
    ``minutes`` may be None.
    """

    slug = models.CharField(max_length=130, unique=True)
    title = models.CharField(_("title"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    level = models.CharField(_("level"), max_length=14, choices=Level.choices, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    section = models.ForeignKey(
        Section,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="paths",
        verbose_name=_("section"),
    )
    steps = models.JSONField(_("steps"), default=list, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    mergers: ClassVar[Mapping[str, Callable[[Any, Any, Any], tuple[Any, bool]]]] = {
        "steps": merge_steps
    }

    objects = PathQuerySet.as_manager()
    history = Revisions()

    class Meta:
        verbose_name = _("learning path")
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("wiki:path_detail", args=[self.slug])

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


class RenderedPath(models.Model):
    """The HTML of a path's introduction and its total time; derived, never in the history.

    ``linked`` are the slugs that wiki links of the path lead to: where a page comes or goes, the
    path ``is_stale`` and rendered again, its steps with it.
    """

    path = models.OneToOneField(Path, models.CASCADE, primary_key=True, related_name="rendered")
    version = models.PositiveIntegerField()
    html = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(default=0)
    linked = models.JSONField(default=list)
    is_stale = models.BooleanField(default=False)
    rendered_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.path_id} at {self.version}"


class PathStep(models.Model):
    """One step of a path: derived from ``Path.steps``, with the HTML of its text."""

    class Kind(models.TextChoices):
        PAGE = "page", _("page")
        RESOURCE = "resource", _("entry")
        NOTE = "note", _("note")

    path = models.ForeignKey(Path, models.CASCADE, related_name="step_rows")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    page = models.ForeignKey("wiki.Page", models.SET_NULL, null=True, related_name="path_steps")
    resource = models.ForeignKey(Resource, models.SET_NULL, null=True, related_name="path_steps")
    title = models.CharField(max_length=300, blank=True)
    html = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["path", "position"]
        constraints = [models.UniqueConstraint(fields=["path", "key"], name="pathstep_once")]

    def __str__(self) -> str:
        return f"{self.path_id}: {self.key}"


class StepDone(models.Model):
    """A reader ticked a step off; of a step that is gone nothing is shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="steps_done")
    path = models.ForeignKey(Path, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "path", "key"], name="stepdone_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} did {self.key} of {self.path_id}"
