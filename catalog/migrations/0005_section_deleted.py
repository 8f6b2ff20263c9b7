from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_feature_complete")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        )
        for name in ("section", "historicalsection")
    ]
