"""Who deletes sections: whoever deletes pages."""

from django.db import migrations

from accounts.roles import MODERATORS, granting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("catalog", "0005_section_deleted")]
    operations = [granting("catalog", {MODERATORS: ["delete_section"]})]
