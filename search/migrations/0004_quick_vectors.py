"""On PostgreSQL a vector has terms for titles and pairs: the worker makes every document anew."""

from typing import Any

from django.db import migrations


def mark_all(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        apps.get_model("search", "SearchDocument").objects.update(is_stale=True)


class Migration(migrations.Migration):
    dependencies = [("search", "0003_first_documents")]
    operations = [migrations.RunPython(mark_all, migrations.RunPython.noop)]
