import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_notes")]

    operations = [
        migrations.AddField(
            "decision",
            "undoes",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="moderation.decision",
            ),
        ),
    ]
