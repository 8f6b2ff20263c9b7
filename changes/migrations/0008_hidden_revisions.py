import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0007_reverted_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="hidden",
            field=models.CharField(db_default="", default="", editable=False, max_length=4),
        ),
        migrations.CreateModel(
            name="HiddenRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_type", models.CharField(max_length=12)),
                ("object_id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField()),
                (
                    "part",
                    models.CharField(
                        choices=[("text", "text"), ("summary", "summary"), ("author", "author")],
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField()),
                ("by_label", models.CharField(max_length=150)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("hide_revision", "Can hide text, summary or author of revisions"),
                    ("see_hidden", "Can see what is hidden of revisions"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("object_type", "object_id", "version", "part"), name="hidden_once"
                    )
                ],
            },
        ),
    ]
