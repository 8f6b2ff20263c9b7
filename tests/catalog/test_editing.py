"""Every write of a section or a resource: one revision, one change, derived rows."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from catalog.editing import (
    AlreadyListedError,
    create_resource,
    create_section,
    edit_resource,
    edit_section,
    replace_resource_urls,
    restore_resource,
    retire_resource,
    revert_resource,
    revert_section,
)
from catalog.models import Placement, Resource
from changes.models import Change
from changes.recording import Authorship, NothingChangedError
from linkcheck.models import Link, LinkUse

pytestmark = pytest.mark.django_db


@pytest.fixture
def section(erin):
    return create_section(title="Ray Serve", by=Authorship(actor=erin))


def make_resource(actor, section, **values):
    defaults = {"title": "Docs", "url": "https://docs.example/serve", "section_id": section.pk}
    return create_resource(values=defaults | values, by=Authorship(actor=actor))


def edit(resource, actor, base=None, **values):
    return edit_resource(
        resource_id=resource.pk,
        base_version=base or resource.version,
        values=values,
        by=Authorship(actor=actor),
    )


def test_a_new_resource_has_its_revision_change_place_tags_and_link(alice, section):
    resource = make_resource(
        alice,
        section,
        description="See [more](https://more.example/).",
        tags=["Model Serving", "model-serving", "HTTP"],
    )
    assert resource.tags == ["model-serving", "http"]
    assert resource.history.get().changed_fields
    assert Change.objects.of_object("resource", resource.pk).get().section_id == section.pk
    assert Placement.objects.get().section == section
    assert set(resource.tag_rows.values_list("tag", flat=True)) == {"model-serving", "http"}
    assert resource.link.url == "https://docs.example/serve"
    fields = LinkUse.objects.order_by("field").values_list("field", "link__url")
    assert list(fields) == [
        ("description", "https://more.example/"),
        ("url", "https://docs.example/serve"),
    ]


@pytest.mark.parametrize(
    "spelling",
    [
        "https://docs.example/serve",
        "http://docs.example/serve/",
        "HTTPS://WWW.Docs.Example:443/serve",
        "https://docs.example/./x/../serve?utm_source=mail",
    ],
)
def test_an_address_is_listed_once_under_whatever_spelling(alice, bob, section, spelling):
    existing = make_resource(alice, section)
    with pytest.raises(AlreadyListedError) as caught:
        make_resource(bob, section, title="Again", url=spelling)
    assert caught.value.resource == existing
    assert Resource.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "not an address"),
        ("url", "javascript:alert(1)"),
        ("title", "\u200b"),
        ("kind", "poem"),
        ("level", "wizard"),
        ("language", "english please"),
        ("tags", [f"tag{n}" for n in range(13)]),
        ("description", "x" * (512 * 1024 + 1)),
    ],
)
def test_what_cannot_be_stored_is_refused_by_field(alice, section, field, value):
    with pytest.raises(ValidationError) as caught:
        make_resource(alice, section, **{field: value})
    assert field in caught.value.message_dict
    assert not Resource.objects.exists()
    assert not Link.objects.exists()


def test_fields_that_two_people_change_apart_are_merged(alice, bob, section):
    resource = make_resource(alice, section)
    edit(resource, alice, base=1, title="Ray Serve documentation")
    merged, result = edit(resource, bob, base=1, title="Docs", level="beginner")
    assert result.was_merged
    assert (merged.title, merged.level) == ("Ray Serve documentation", "beginner")


def test_nothing_changed_writes_nothing(alice, section):
    resource = make_resource(alice, section)
    with pytest.raises(NothingChangedError):
        edit(resource, alice, title="Docs", tags=[])
    assert resource.history.count() == 1


def test_retire_takes_its_links_out_of_the_checks_and_restore_brings_them_back(alice, section):
    resource = make_resource(alice, section)
    retire_resource(resource_id=resource.pk, reason="superseded", by=Authorship(actor=alice))
    assert not Link.objects.get().is_used
    assert Change.objects.first().kind == "retired"
    restore_resource(resource_id=resource.pk, by=Authorship(actor=alice))
    assert Link.objects.get().is_used
    assert Change.objects.first().kind == "restored"


def test_revert_brings_back_every_field(alice, section):
    resource = make_resource(alice, section, description="first", tags=["a"])
    edit(resource, alice, description="second", tags=["b"], url="https://other.example/")
    reverted = revert_resource(resource_id=resource.pk, to_version=1, by=Authorship(actor=alice))
    assert (reverted.description, reverted.tags) == ("first", ["a"])
    assert reverted.url == "https://docs.example/serve"
    assert [t.tag for t in reverted.tag_rows.all()] == ["a"]
    assert reverted.link.url == "https://docs.example/serve"


def test_replacing_a_url_changes_address_and_description(maria, section):
    resource = make_resource(maria, section, description="At https://docs.example/serve it stands.")
    resource = replace_resource_urls(
        resource_id=resource.pk,
        urls={"https://docs.example/serve": "https://new.example/serve"},
        by=Authorship(actor=maria),
    )
    assert resource.url == "https://new.example/serve"
    assert "https://new.example/serve" in resource.description
    assert Resource.objects.get().url_key == "https://new.example/serve"


def test_a_section_cannot_stand_inside_itself(erin, section):
    inner = create_section(title="Inner", parent=section, by=Authorship(actor=erin))
    for parent in (section.pk, inner.pk):
        with pytest.raises(ValidationError):
            edit_section(
                section_id=section.pk,
                base_version=1,
                values={"parent_id": parent},
                by=Authorship(actor=erin),
            )


def test_sections_have_history_and_revert(erin, section):
    edit_section(
        section_id=section.pk,
        base_version=1,
        values={"title": "Serving", "introduction": "About [it](https://a.example)."},
        by=Authorship(actor=erin),
    )
    assert LinkUse.objects.get().object_type == "section"
    reverted = revert_section(section_id=section.pk, to_version=1, by=Authorship(actor=erin))
    assert (reverted.title, reverted.introduction, reverted.version) == ("Ray Serve", "", 3)
    assert not LinkUse.objects.exists()


def test_contributors_make_no_sections(alice):
    with pytest.raises(PermissionDenied):
        create_section(title="Mine", by=Authorship(actor=alice))


def test_two_titles_alike_have_two_addresses(alice, section):
    first = make_resource(alice, section)
    second = make_resource(alice, section, url="https://other.example/")
    assert (first.slug, second.slug) == ("docs", "docs-2")
