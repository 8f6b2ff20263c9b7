"""What can be found: one row for each page, resource and section that readers see."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from changes.models import ObjectType

MAX_TEXT = 100_000  # characters of a text that are searched


class SearchDocumentQuerySet(models.QuerySet["SearchDocument"]):
    """Documents by the questions that are asked."""

    def stale(self) -> SearchDocumentQuerySet:
        """Those whose object changed since they were made, the oldest first."""
        return self.filter(is_stale=True).order_by("pk")


class SearchDocument(models.Model):
    """One object as the search knows it: derived, and made anew at any time.

    ``title``, ``text`` and the columns above them are for showing; ``words`` is the folded text,
    with blanks around, for phrases. The ``…_terms`` (:mod:`search.analysis`) are what the engine of
    the database looks up (:mod:`search.engines`), each column with a weight of its own; ``marks``
    has one term for each value that an operator can ask for.
    """

    object_type = models.CharField(max_length=12, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=2000, blank=True)
    url = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=2000, blank=True)  # of a resource: where it leads
    context = models.CharField(max_length=300, blank=True)  # its section's title
    text = models.TextField(blank=True)
    language = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    level = models.CharField(max_length=14, blank=True)
    health = models.CharField(max_length=8, blank=True)
    tags: models.JSONField[Any] = models.JSONField(default=list)
    changed_at = models.DateTimeField(null=True)
    title_words = models.CharField(max_length=400, blank=True)
    words = models.TextField(blank=True)
    title_terms = models.TextField(blank=True)
    label_terms = models.TextField(blank=True)
    heading_terms = models.TextField(blank=True)
    body_terms = models.TextField(blank=True)
    marks = models.TextField(blank=True)
    # Living links first: 2 what is alive or has none, 1 what may be broken, 0 what is dead.
    liveliness = models.SmallIntegerField(default=2)
    # Its words in the vocabulary (:class:`SearchWord`).
    word_list: models.JSONField[Any] = models.JSONField(default=list)
    is_stale = models.BooleanField(default=False)

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["object_type", "object_id"], name="document_once")
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_stale=True), name="document_stale"),
            models.Index(fields=["title_words"], name="document_title"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.title}"


class SearchWord(models.Model):
    """A word of titles, headings and tags, and in how many documents: for typing errors.

    Kept in the transaction that writes a document, and gone with the last one that has it: no word
    of what is deleted is ever suggested.
    """

    word = models.CharField(max_length=60, unique=True)
    documents = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.word
