"""Wiki pages, and what is derived from their text."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Section
from changes.models import Revisions, Versioned
from config.languages import own_name
from wiki.image_models import Image as Image
from wiki.image_models import PageImage as PageImage
from wiki.paths.models import Path as Path
from wiki.paths.models import PathStep as PathStep
from wiki.paths.models import RenderedPath as RenderedPath
from wiki.paths.models import StepDone as StepDone


class PageQuerySet(models.QuerySet["Page"]):
    def existing(self) -> PageQuerySet:
        """Pages and redirects that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def published(self) -> PageQuerySet:
        """What lists and feeds show: neither deleted nor a redirect."""
        return self.existing().filter(redirect_to__isnull=True)

    def originals(self) -> PageQuerySet:
        """Published pages that are no translations."""
        return self.published().filter(translation_of__isnull=True)


class Page(Versioned):
    """A page in Markdown. A redirect is a page too: it has a target and its own history."""

    slug = models.CharField(max_length=130, unique=True)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    translation_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="translations"
    )
    #: Of a translation: the revision of its original that it says all of.
    source_version = models.PositiveIntegerField(null=True, blank=True)
    section = models.ForeignKey(
        Section,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="pages",
        verbose_name=_("section"),
    )
    redirect_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="redirects"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PageQuerySet.as_manager()
    history = Revisions()

    class Meta:
        ordering = ["title", "id"]
        permissions = [("rename_page", _("Can rename pages"))]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("wiki:page_detail", args=[self.slug])

    @property
    def language_name(self) -> str:
        """What its language calls itself."""
        return own_name(self.language)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_redirect(self) -> bool:
        return self.redirect_to_id is not None


class RenderedPage(models.Model):
    """The HTML of a page's newest revision, made once a change; derived, never in the history.

    ``is_stale`` asks for a new rendering: a page it links to was made or deleted, a list it embeds,
    an entry it refers to or a mark on one of its links changed.
    """

    page = models.OneToOneField(Page, models.CASCADE, primary_key=True, related_name="rendered")
    version = models.PositiveIntegerField()
    html = models.TextField()
    contents = models.JSONField(default=list)  # [{"level", "id", "text"}, …]
    is_stale = models.BooleanField(default=False)
    rendered_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["page"], condition=Q(is_stale=True), name="rendered_stale")]

    def __str__(self) -> str:
        return f"{self.page_id} at {self.version}"

    @property
    def outline(self) -> list[dict[str, Any]]:
        """The rows of the contents list with ``depth``: 0 to 2 below the text's highest heading."""
        top = min((row["level"] for row in self.contents), default=1)
        return [{**row, "depth": min(row["level"] - top, 2)} for row in self.contents]


class PageLink(models.Model):
    """A wiki link from a page to a slug, whether a page stands there or not."""

    source = models.ForeignKey(Page, models.CASCADE, related_name="outgoing")
    target_slug = models.CharField(max_length=130, db_index=True)
    target_title = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target_slug"], name="pagelink_once")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} to {self.target_slug}"


class PageEmbed(models.Model):
    """What a page shows of the catalog: which of its changes make the page stale.

    A list of entries, where what is empty stands for any; or, with ``entry_slug``, one entry that
    the page refers to, whether it is there or not.
    """

    page = models.ForeignKey(Page, models.CASCADE, related_name="embeds")
    section_slug = models.CharField(max_length=130, blank=True)
    tag = models.CharField(max_length=50, blank=True)
    kind = models.CharField(max_length=20, blank=True, default="")
    level = models.CharField(max_length=14, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    entry_slug = models.CharField(max_length=130, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["section_slug"]),
            models.Index(fields=["tag"]),
            models.Index(fields=["entry_slug"], name="pageembed_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.page_id}: {self.entry_slug or self.section_slug} {self.tag}"
