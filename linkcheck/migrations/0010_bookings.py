from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0009_quick_claims")]

    operations = [
        migrations.CreateModel(
            name="DomainBooking",
            fields=[
                ("domain", models.CharField(max_length=260, primary_key=True, serialize=False)),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="host",
            name="unreached",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
