"""Whom the limits on how often something is done hold less, or not at all."""

from django.db import migrations

from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, TRUSTED, granting

KNOWN = ["has_full_rate"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_limits")]
    operations = [
        granting(
            "accounts",
            {
                CONTRIBUTORS: KNOWN,
                EDITORS: KNOWN,
                TRUSTED: KNOWN,
                MODERATORS: [*KNOWN, "is_not_limited"],
            },
        )
    ]
