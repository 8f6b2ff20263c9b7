"""An archived copy in the place of what died; what was learned, said in the case."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from changes.models import Source
from changes.recording import Authorship
from linkcheck.kinds import DEAD_LINK
from linkcheck.models import Link, Mark, RepairHelp
from moderation.cases import decide, open_case
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_resource
from wiki.editing import create_page

pytestmark = pytest.mark.django_db

DEAD = "https://gone.example/guide"
COPY = "https://archive.example/web/2020/https://gone.example/guide"


@pytest.fixture
def page(alice):
    values = {"title": "Guides", "body": f"See [the guide]({DEAD}#top)."}
    return create_page(values=values, by=Authorship(actor=alice))


@pytest.fixture
def resource(alice):
    return make_resource(alice, DEAD, "The guide", f"As [it]({DEAD}) says.")


def open_dead(*, copy: str = COPY) -> Case:
    link = Link.objects.get(url=DEAD)
    Link.objects.filter(pk=link.pk).update(
        mark=Mark.DEAD,
        verdict="dead",
        archive_url=copy,
        archive_at=datetime(2020, 5, 1, tzinfo=UTC) if copy else None,
    )
    return open_case(
        kind=DEAD_LINK, target_type="link", target_id=link.pk, title=DEAD, reason="404"
    )


def settle(case: Case, action: str, actor) -> Decision:
    return decide(case_id=case.pk, version=case.version, action=action, reason="", actor=actor)


def test_the_copy_stands_in_for_links_in_texts_and_beside_the_entry(page, resource, maria):
    decision = settle(open_dead(), "archive", maria)
    page.refresh_from_db()
    resource.refresh_from_db()
    assert COPY in page.body
    assert (resource.url, resource.archive_url) == (DEAD, COPY)
    assert resource.description == f"As [it]({COPY}) says."
    revision = resource.history.first()
    assert (revision.source, revision.history_user) == (Source.REPAIR, maria)
    assert sorted(decision.titles_of("changed")) == ["Guides", "The guide"]
    assert Case.objects.get().state == "decided"


def test_the_entry_itself_leads_to_the_copy_if_the_moderator_says_so(resource, maria):
    settle(open_dead(), "archive_address", maria)
    resource.refresh_from_db()
    assert (resource.url, resource.archive_url) == (COPY, COPY)
    assert not Link.objects.get(url=DEAD).is_used


def test_without_a_copy_nothing_of_the_kind_is_offered_or_done(client, resource, maria):
    case = open_dead(copy="")
    client.force_login(maria)
    html = client.get(case.get_absolute_url()).content.decode()
    assert "archived copy" not in html.lower()
    with pytest.raises(ValidationError, match="No archived copy"):
        settle(case, "archive", maria)


def test_a_copy_that_stands_there_already_changes_nothing(resource, maria):
    settle(open_dead(), "archive", maria)
    with pytest.raises(ValidationError, match="can already"):
        settle(open_dead(), "archive", maria)


def test_the_case_shows_the_copy_and_leads_to_the_log(client, page, resource, maria):
    case = open_dead()
    client.force_login(maria)
    html = client.get(case.get_absolute_url()).content.decode()
    assert COPY in html
    assert "1 May 2020" in html
    assert 'value="archive"' in html and 'value="archive_address"' in html
    settle(case, "archive", maria)
    assert "stands in for it in" in client.get(reverse("moderation:decision_list")).content.decode()


def test_an_address_is_offered_for_entries_only(client, page, maria):
    client.force_login(maria)
    html = client.get(open_dead().get_absolute_url()).content.decode()
    assert 'value="archive"' in html and 'value="archive_address"' not in html


def test_what_was_learned_is_offered_with_its_reason_in_words(client, resource, maria):
    case = open_dead()
    RepairHelp.objects.create(
        link=Link.objects.get(url=DEAD),
        died_at=timezone.now(),
        suggested_url="https://gone.example/architecture/guide",
        old_words="/design/",
        new_words="/architecture/",
        support=12,
        suggestion_status=200,
        suggestion_checked_at=timezone.now(),
    )
    client.force_login(maria)
    html = client.get(case.get_absolute_url()).content.decode()
    assert 'value="https://gone.example/architecture/guide"' in html
    assert "moved 12 other links from /design/ to /architecture/" in html
    assert "answered 200" in html


def test_readers_of_a_dead_link_are_led_to_its_copy(client, resource):
    open_dead()
    for url in (resource.get_absolute_url(), Link.objects.get(url=DEAD).get_absolute_url()):
        assert COPY in client.get(url).content.decode()
