"""Moderators say who reviews a section."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("moderation", "0016_section_reviewers")]
    operations = [granting("moderation", {MODERATORS: ["appoint_reviewers"]})]
