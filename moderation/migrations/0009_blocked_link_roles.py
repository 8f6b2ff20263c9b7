"""Moderators say which links no edit may add."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_blocked_links")]
    operations = [granting("moderation", {MODERATORS: ["block_links"]})]
