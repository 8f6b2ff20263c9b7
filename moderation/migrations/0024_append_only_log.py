"""Let the database refuse to change or delete what stands in the public log."""

from django.db import migrations

from moderation.log_guard import guard_log, unguard_log


def guard(apps, schema_editor):
    guard_log(schema_editor.connection)


def unguard(apps, schema_editor):
    unguard_log(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0023_reports")]

    operations = [migrations.RunPython(guard, unguard)]
