"""The trusted can do whatever editors can: the ladder has no gap."""

from django.db import migrations

from accounts.roles import TRUSTED, granting

RIGHTS = ["add_resource", "change_resource", "add_section", "change_section"]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_more_roles"),
        ("catalog", "0006_delete_section_roles"),
    ]
    operations = [granting("catalog", {TRUSTED: RIGHTS})]
