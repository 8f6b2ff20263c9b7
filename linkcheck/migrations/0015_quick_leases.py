"""Let PostgreSQL lease hosts in place, as it does links."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def leave_room(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A row that changes stays on its page, beside what it was (heap-only tuples)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE linkcheck_host SET (fillfactor = 75)")


def leave_none(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE linkcheck_host RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0014_checkpoint_thinned")]

    operations = [migrations.RunPython(leave_room, leave_none)]
