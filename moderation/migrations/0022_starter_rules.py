"""A few rules to begin with. They only mark edits, and any of them can be switched off."""

from django.db import migrations
from django.utils import timezone

NEW = ["anonymous", "newcomer"]
COMMON = [*NEW, "contributor"]
EDITS = ["edit", "revert"]


def _rule(name, label, description, conditions, standings, edit_kinds):
    return {
        "name": name,
        "description": description,
        "notes": "",
        "match": "all",
        "conditions": [{"negated": False, **condition} for condition in conditions],
        "action": "tag",
        "label": label,
        "message": "",
        "standings": standings,
        "object_types": [],
        "edit_kinds": edit_kinds,
    }


RULES = [
    _rule(
        "Large removal",
        "large removal",
        "Takes more than half of a text away, and at least 1,000 bytes of it.",
        [{"kind": "share_removed", "number": 50}, {"kind": "size_removed", "number": 1000}],
        COMMON,
        EDITS,
    ),
    _rule(
        "Blanking",
        "blanked",
        "Leaves nothing of a text, or next to nothing.",
        [{"kind": "blanked", "number": 20}],
        COMMON,
        EDITS,
    ),
    _rule(
        "Repeated characters",
        "repeated characters",
        "Somebody held a key down: the same character ten times in a row.",
        [{"kind": "repeated", "number": 10}],
        NEW,
        ["create", "edit"],
    ),
    _rule(
        "Many new links",
        "many links",
        "Somebody new adds five links to other sites or more at once.",
        [{"kind": "links_added", "number": 5}],
        NEW,
        ["create", "edit"],
    ),
]


def write_rules(apps, schema_editor):
    rule_model = apps.get_model("moderation", "EditRule")
    revision_model = apps.get_model("moderation", "EditRuleRevision")
    for content in RULES:
        rule, is_new = rule_model.objects.get_or_create(
            name=content["name"],
            defaults={**content, "is_enabled": True, "enabled_at": timezone.now()},
        )
        if is_new:
            revision_model.objects.create(rule=rule, number=1, content=content)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0021_rule_roles")]
    operations = [migrations.RunPython(write_rules, migrations.RunPython.noop)]
