from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0006_trusted_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalpage",
            name="hidden",
            field=models.CharField(db_default="", default="", editable=False, max_length=4),
        ),
    ]
