import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0011_proposal_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MassRevert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("names", models.JSONField(default=list)),
                ("since", models.DateTimeField()),
                ("up_to", models.BigIntegerField(default=0)),
                ("kinds", models.JSONField(default=list)),
                ("reason", models.TextField()),
                ("queued_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "accounts",
                    models.ManyToManyField(
                        related_name="mass_reverts", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="moderation.massrevert",
                    ),
                ),
            ],
            options={
                "permissions": [("mass_revert", "Can take back everything that an account did")],
            },
        ),
        migrations.CreateModel(
            name="MassRevertItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.PositiveIntegerField()),
                (
                    "object_type",
                    models.CharField(
                        choices=[
                            ("page", "page"),
                            ("resource", "resource"),
                            ("section", "section"),
                            ("link", "link"),
                        ],
                        max_length=12,
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("title", models.CharField(max_length=2000)),
                ("runs", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits"),
                            ("done", "restored"),
                            ("unchanged", "nothing to do"),
                            ("failed", "left for a person"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                ("version_before", models.PositiveIntegerField(null=True)),
                ("version_after", models.PositiveIntegerField(null=True)),
                (
                    "mass_revert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="moderation.massrevert",
                    ),
                ),
            ],
            options={
                "ordering": ["group", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["mass_revert", "group"],
                        name="mass_revert_queue",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mass_revert", "object_type", "object_id"), name="mass_revert_once"
                    )
                ],
            },
        ),
    ]
