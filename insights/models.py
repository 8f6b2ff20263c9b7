"""Figures about the whole site, computed in bulk and kept: one row a day, and one a week."""

from __future__ import annotations

from typing import Any

from django.db import models


class Snapshot(models.Model):
    """The figures of a day (:class:`insights.figures.Figures` as JSON); the last of a day stays."""

    day = models.DateField(unique=True)
    computed_at = models.DateTimeField(db_index=True)
    figures: models.JSONField[Any] = models.JSONField()
    # Repeated for the chart of the year, which reads no figures.
    verified_percent = models.FloatField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)


class Week(models.Model):
    """What happened in one week that is over (:class:`insights.weeks.WeekFigures` as JSON)."""

    monday = models.DateField(unique=True)
    computed_at = models.DateTimeField()
    figures: models.JSONField[Any] = models.JSONField()

    class Meta:
        default_permissions = ()
        ordering = ["-monday"]

    def __str__(self) -> str:
        return str(self.monday)
