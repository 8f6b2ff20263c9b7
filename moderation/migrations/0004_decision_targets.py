from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_targets(apps: Apps, schema_editor: Any) -> None:
    """What was decided before decisions knew their target takes that of its case."""
    decisions = apps.get_model("moderation", "Decision").objects.filter(target_id=None)
    cases = apps.get_model("moderation", "Case").objects.filter(pk=OuterRef("case_id"))
    decisions.exclude(case=None).update(
        target_type=Subquery(cases.values("target_type")),
        target_id=Subquery(cases.values("target_id")),
    )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_decision_facts")]
    operations = [migrations.RunPython(copy_targets, migrations.RunPython.noop)]
