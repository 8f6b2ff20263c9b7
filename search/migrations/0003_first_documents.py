"""A site that has objects already: each gets a document, made by the worker's next sweep."""

from typing import Any

from django.db import migrations

MODELS = (
    ("page", "wiki", "Page"),
    ("resource", "catalog", "Resource"),
    ("section", "catalog", "Section"),
)


def mark_all(apps: Any, schema_editor: Any) -> None:
    document = apps.get_model("search", "SearchDocument")
    for object_type, app, model in MODELS:
        ids = apps.get_model(app, model).objects.values_list("pk", flat=True)
        document.objects.bulk_create(
            (
                document(object_type=object_type, object_id=pk, is_stale=True)
                for pk in ids.iterator()
            ),
            batch_size=1000,
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_engines"),
        ("catalog", "0001_initial"),
        ("wiki", "0001_initial"),
    ]
    operations = [migrations.RunPython(mark_all, migrations.RunPython.noop)]
