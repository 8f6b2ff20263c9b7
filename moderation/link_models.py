"""Links that no edit may add."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation import link_patterns


class BlockedLinkQuerySet(models.QuerySet["BlockedLink"]):
    """Blocked links by the questions that are asked."""

    def standing(self) -> BlockedLinkQuerySet:
        """Those that hold now."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def matching(self, words: str) -> BlockedLinkQuerySet:
        """Those with the words in pattern or reason."""
        return self.filter(Q(pattern__icontains=words) | Q(reason__icontains=words))


class BlockedLink(models.Model):
    """A host, the beginning of an address or an expression, as ``link_patterns`` reads it."""

    class Kind(models.TextChoices):
        HOST = link_patterns.HOST, _("host")
        PREFIX = link_patterns.PREFIX, _("beginning of an address")
        EXPRESSION = link_patterns.EXPRESSION, _("expression")

    pattern = models.CharField(max_length=link_patterns.MAX_PATTERN, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=500)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True)  # never, where there is none
    hits = models.PositiveIntegerField(default=0)  # edits that it refused
    last_hit_at = models.DateTimeField(null=True)

    objects = BlockedLinkQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("block_links", _("Can say which links no edit may add"))]

    def __str__(self) -> str:
        return self.pattern
