"""What was stored while the links of a heading stood in it is as it would be rendered today."""

import re
from importlib import import_module

import pytest
from django.apps import apps

from catalog.editing import edit_section
from catalog.models import Section
from changes.models import ObjectType
from changes.recording import Authorship
from talk.models import Post
from talk.posting import start_thread
from tests.changes.content import make_page, make_section

pytestmark = pytest.mark.django_db

TEXT = 'Lead.\n\n## A & *b* "c" [d](https://d.example/)\n\nOne.\n\n> two\n> lines\n> ===\n\n- # x\n'
TODAY = re.compile(
    r'<div class="heading"><(h\d) id="([^"]*)">(.*?)</\1>'
    r'(<a class="heading-anchor"[^>]*>)</a></div>',
    re.DOTALL,
)


def before(html):
    old, count = TODAY.subn(r'<\1 id="\2">\3 \4#</a></\1>', html)
    assert count == 3
    return old


def test_introductions_and_posts_are_brought_into_the_shape_of_today(alice, erin):
    section = edit_section(
        section_id=make_section(erin).pk,
        base_version=1,
        values={"introduction": TEXT},
        by=Authorship(actor=erin),
    )[0]
    page = make_page(alice)
    thread = start_thread(
        object_type=ObjectType.PAGE, object_id=page.pk, title="T", text=TEXT, by=alice
    )
    post = Post.objects.get(thread=thread)
    for name, rows, column in (
        ("catalog", Section.objects.filter(pk=section.pk), "introduction_html"),
        ("talk", Post.objects.filter(pk=post.pk), "html"),
    ):
        today = rows.values_list(column, flat=True).get()
        rows.update(**{column: before(today)})
        migration = import_module(f"{name}.migrations.{NAMES[name]}")
        for _twice in range(2):
            migration.move_links(apps, None)
            assert rows.values_list(column, flat=True).get() == today


NAMES = {"catalog": "0012_headings_beside_links", "talk": "0005_headings_beside_links"}
