"""The HTML of posts marks who is mentioned: those that were written before are drawn anew."""

from django.db import migrations
from django.db.migrations.state import StateApps


def draw_again(apps: StateApps, schema_editor: object) -> None:
    posts = apps.get_model("talk", "Post").objects.filter(text__contains="@").order_by("pk")
    for post in posts.iterator():
        from talk.rendering import render_post

        posts.filter(pk=post.pk).update(html=render_post(post.text))


class Migration(migrations.Migration):
    dependencies = [
        ("talk", "0003_following_merges"),
    ]

    operations = [
        migrations.RunPython(draw_again, migrations.RunPython.noop),
    ]
