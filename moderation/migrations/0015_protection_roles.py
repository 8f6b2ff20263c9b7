"""Moderators protect things; who is trusted writes on what is protected for them."""

from django.db import migrations

from accounts.roles import EDITORS, MODERATORS, TRUSTED, granting


class Migration(migrations.Migration):
    dependencies = [("moderation", "0014_protections"), ("accounts", "0003_more_roles")]
    operations = [
        granting(
            "moderation",
            {
                EDITORS: ["edit_protected"],
                TRUSTED: ["edit_protected"],
                MODERATORS: ["edit_protected", "protect"],
            },
        )
    ]
