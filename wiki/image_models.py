"""Uploaded pictures, and the pages that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Section
from markup.images import IMAGES_PATH

if TYPE_CHECKING:
    from wiki.models import Page

MAX_ALT, MAX_CREDIT = 300, 300


class ImageQuerySet(models.QuerySet["Image"]):
    def existing(self) -> ImageQuerySet:
        """Pictures that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def unused(self) -> ImageQuerySet:
        """Pictures that neither a page nor the introduction of a section shows."""
        sections = Section.objects.existing().filter(introduction__contains=OuterRef("name"))
        return self.filter(~Exists(PageImage.objects.filter(name=OuterRef("name")))).filter(
            ~Exists(sections)
        )


class Image(models.Model):
    """A picture that somebody uploaded; its file is written anew by ``wiki.image_files``.

    ``name`` is made of its content: the same picture is here once. ``alt`` says in words what it
    shows, ``credit`` whose it is and under which licence.
    """

    name = models.CharField(max_length=60, unique=True)
    alt = models.CharField(_("what it shows"), max_length=MAX_ALT)
    credit = models.CharField(_("author and licence"), max_length=MAX_CREDIT)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # bytes
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploaded_images"
    )
    uploader_label = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("wiki:image_detail", args=[self.name])

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def source(self) -> str:
        """The address of the file, as a text names it."""
        return f"{IMAGES_PATH}{self.name}"

    @property
    def markdown(self) -> str:
        """What one puts into a text to show it, with the credit as its caption."""
        alt = "".join(f"\\{sign}" if sign in "\\[]*_`<>&!$~" else sign for sign in self.alt)
        caption = self.credit.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
        return f'![{alt}]({self.source} "{caption}")'


class PageImage(models.Model):
    """A picture that a page shows, uploaded or not: derived from the page's text."""

    page: models.ForeignKey[Page, Page] = models.ForeignKey(
        "wiki.Page", models.CASCADE, related_name="images"
    )
    name = models.CharField(max_length=60, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "name"], name="pageimage_once")]

    def __str__(self) -> str:
        return f"{self.name} on {self.page_id}"
