"""The rules that a site begins with only mark edits."""

import pytest

from accounts.models import User
from changes.models import Change
from moderation.rules.evaluation import make_ready
from moderation.rules.models import EditRule
from moderation.rules.presenting import describe_conditions
from tests.cast import make_user
from tests.changes.content import edit, make_page

pytestmark = pytest.mark.django_db

LONG = "A sentence that says something.\n" * 100


def labels() -> list[str]:
    return Change.objects.first().labels


def test_they_mark_and_do_not_stop_anything():
    rules = list(EditRule.objects.all())
    assert sorted(rule.name for rule in rules) == [
        "Blanking",
        "Large removal",
        "Many new links",
        "Repeated characters",
    ]
    for rule in rules:
        assert (rule.action, rule.is_enabled) == ("tag", True)
        assert rule.revisions.get().content == rule.content()
        make_ready(rule)
        assert describe_conditions(rule.content())


def test_they_find_what_they_are_for(alice, maria):
    page = make_page(alice, body=LONG)
    edit(page, LONG[: len(LONG) // 4], alice)
    assert labels() == ["large removal"]
    edit(page, "", alice)
    assert labels() == ["blanked"]
    edit(page, LONG, alice)
    assert labels() == []
    edit(page, "", maria)
    assert labels() == []  # moderators know what they do


def test_newcomers_are_looked_at_more_closely(alice):
    nell: User = make_user("newcomer-nell")
    from django.contrib.auth.models import Permission

    nell.user_permissions.add(Permission.objects.get(codename="change_page"))
    page = make_page(alice, body=LONG)
    edit(page, LONG + "hahahaaaaaaaaaaaaaaaaaaa\n", nell)
    assert labels() == ["repeated characters"]
    edit(page, LONG + "loooooooooooooooooooool\n", alice)
    assert labels() == []
