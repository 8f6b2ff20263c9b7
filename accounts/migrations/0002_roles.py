"""Make the groups; the apps give them permissions in migrations of their own."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations

GROUPS = ("Contributors", "Editors", "Moderators")


def make_groups(apps: Apps, schema_editor: Any) -> None:
    """Make the three groups; safe to run twice."""
    for name in GROUPS:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


def remove_groups(apps: Apps, schema_editor: Any) -> None:
    """Remove them again, memberships with them."""
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, remove_groups)]
