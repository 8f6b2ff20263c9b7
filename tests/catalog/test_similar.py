"""Entries like another one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.editing import retire_resource
from catalog.models import Resource
from catalog.similar import find_similar
from changes.recording import Authorship
from linkcheck.models import Link, Mark
from tests.catalog.test_merging import set_values
from tests.changes.content import make_resource, make_section

pytestmark = pytest.mark.django_db


def test_like_entries_by_tags_section_kind_and_words_the_living_first(client, alice, erin):
    core, other = make_section(erin, "Core"), make_section(erin, "Other")
    docs = set_values(make_resource(alice, core, "Ray docs"), alice, tags=["a", "b"], kind="tool")
    both = set_values(make_resource(alice, other, "Both tags"), alice, tags=["a", "b"])
    dead = set_values(make_resource(alice, core, "Ray docs again"), alice, tags=["a", "b"])
    kind = set_values(make_resource(alice, core, "Same kind"), alice, kind="tool")
    make_resource(alice, core, "Same section only")
    make_resource(alice, other, "Nothing in common")
    gone = set_values(make_resource(alice, core, "Gone docs"), alice, tags=["a", "b"])
    retire_resource(resource_id=gone.pk, reason="Old.", by=Authorship(actor=alice))
    Link.objects.filter(resources=dead).update(mark=Mark.DEAD)
    assert find_similar(docs) == [both, kind, dead]
    with CaptureQueriesContext(connection) as queries:
        assert find_similar(Resource.objects.get(pk=docs.pk), limit=1) == [both]
    assert len(queries) == 2
    assert "Similar entries" in client.get(docs.get_absolute_url()).content.decode()
