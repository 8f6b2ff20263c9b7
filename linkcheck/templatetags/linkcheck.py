"""What templates ask of links."""

from __future__ import annotations

from django import template
from django.utils import timezone

from linkcheck.models import Repository

register = template.Library()


@register.simple_tag
def quiet_months(repository: Repository) -> int:
    """For how many months nothing was pushed; 0 where that is not long."""
    return repository.quiet_months(timezone.now())
