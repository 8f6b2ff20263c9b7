"""Sections, the resources listed in them, and the index rows derived from those."""

from __future__ import annotations

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.duplicate_models import DuplicatePair as DuplicatePair
from changes.models import ObjectType, Revisions, Versioned
from config.languages import own_name
from linkcheck.models import Link, Mark
from markup.reading import read_words

MAX_URL = 2000


class Kind(models.TextChoices):
    DOCUMENTATION = "documentation", _("documentation")
    TUTORIAL = "tutorial", _("tutorial")
    COURSE = "course", _("course")
    VIDEO = "video", _("video")
    TALK = "talk", _("talk")
    PAPER = "paper", _("paper")
    BOOK = "book", _("book")
    BLOG_POST = "blog-post", _("blog post")
    CASE_STUDY = "case-study", _("case study")
    LIBRARY = "library", _("library")
    TOOL = "tool", _("tool")
    BENCHMARK = "benchmark", _("benchmark")
    COMMUNITY = "community", _("community")
    SECURITY_ADVISORY = "security-advisory", _("security advisory")


class Level(models.TextChoices):
    BEGINNER = "beginner", _("beginner")
    INTERMEDIATE = "intermediate", _("intermediate")
    ADVANCED = "advanced", _("advanced")


class SectionQuerySet(models.QuerySet["Section"]):
    def existing(self) -> SectionQuerySet:
        """Sections that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def in_order(self) -> SectionQuerySet:
        """Siblings in their places."""
        return self.order_by("position", "id")

    def with_counts(self) -> SectionQuerySet:
        """With ``resource_count`` and one count for each mark of their listed resources' links."""
        listed = Q(placements__resource__status=Resource.Status.LISTED)
        marks = {
            f"{name}_count": Count(
                "placements",
                filter=listed & Q(placements__resource__link__mark__in=values),
            )
            for name, values in MARK_GROUPS.items()
        }
        return self.annotate(resource_count=Count("placements", filter=listed), **marks)


# The four shapes of a section's meter; what has not been looked at yet has none.
MARK_GROUPS: dict[str, list[str]] = {
    "ok": [Mark.OK],
    "moved": [Mark.MOVED],
    "unsure": [Mark.UNSURE, Mark.SUSPECT],
    "dead": [Mark.DEAD],
}


class Section(Versioned):
    """A heading of the list: a node of a tree, with its place among its siblings."""

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("inside"),
    )
    title = models.CharField(_("title"), max_length=200)
    slug = models.CharField(max_length=130, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    introduction = models.TextField(_("introduction"), blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    introduction_html = models.TextField(blank=True, editable=False)

    objects = SectionQuerySet.as_manager()
    history = Revisions(excluded_fields=("introduction_html",))

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:section_detail", args=[self.slug])

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def teaser(self) -> str:
        """The introduction as plain text, to be cut and escaped by whoever shows it."""
        return read_words(self.introduction_html)


class ResourceQuerySet(models.QuerySet["Resource"]):
    def listed(self) -> ResourceQuerySet:
        """Those that readers see; retired ones keep their page."""
        return self.filter(status=Resource.Status.LISTED)

    def in_section(self, section: Section) -> ResourceQuerySet:
        """Resources placed in ``section``, primarily or further, in their places."""
        return self.filter(placements__section=section).order_by(
            "placements__position", "placements__id"
        )

    def for_listing(self) -> ResourceQuerySet:
        """With what a list shows beside each entry, so that a row costs no query."""
        return self.select_related("section", "link__repository")


class Resource(Versioned):
    """One entry of the list.

    ``url_key`` is the address under all its spellings: no two resources share it. ``tags`` (words)
    and ``further_sections`` (pairs of section id and position) stand on the row, so that they are
    part of each revision; :class:`ResourceTag` and :class:`Placement` are their index. ``group`` is
    the label of the item that an entry was nested under; ``badges`` are images beside its title,
    kept as Markdown and not shown.
    """

    class Status(models.TextChoices):
        LISTED = "listed", _("listed")
        RETIRED = "retired", _("retired")

    title = models.CharField(_("title"), max_length=300)
    slug = models.CharField(max_length=130, unique=True)
    url = models.CharField(_("address"), max_length=MAX_URL)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, blank=True)
    level = models.CharField(_("level"), max_length=14, choices=Level.choices, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    tags = models.JSONField(_("tags"), default=list, blank=True)
    section = models.ForeignKey(
        Section, models.PROTECT, related_name="resources", verbose_name=_("section")
    )
    position = models.PositiveIntegerField(default=0)
    further_sections = models.JSONField(_("further sections"), default=list, blank=True)
    group = models.CharField(_("group"), max_length=300, blank=True)
    badges = models.TextField(_("badges"), blank=True)
    archive_url = models.CharField(_("archived copy"), max_length=MAX_URL, blank=True)
    # Nothing is missing: that nobody works on it any more is no sign of neglect.
    is_feature_complete = models.BooleanField(
        _("feature-complete"), default=False, db_default=False
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.LISTED)
    retired_reason = models.CharField(_("why it was retired"), max_length=500, blank=True)

    # Of a retired one: the entry that it was merged into, to which its page leads.
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="merged", editable=False
    )

    url_key = models.CharField(max_length=MAX_URL, unique=True, editable=False)
    description_html = models.TextField(blank=True, editable=False)
    link = models.ForeignKey(
        Link, models.SET_NULL, null=True, related_name="resources", editable=False
    )

    objects = ResourceQuerySet.as_manager()
    history = Revisions(excluded_fields=("url_key", "description_html", "link"))

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            models.Index(fields=["status", "title", "id"], name="resource_title"),
            models.Index(fields=["status", "kind"], name="resource_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:resource_detail", args=[self.slug])

    @property
    def language_name(self) -> str:
        """What its language calls itself."""
        return own_name(self.language)

    @property
    def is_retired(self) -> bool:
        return self.status == self.Status.RETIRED

    def places(self) -> dict[int, int]:
        """Position by section id: the primary section first, then the further ones."""
        places = {self.section_id: self.position}
        for section_id, position in self.further_sections:
            places.setdefault(section_id, position)
        return places


class Placement(models.Model):
    """Where a resource stands: derived from its sections, for browsing."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="placements")
    section = models.ForeignKey(Section, models.CASCADE, related_name="placements")
    position = models.PositiveIntegerField(default=0)
    is_primary = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "section"], name="placement_once")
        ]
        indexes = [models.Index(fields=["section", "position"], name="placement_order")]

    def __str__(self) -> str:
        return f"{self.resource_id} in {self.section_id}"


class ResourceTag(models.Model):
    """One tag of one resource: derived from ``Resource.tags``, for facets."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="tag_rows")
    tag = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "resource"], name="tag_once")]

    def __str__(self) -> str:
        return self.tag


class ImportedValues(models.Model):
    """What the file of one list said of one resource or section when it was last imported.

    The base of the next import's merge. It is no history: that is in the objects' revisions.
    """

    list_name = models.CharField(max_length=200)
    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    values = models.JSONField()

    class Meta:
        verbose_name_plural = "imported values"
        constraints = [
            models.UniqueConstraint(
                fields=["list_name", "object_type", "object_id"], name="imported_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} in {self.list_name}"
