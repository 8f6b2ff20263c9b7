"""What pages themselves knew of their protection goes to where every protection stands."""

from typing import Any

from django.db import migrations

REASON = "It was protected before reasons were asked for."


def hand_over(apps: Any, schema_editor: Any) -> None:
    page_model = apps.get_model("wiki", "Page")
    protection_model = apps.get_model("moderation", "Protection")
    protected = page_model.objects.exclude(protection="open").values_list("pk", "protection")
    protection_model.objects.bulk_create(
        (
            protection_model(object_type="page", object_id=pk, level=level, reason=REASON)
            for pk, level in protected.iterator()
        ),
        batch_size=1000,
    )


def take_back(apps: Any, schema_editor: Any) -> None:
    page_model = apps.get_model("wiki", "Page")
    protection_model = apps.get_model("moderation", "Protection")
    standing = protection_model.objects.filter(object_type="page", ended_at=None)
    for level in ("trusted", "moderators"):
        ids = standing.filter(level=level).values_list("object_id", flat=True)
        page_model.objects.filter(pk__in=list(ids)).update(protection=level)
    standing.delete()


class Migration(migrations.Migration):
    dependencies = [("wiki", "0002_roles"), ("moderation", "0014_protections")]
    operations = [migrations.RunPython(hand_over, take_back)]
