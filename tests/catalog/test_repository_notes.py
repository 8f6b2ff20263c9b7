"""What forges say of repositories, as readers see it; and the mark that silences age notes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.editing import edit_resource, revert_resource
from changes.recording import Authorship
from linkcheck.models import Repository
from tests.linkcheck.factories import make_resource

pytestmark = pytest.mark.django_db

RAY = "https://github.com/ray-project/ray"


@pytest.fixture
def resource(alice):
    return make_resource(alice, RAY, "Ray")


def note(resource, *, days: int = 10, **fields) -> Repository:
    """What the forge says of the entry's repository."""
    now = timezone.now()
    values = {
        "forge": "github",
        "path": "ray-project/ray",
        "state": "present",
        "full_name": "ray-project/ray",
        "pushed_at": now - timedelta(days=days),
        "license": "Apache-2.0",
        "stars": 31_000,
        "seen_at": now,
        "next_check_at": now,
        **fields,
    }
    repository, _ = Repository.objects.update_or_create(link=resource.link, defaults=values)
    return repository


def page(client, resource) -> str:
    return client.get(resource.get_absolute_url()).content.decode()


def entries(client) -> str:
    return client.get(reverse("catalog:resource_list")).content.decode()


def complete(resource, actor, value: bool = True):
    edited, _ = edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values={"is_feature_complete": value},
        by=Authorship(actor=actor),
    )
    return edited


def test_an_entry_shows_what_its_forge_says(client, resource):
    note(resource)
    html = page(client, resource)
    assert "<h2>Repository</h2>" in html
    assert "Apache-2.0" in html and "31,000" in html and "10 days ago" in html
    assert "archived" not in entries(client).lower()


def test_an_entry_that_is_no_repository_has_no_such_part(client, alice):
    other = make_resource(alice, "https://docs.example/", "Docs")
    assert "<h2>Repository</h2>" not in page(client, other)


def test_what_a_forge_was_never_asked_about_is_not_shown(client, resource):
    note(resource, state="", pushed_at=None)
    assert "<h2>Repository</h2>" not in page(client, resource)


def test_archived_and_renamed_are_said_in_words(client, resource):
    note(resource, is_archived=True, full_name="anyscale/ray")
    html = page(client, resource)
    assert "its owner made it read-only" in html
    assert "https://github.com/anyscale/ray" in html
    assert '<span class="tag">archived</span>' in entries(client)


def test_a_deleted_repository_is_said_to_be(client, resource):
    note(resource, state="missing")
    assert "deleted or made private" in page(client, resource)
    assert "repository deleted" in entries(client)


def test_what_a_reader_was_shown_is_drawn_anew_when_it_changes(client, resource):
    note(resource)
    assert "read-only" not in page(client, resource)
    note(resource, is_archived=True)
    assert "read-only" in page(client, resource)


def test_a_quiet_repository_is_noted_unless_it_is_complete(client, resource, alice):
    note(resource, days=430)
    assert "no commits for 14 months" in entries(client)
    assert "no commits for 14 months" in page(client, resource)
    resource = complete(resource, alice)
    assert "no commits" not in entries(client).lower()
    html = page(client, resource)
    assert "no commits" not in html.lower()
    assert "nothing is missing" in html


def test_the_mark_is_part_of_the_history_and_can_be_reverted(client, resource, alice):
    resource = complete(resource, alice)
    assert resource.version == 2
    assert resource.history.get(version=2).is_feature_complete
    assert not resource.history.get(version=1).is_feature_complete
    compare = client.get(
        reverse("catalog:resource_compare", args=[resource.slug]), {"from": 1, "to": 2}
    )
    assert "Feature-complete" in compare.content.decode()
    reverted = revert_resource(resource_id=resource.pk, to_version=1, by=Authorship(actor=alice))
    assert not reverted.is_feature_complete


def test_the_form_sets_and_takes_the_mark(client, resource, alice):
    client.force_login(alice)
    url = reverse("catalog:resource_edit", args=[resource.slug])
    data = {
        "url": RAY,
        "title": "Ray",
        "section": resource.section_id,
        "language": "en",
        "base_revision": 1,
    }
    assert client.post(url, {**data, "is_feature_complete": "on"}).status_code == 302
    resource.refresh_from_db()
    assert (resource.is_feature_complete, resource.version) == (True, 2)
    assert "checked" in client.get(url).content.decode()
    assert client.post(url, {**data, "base_revision": 2}).status_code == 302
    resource.refresh_from_db()
    assert (resource.is_feature_complete, resource.version) == (False, 3)


def test_a_list_of_repositories_takes_no_query_for_each(
    client, alice, django_assert_max_num_queries
):
    for number in range(12):
        note(make_resource(alice, f"https://github.com/ray/r{number}", f"Entry {number}"))
    entries(client)
    with django_assert_max_num_queries(20):
        entries(client)
