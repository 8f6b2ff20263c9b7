"""Cases about repositories: what they show, and what can be decided."""

import pytest
from django.urls import reverse
from django.utils import timezone

from linkcheck.kinds import REPO_ARCHIVED, REPO_RENAMED
from linkcheck.models import Link, Repository
from linkcheck.uses import close_cases_of_unused
from moderation.cases import decide, open_case
from moderation.models import Case
from tests.linkcheck.factories import make_resource

pytestmark = pytest.mark.django_db

RAY = "https://github.com/ray-project/ray"


@pytest.fixture
def resource(alice):
    return make_resource(alice, RAY, "Ray")


def open_about(resource, kind: str, **fields) -> Case:
    now = timezone.now()
    Repository.objects.create(
        link=resource.link,
        forge="github",
        path="ray-project/ray",
        state="present",
        **{"full_name": "ray-project/ray", "pushed_at": now, "asked_at": now, **fields},
        next_check_at=now,
    )
    return open_case(
        kind=kind,
        target_type="link",
        target_id=resource.link_id,
        title=RAY,
        reason="So it is.",
        priority=-15,
    )


def test_a_renamed_repository_is_replaced_by_its_name_of_today(client, resource, maria):
    case = open_about(resource, REPO_RENAMED, full_name="anyscale/ray")
    client.force_login(maria)
    html = client.get(case.get_absolute_url()).content.decode()
    assert 'value="https://github.com/anyscale/ray"' in html
    assert "renamed repository" in html
    assert 'value="retire"' not in html
    decide(
        case_id=case.pk,
        version=1,
        action="replace",
        reason="",
        actor=maria,
        params={"new_url": "https://github.com/anyscale/ray"},
    )
    resource.refresh_from_db()
    assert resource.url == "https://github.com/anyscale/ray"
    assert not Link.objects.get(url=RAY).is_used


def test_an_archived_repository_can_be_retired_or_left(client, resource, maria):
    case = open_about(resource, REPO_ARCHIVED, is_archived=True)
    client.force_login(maria)
    html = client.get(case.get_absolute_url()).content.decode()
    assert "archived repository" in html
    assert 'value="retire"' in html and 'value="replace"' in html and 'value="dismiss"' in html
    decide(case_id=case.pk, version=1, action="retire", reason="use X", actor=maria)
    resource.refresh_from_db()
    assert resource.is_retired


def test_the_queue_shows_them_all_in_a_constant_number_of_queries(
    client, alice, maria, django_assert_max_num_queries
):
    for number in range(6):
        entry = make_resource(alice, f"https://github.com/ray/r{number}", f"Entry {number}")
        open_about(entry, REPO_ARCHIVED, is_archived=True)
    client.force_login(maria)
    client.get(reverse("moderation:case_list"))
    with django_assert_max_num_queries(24):
        client.get(reverse("moderation:case_list"))


def test_its_case_closes_when_nobody_uses_it_any_more(resource):
    open_about(resource, REPO_ARCHIVED)
    Link.objects.update(is_used=False)
    close_cases_of_unused()
    assert Case.objects.get().state == "resolved"
