from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0011_no_check_requests")]

    operations = [
        migrations.AddField("moverepair", "batch", models.UUIDField(null=True)),
        migrations.AddField(
            "moverepair", "revisions", models.JSONField(db_default=[], default=list)
        ),
        migrations.AddIndex("moverepair", models.Index(fields=["batch"], name="moverepair_batch")),
    ]
