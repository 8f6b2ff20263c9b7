"""Two entries become one, as one operation that can be taken back."""

import pytest
from django.utils import timezone

from catalog.editing import edit_resource
from catalog.editing.merging import join_values, merge_resources
from catalog.models import Resource
from changes.models import Change, ChangeGroup, ObjectType
from changes.recording import Authorship, StaleVersionError
from linkcheck.own_site import look_at_own
from tests.changes.content import make_resource, make_section
from tests.protections import protect_it

pytestmark = pytest.mark.django_db


def set_values(resource, actor, **values):
    resource.refresh_from_db()
    edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values=values,
        by=Authorship(actor=actor),
    )
    resource.refresh_from_db()
    return resource


@pytest.fixture
def two(alice, erin):
    kept = make_resource(alice, make_section(erin, "Core"), "Docs")
    gone = make_resource(alice, make_section(erin, "More"), "Documentation")
    set_values(kept, alice, description="The docs.", tags=["one", "two"])
    set_values(gone, alice, description="All of it.", tags=["two", "three"], kind="documentation")
    return kept, gone


def choices(kept, gone, **values):
    return {
        "into": kept.slug,
        "kept_version": kept.version,
        "gone_version": gone.version,
        "choose_title": "kept",
        "choose_url": "kept",
        "choose_description": "both",
        "text_description": "The docs.\n\nAll of it.",
        "choose_kind": "gone",
        "choose_tags": "both",
        "choose_section_id": "kept",
        "summary": "the same",
        **values,
    }


def test_both_are_shown_field_by_field_before_anything_happens(client, alice, two):
    kept, gone = two
    client.force_login(alice)
    assert "Into which one?" in client.get(f"{gone.get_absolute_url()}merge/").content.decode()
    for name in ("docs", "DOCS", kept.url, f"http://testserver{kept.get_absolute_url()}"):
        response = client.get(f"{gone.get_absolute_url()}merge/", {"into": name})
        assert response.context["kept"] == kept
    form = response.context["form"]
    assert set(form.fields) == set(choices(kept, gone))
    assert form["text_description"].value() == "The docs.\n\nAll of it.\n"
    assert "both: one, two, three" in response.content.decode()
    for name in ("nowhere", gone.slug, ""):
        assert client.get(f"{gone.get_absolute_url()}merge/", {"into": name}).status_code == 404


def test_merged_entries_are_one_that_stands_wherever_either_stood(client, alice, two, settings):
    kept, gone = two
    client.force_login(alice)
    response = client.post(f"{gone.get_absolute_url()}merge/", choices(kept, gone))
    group = ChangeGroup.objects.get()
    assert response.headers["Location"] == group.get_absolute_url()
    places = {kept.section_id, gone.section_id}
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.kind, kept.tags) == ("documentation", ["one", "two", "three"])
    assert kept.description == "The docs.\n\nAll of it."
    assert set(kept.places()) == places
    assert (gone.is_retired, gone.merged_into) == (True, kept)
    kinds = Change.objects.filter(pk__in=group.change_ids).values_list("kind", flat=True)
    assert set(kinds) == {"merged"}
    address = gone.get_absolute_url()
    assert client.get(address).headers["Location"] == "/resources/docs/?from=documentation"
    assert client.get(f"{address}?redirect=no").status_code == 200
    seen = look_at_own(f"{settings.SITE_URL}{address}", timezone.now())
    assert [hop.status for hop in seen.hops] == [301, 200]


def test_all_of_a_merge_is_taken_back(client, alice, two):
    kept, gone = two
    client.force_login(alice)
    client.post(f"{gone.get_absolute_url()}merge/", choices(kept, gone, choose_url="gone"))
    urls = kept.url, gone.url
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.url, gone.url) == urls[::-1]
    client.post(f"{ChangeGroup.objects.get().get_absolute_url()}undo/")
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.url, gone.url) == urls
    assert (kept.tags, kept.description, len(kept.places())) == (["one", "two"], "The docs.", 1)
    assert (gone.is_retired, gone.merged_into) == (False, None)


def test_what_was_changed_meanwhile_is_shown_and_nothing_typed_is_lost(client, alice, bob, two):
    kept, gone = two
    posted = choices(kept, gone, text_description="Typed by Alice.")
    set_values(gone, bob, level="beginner")
    client.force_login(alice)
    response = client.post(f"{gone.get_absolute_url()}merge/", posted)
    assert response.status_code == 409
    assert "Typed by Alice." in response.content.decode()
    assert not ChangeGroup.objects.exists()
    gone.refresh_from_db()
    assert not gone.is_retired


def test_a_protected_entry_is_not_merged(client, alice, maria, two):
    kept, gone = two
    protect_it(kept, by=maria)
    client.force_login(alice)
    address = f"{gone.get_absolute_url()}merge/"
    assert client.get(address, {"into": kept.slug}).status_code == 403
    assert client.post(address, choices(kept, gone)).status_code == 403
    with pytest.raises(StaleVersionError):
        merge_resources(
            kept_id=kept.pk,
            gone_id=gone.pk,
            kept_version=kept.version,
            gone_version=1,
            values={},
            by=Authorship(actor=maria),
        )


def test_without_questions_what_is_empty_is_filled(two):
    kept, gone = two
    values = join_values(kept, gone)
    assert (values["description"], values["kind"]) == ("The docs.", "documentation")
    assert values["tags"] == ["one", "two", "three"]


def test_an_entry_put_back_leads_nowhere_else(client, alice, two):
    kept, gone = two
    client.force_login(alice)
    client.post(f"{gone.get_absolute_url()}merge/", choices(kept, gone))
    client.post(f"{gone.get_absolute_url()}restore/")
    assert Resource.objects.get(pk=gone.pk).merged_into is None
    assert client.get(gone.get_absolute_url()).status_code == 200
    about = Change.objects.of_object(ObjectType.RESOURCE, gone.pk)
    assert about[0].kind == "restored"
