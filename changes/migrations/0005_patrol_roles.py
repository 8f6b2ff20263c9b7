from django.db import migrations

from accounts.roles import MODERATORS, TRUSTED, granting

PATROL = ["patrol_change", "autopatrol"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_more_roles"), ("changes", "0004_patrolled_before")]
    operations = [granting("changes", {TRUSTED: PATROL, MODERATORS: PATROL})]
