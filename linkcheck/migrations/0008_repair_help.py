import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("linkcheck", "0007_absences"),
    ]

    operations = [
        migrations.AddField(
            model_name="link",
            name="archive_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="link",
            name="archive_url",
            field=models.CharField(blank=True, db_default="", max_length=2000),
        ),
        migrations.CreateModel(
            name="RepairHelp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("died_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_look_at", models.DateTimeField(null=True)),
                ("archive_asked_at", models.DateTimeField(null=True)),
                ("suggested_url", models.CharField(blank=True, max_length=2000)),
                ("old_words", models.CharField(blank=True, max_length=2100)),
                ("new_words", models.CharField(blank=True, max_length=2100)),
                ("support", models.PositiveIntegerField(default=0)),
                ("suggestion_status", models.PositiveSmallIntegerField(null=True)),
                ("suggestion_checked_at", models.DateTimeField(null=True)),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="help",
                        to="linkcheck.link",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_look_at__isnull", False)),
                        fields=["next_look_at"],
                        name="repairhelp_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Repository",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "forge",
                    models.CharField(
                        choices=[
                            ("github", "github"),
                            ("gitlab", "gitlab"),
                            ("codeberg", "codeberg"),
                        ],
                        max_length=10,
                    ),
                ),
                ("path", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not known"),
                            ("present", "there"),
                            ("missing", "deleted or private"),
                            ("withheld", "withheld by the forge"),
                        ],
                        max_length=10,
                    ),
                ),
                ("full_name", models.CharField(blank=True, max_length=500)),
                ("is_archived", models.BooleanField(default=False)),
                ("pushed_at", models.DateTimeField(null=True)),
                ("license", models.CharField(blank=True, max_length=200)),
                ("stars", models.PositiveIntegerField(default=0)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("seen_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField()),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="repository",
                        to="linkcheck.link",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "repositories",
                "indexes": [models.Index(fields=["forge", "next_check_at"], name="repository_due")],
            },
        ),
    ]
