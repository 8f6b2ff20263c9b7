"""Who protects is asked of ``moderation.protect`` now: nobody shall be shown a right without use."""

from typing import Any

from django.db import migrations


def retire(apps: Any, schema_editor: Any) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(content_type__app_label="wiki", codename="protect_page").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0004_protection_stands_elsewhere"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("moderation", "0015_protection_roles"),
    ]
    operations = [migrations.RunPython(retire, migrations.RunPython.noop)]
