"""Everybody with an account may propose."""

from django.db import migrations

from accounts.roles import GROUPS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("moderation", "0010_proposals")]
    operations = [granting("moderation", {group: ["add_proposal"] for group in GROUPS})]
