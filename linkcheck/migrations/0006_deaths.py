from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("linkcheck", "0005_hosts")]

    operations = [
        migrations.AddField(
            model_name="link",
            name="deaths",
            field=models.PositiveSmallIntegerField(default=0, db_default=0),
        ),
    ]
