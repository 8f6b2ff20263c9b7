"""Leave room for the claims of a busy table: links and hosts that find none change every index."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _set_room(schema_editor: BaseDatabaseSchemaEditor, of_links: int, of_hosts: int) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE linkcheck_link SET (fillfactor = {of_links})")
        schema_editor.execute(f"ALTER TABLE linkcheck_host SET (fillfactor = {of_hosts})")


def leave_more(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """In a batch of claims a page of hosts has one in three of its rows leased, and freed again."""
    _set_room(schema_editor, of_links=70, of_hosts=50)


def leave_less(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _set_room(schema_editor, of_links=85, of_hosts=75)


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0015_quick_leases")]

    operations = [migrations.RunPython(leave_more, leave_less)]
