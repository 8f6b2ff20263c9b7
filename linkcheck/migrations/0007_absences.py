"""What tells a page that answers and yet is not there; the places within pages that links name."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("linkcheck", "0006_deaths")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="link",
            name="landed_on",
            field=models.CharField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="link",
            name="text_changed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="linkuse",
            name="fragment_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("found", "found"),
                    ("missing", "missing"),
                    ("unverifiable", "unverifiable"),
                ],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="linkuse",
            name="fragment_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(model_name="linkuse", name="linkuse_once_a_field"),
        migrations.AddConstraint(
            model_name="linkuse",
            constraint=models.UniqueConstraint(
                fields=("object_type", "object_id", "field", "link", "fragment"),
                name="linkuse_once_a_fragment",
            ),
        ),
        migrations.AddIndex(
            model_name="linkuse",
            index=models.Index(
                condition=models.Q(("fragment", ""), _negated=True),
                fields=["link"],
                name="linkuse_fragment",
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("landed_on", ""), _negated=True),
                fields=["host"],
                name="link_landed",
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("text_changed_at__isnull", False)),
                fields=["host", "text_changed_at"],
                name="link_text_changed",
            ),
        ),
        migrations.CreateModel(
            name="HostHonesty",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=2000)),
                ("status", models.PositiveSmallIntegerField()),
                ("seen_at", models.DateTimeField(db_index=True)),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="honesties",
                        to="linkcheck.host",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="hosthonesty",
            constraint=models.UniqueConstraint(
                fields=("host", "path"), name="hosthonesty_once_a_directory"
            ),
        ),
    ]
