"""Who hides parts of revisions: moderators. Administrators alone see what is hidden."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("changes", "0008_hidden_revisions")]
    operations = [granting("changes", {MODERATORS: ["hide_revision"]})]
