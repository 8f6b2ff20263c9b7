"""Groups and what they may do."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.permissions import find_holders
from accounts.roles import CONTRIBUTORS, GROUPS, grant, revoke


@pytest.mark.django_db
def test_the_three_groups_exist_from_the_first_migration() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)


@pytest.mark.django_db
def test_a_right_is_granted_though_its_row_is_missing_and_taken_back() -> None:
    Permission.objects.filter(codename="add_user").delete()
    for _ in range(2):
        grant(apps, "accounts", {CONTRIBUTORS: ["add_user"]})
    rights = Group.objects.get(name=CONTRIBUTORS).permissions
    assert rights.filter(codename="add_user").count() == 1
    revoke(apps, "accounts", {CONTRIBUTORS: ["add_user"]})
    assert not rights.filter(codename="add_user").exists()


@pytest.mark.django_db
def test_a_right_that_no_model_declares_is_an_error() -> None:
    with pytest.raises(LookupError, match="fly_user"):
        grant(apps, "accounts", {CONTRIBUTORS: ["fly_user"]})


def test_the_database_itself_refuses_a_name_in_another_case(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(username="Alice")


def test_who_holds_a_right_by_a_group_by_hand_or_as_superuser(
    alice: User, bob: User, maria: User, mika: User, root: User
) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="review_sections"))
    User.objects.filter(pk=mika.pk).update(is_active=False)
    deciding, reviewing = "moderation.decide_case", "moderation.review_sections"
    assert set(find_holders(deciding)) == {maria, root}
    assert list(find_holders(deciding, reviewing).order_by("username")) == [bob, maria, root]
    assert all(user.has_perm(reviewing) for user in find_holders(reviewing))
    assert set(find_holders("moderation.no_such")) == {root}
