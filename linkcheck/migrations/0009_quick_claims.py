"""Let PostgreSQL claim links in place: a claim changes no column that is indexed."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def leave_room(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A row that changes stays on its page, beside what it was (heap-only tuples)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE linkcheck_link SET (fillfactor = 85)")


def leave_none(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE linkcheck_link RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0008_repair_help")]

    operations = [
        migrations.RemoveIndex(model_name="link", name="link_leased"),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                fields=["id"], condition=models.Q(deaths__gte=3), name="link_deadly"
            ),
        ),
        migrations.RunPython(leave_room, leave_none),
    ]
