"""What the renderer has learned reaches pages that nobody edits: a worker draws them anew."""

from django.db import migrations
from django.db.migrations.state import StateApps


def mark_stale(apps: StateApps, schema_editor: object) -> None:
    apps.get_model("wiki", "RenderedPage").objects.update(is_stale=True)


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0011_embed_filters"),
    ]

    operations = [
        migrations.RunPython(mark_stale, migrations.RunPython.noop),
    ]
