"""What was there before anybody could patrol counts as looked at: no backlog on the first day."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.models import F


def mark_existing(apps: Apps, schema_editor: Any) -> None:
    """Patrolled when it was made; safe to run twice."""
    changes = apps.get_model("changes", "Change").objects
    changes.filter(patrolled_at__isnull=True).update(patrolled_at=F("at"))


class Migration(migrations.Migration):
    dependencies = [("changes", "0003_patrol")]
    operations = [migrations.RunPython(mark_existing, migrations.RunPython.noop)]
