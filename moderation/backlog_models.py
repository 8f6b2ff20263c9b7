"""How much waited in the queue, day by day."""

from __future__ import annotations

from django.db import models


class Backlog(models.Model):
    """How many cases waited for a decision at the end of a day (UTC), for the statistics."""

    day = models.DateField(unique=True)
    waiting = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.waiting}"
