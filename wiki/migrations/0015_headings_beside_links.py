"""The links of a heading stand behind it: a worker draws pages and paths anew."""

from django.db import migrations
from django.db.migrations.state import StateApps


def mark_stale(apps: StateApps, schema_editor: object) -> None:
    for name in ("RenderedPage", "RenderedPath"):
        apps.get_model("wiki", name).objects.update(is_stale=True)


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0014_path_roles"),
    ]

    operations = [
        migrations.RunPython(mark_stale, migrations.RunPython.noop),
    ]
