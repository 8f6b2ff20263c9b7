"""Make the groups of newcomers and of the trusted."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations

GROUPS = ("Newcomers", "Trusted")


def make_groups(apps: Apps, schema_editor: Any) -> None:
    """Make them; safe to run twice."""
    for name in GROUPS:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


def remove_groups(apps: Apps, schema_editor: Any) -> None:
    """Remove them again, memberships with them."""
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles")]
    operations = [migrations.RunPython(make_groups, remove_groups)]
