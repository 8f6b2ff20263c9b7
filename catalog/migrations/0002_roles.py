from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, granting

ANYONE = ["add_resource", "change_resource", "change_section"]
TRUSTED = [*ANYONE, "add_section"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles"), ("catalog", "0001_initial")]
    operations = [
        granting("catalog", {CONTRIBUTORS: ANYONE, EDITORS: TRUSTED, MODERATORS: TRUSTED})
    ]
