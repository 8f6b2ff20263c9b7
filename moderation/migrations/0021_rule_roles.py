"""Moderators see the rules on edits; administrators alone write them."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("moderation", "0020_edit_rules")]
    operations = [granting("moderation", {MODERATORS: ["view_editrule"]})]
