from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_trusted_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalresource",
            name="hidden",
            field=models.CharField(db_default="", default="", editable=False, max_length=4),
        ),
        migrations.AddField(
            model_name="historicalsection",
            name="hidden",
            field=models.CharField(db_default="", default="", editable=False, max_length=4),
        ),
    ]
