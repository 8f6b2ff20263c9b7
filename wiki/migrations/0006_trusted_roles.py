"""The trusted can do whatever editors can: the ladder has no gap."""

from django.db import migrations

from accounts.roles import TRUSTED, granting


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_more_roles"),
        ("wiki", "0005_retire_protect_permission"),
    ]
    operations = [granting("wiki", {TRUSTED: ["add_page", "change_page", "rename_page"]})]
