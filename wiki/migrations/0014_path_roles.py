from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, TRUSTED, granting

ANYONE = ["add_path", "change_path"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("wiki", "0013_paths")]
    operations = [
        granting(
            "wiki",
            {
                CONTRIBUTORS: ANYONE,
                EDITORS: ANYONE,
                TRUSTED: ANYONE,
                MODERATORS: [*ANYONE, "delete_path"],
            },
        )
    ]
