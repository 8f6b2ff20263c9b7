from django.db import migrations

from accounts.roles import CONTRIBUTORS, granting


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_roles"),
        ("linkcheck", "0003_people_and_retention"),
    ]

    operations = [granting("linkcheck", {CONTRIBUTORS: ["add_confirmation"]})]
