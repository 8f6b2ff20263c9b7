"""Moderators set the standing of people; only administrators make moderators."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("moderation", "0018_held_standings")]
    operations = [granting("moderation", {MODERATORS: ["set_standing"]})]
