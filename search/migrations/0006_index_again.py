"""What is read of a page has changed: a worker indexes all documents anew."""

from django.db import migrations
from django.db.migrations.state import StateApps


def mark_stale(apps: StateApps, schema_editor: object) -> None:
    apps.get_model("search", "SearchDocument").objects.update(is_stale=True)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0005_paths"),
    ]

    operations = [
        migrations.RunPython(mark_stale, migrations.RunPython.noop),
    ]
