import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0004_decision_targets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("case", "snoozed_until", models.DateTimeField(null=True)),
        migrations.AddField(
            "case",
            "is_priority_set",
            models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField("case", "section_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "case",
            "assigned_to",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                condition=models.Q(("state", "open")),
                fields=["kind", "-priority", "opened_at", "id"],
                name="case_queue_of_kind",
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                condition=models.Q(("state", "open")),
                fields=["kind", "snoozed_until"],
                name="case_counts",
            ),
        ),
    ]
