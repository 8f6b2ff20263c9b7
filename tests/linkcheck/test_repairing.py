"""What moderators decide about links: every use changes, as ordinary revisions, or none does."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from changes.models import Change, Source
from changes.recording import Authorship
from linkcheck.kinds import DEAD_LINK, MOVED_LINK
from linkcheck.models import Link, Mark
from moderation.cases import decide, open_case
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_resource
from wiki.editing import create_page

pytestmark = pytest.mark.django_db

OLD, NEW = "https://old.example/guide", "https://new.example/guide"


@pytest.fixture
def page(alice):
    body = f"See [the guide]({OLD}#top) and <{OLD}>."
    return create_page(values={"title": "Guides", "body": body}, by=Authorship(actor=alice))


@pytest.fixture
def resource(alice):
    return make_resource(alice, OLD, "The guide")


def open_dead(kind: str = DEAD_LINK) -> Case:
    link = Link.objects.get(url=OLD)
    Link.objects.filter(pk=link.pk).update(mark=Mark.DEAD, verdict="dead", reason="not_found")
    return open_case(kind=kind, target_type="link", target_id=link.pk, title=OLD, reason="404")


def settle(case: Case, action: str, actor, *, reason: str = "", **params) -> Decision:
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason=reason,
        actor=actor,
        params=params,
    )


def test_a_replacement_changes_every_use_as_ordinary_revisions(page, resource, maria):
    decision = settle(open_dead(), "replace", maria, reason="it moved", new_url=NEW)
    page.refresh_from_db()
    resource.refresh_from_db()
    assert page.body == f"See [the guide]({NEW}#top) and <{NEW}>."
    assert resource.url == NEW
    for instance in (page, resource):
        revision = instance.history.first()
        assert (revision.version, revision.source, revision.history_user) == (
            2,
            Source.REPAIR,
            maria,
        )
        assert revision.summary == "it moved"
    assert Change.objects.filter(kind="link_replaced").count() == 2
    old = Link.objects.get(url=OLD)
    assert not old.is_used
    assert not Link.objects.due(timezone.now()).filter(pk=old.pk).exists()
    case = Case.objects.get()
    assert case.state == "decided"
    assert (decision.action, decision.actor, decision.reason) == ("replace", maria, "it moved")
    assert sorted(decision.titles_of("changed")) == ["Guides", "The guide"]
    assert decision.details["left"] == []


def test_an_address_that_another_entry_has_is_refused_by_name_and_nothing_is_written(
    page, resource, alice, maria
):
    make_resource(alice, NEW, "The other guide")
    case = open_dead()
    with pytest.raises(ValidationError) as caught:
        settle(case, "replace", maria, new_url=NEW)
    assert "The other guide" in caught.value.message_dict["new_url"][0]
    page.refresh_from_db()
    resource.refresh_from_db()
    assert (page.version, resource.version, resource.url) == (1, 1, OLD)
    assert OLD in page.body
    assert Case.objects.get().is_open
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "new_url", ["", "javascript:alert(1)", "ftp://x.example/", "no address", OLD, f"{OLD}#x"]
)
def test_what_cannot_replace_it_is_refused_at_the_field(resource, maria, new_url):
    with pytest.raises(ValidationError) as caught:
        settle(open_dead(), "replace", maria, new_url=new_url)
    assert "new_url" in caught.value.message_dict
    assert Case.objects.get().is_open


def test_an_address_that_is_dead_itself_is_refused(resource, alice, maria):
    make_resource(alice, NEW, "Dead as well")
    Link.objects.filter(url=NEW).update(mark=Mark.DEAD)
    with pytest.raises(ValidationError, match="dead as well"):
        settle(open_dead(), "replace", maria, new_url=NEW)


def test_an_address_typed_without_scheme_is_understood(resource, maria):
    settle(open_dead(), "replace", maria, new_url=" new.example/guide ")
    resource.refresh_from_db()
    assert resource.url == NEW


def test_retiring_takes_the_entry_off_and_names_the_uses_that_stay(page, resource, maria):
    decision = settle(open_dead(), "retire", maria)
    resource.refresh_from_db()
    page.refresh_from_db()
    assert resource.is_retired
    assert OLD in resource.retired_reason
    assert page.version == 1
    assert (decision.titles_of("retired"), decision.titles_of("left")) == (
        ["The guide"],
        ["Guides"],
    )
    assert Link.objects.get(url=OLD).is_used


def test_what_is_the_address_of_no_entry_cannot_be_retired(page, maria):
    case = open_dead()
    with pytest.raises(ValidationError, match="No entry"):
        settle(case, "retire", maria)
    assert Case.objects.get().is_open


def test_a_moderators_word_is_kept_with_who_why_and_until(resource, maria):
    settle(open_dead(), "works_for_me", maria, reason="in a browser", days=30)
    link = Link.objects.get(url=OLD)
    assert (link.override, link.override_by, link.override_reason) == (
        "works_for_me",
        maria,
        "in a browser",
    )
    assert 29 <= (link.override_until - timezone.now()).days <= 30
    assert link.mark == "ok"
    assert link.is_vouched_for


def test_a_moved_link_is_replaced_like_a_dead_one(resource, maria):
    settle(open_dead(MOVED_LINK), "replace", maria, new_url=NEW)
    resource.refresh_from_db()
    assert resource.url == NEW


def test_only_moderators_decide(resource, alice, erin):
    case = open_dead()
    for actor in (alice, erin):
        with pytest.raises(PermissionDenied):
            settle(case, "dismiss", actor)
    assert Case.objects.get().is_open


def test_a_word_that_is_taken_back_lets_the_checks_speak_again(client, resource, maria, alice):
    settle(open_dead(), "works_for_me", maria, reason="in a browser")
    link = Link.objects.get(url=OLD)
    url = reverse("linkcheck:link_withdraw", args=[link.pk])
    client.force_login(alice)
    assert client.post(url).status_code == 403
    client.force_login(maria)
    assert client.get(url).status_code == 405
    assert "Take this word back" in client.get(link.get_absolute_url()).content.decode()
    assert client.post(url).url == link.get_absolute_url()
    link.refresh_from_db()
    assert (link.override, link.override_by, link.mark, link.is_urgent) == ("", None, "", True)
    client.post(url)
    actions = list(Decision.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["works_for_me", "withdraw"]
    log = client.get(reverse("moderation:decision_list")).content.decode()
    assert "Word taken back" in log
