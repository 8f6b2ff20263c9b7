"""Who takes back everything that an account did: moderators."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("moderation", "0012_mass_reverts")]
    operations = [granting("moderation", {MODERATORS: ["mass_revert"]})]
