from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, NEWCOMERS, TRUSTED, granting

WRITERS = ["add_post", "resolve_thread"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("talk", "0001_talk")]
    operations = [
        granting(
            "talk",
            {
                NEWCOMERS: ["add_post"],
                CONTRIBUTORS: WRITERS,
                EDITORS: WRITERS,
                TRUSTED: WRITERS,
                MODERATORS: [*WRITERS, "hide_post"],
            },
        )
    ]
