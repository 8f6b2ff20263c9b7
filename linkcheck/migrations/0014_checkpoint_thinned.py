from django.db import migrations, models


def assume_that_some_were_thinned(apps, schema_editor):
    """Of checkpoints made before they were counted nobody knows."""
    apps.get_model("linkcheck", "Checkpoint").objects.filter(check_id__gt=0).update(thinned=1)


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0013_repair_batches")]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="thinned",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(assume_that_some_were_thinned, migrations.RunPython.noop),
    ]
