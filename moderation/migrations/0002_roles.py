from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles"), ("moderation", "0001_initial")]
    operations = [granting("moderation", {MODERATORS: ["decide_case"]})]
