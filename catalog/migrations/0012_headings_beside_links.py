"""The links of a heading stand behind it: what is stored is brought into the shape of today."""

import re

from django.db import migrations
from django.db.migrations.state import StateApps

_OLD = re.compile(
    r'<(h[1-6]) id="([^"]*)">((?:(?!</?h[1-6]\b).)*?) '
    r'<a class="heading-anchor" href="([^"]*)" aria-label="([^"]*)">#</a></\1>',
    re.DOTALL,
)
_NEW = (
    r'<div class="heading"><\1 id="\2">\3</\1>'
    r'<a class="heading-anchor" href="\4" aria-label="\5"></a></div>'
)


def move_links(apps: StateApps, schema_editor: object) -> None:
    sections = apps.get_model("catalog", "Section").objects
    rows = sections.filter(introduction_html__contains='<a class="heading-anchor"')
    for pk, html in rows.values_list("pk", "introduction_html").iterator(chunk_size=200):
        sections.filter(pk=pk).update(introduction_html=_OLD.sub(_NEW, html))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_paths"),
    ]

    operations = [
        migrations.RunPython(move_links, migrations.RunPython.noop),
    ]
