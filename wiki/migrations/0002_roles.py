from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, granting

ANYONE = ["add_page", "change_page"]
TRUSTED = [*ANYONE, "rename_page"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles"), ("wiki", "0001_initial")]
    operations = [
        granting(
            "wiki",
            {
                CONTRIBUTORS: ANYONE,
                EDITORS: TRUSTED,
                MODERATORS: [*TRUSTED, "protect_page", "delete_page"],
            },
        )
    ]
