"""Moderators can block people."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_blocks")]
    operations = [granting("accounts", {MODERATORS: ["block_people"]})]
