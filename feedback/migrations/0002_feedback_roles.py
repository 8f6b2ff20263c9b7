from django.db import migrations

from accounts.roles import EDITORS, MODERATORS, TRUSTED, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("feedback", "0001_feedback")]
    operations = [
        granting(
            "feedback",
            {EDITORS: ["see_votes"], TRUSTED: ["see_votes"], MODERATORS: ["see_votes"]},
        )
    ]
