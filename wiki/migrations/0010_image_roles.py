"""Contributors upload pictures, moderators take them away."""

from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, TRUSTED, granting


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_more_roles"),
        ("wiki", "0009_images"),
    ]
    operations = [
        granting(
            "wiki",
            {
                CONTRIBUTORS: ["add_image"],
                EDITORS: ["add_image"],
                TRUSTED: ["add_image"],
                MODERATORS: ["add_image", "delete_image"],
            },
        )
    ]
