"""Decisions about links and hosts are taken back through ordinary revisions."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog.editing import edit_resource
from catalog.models import Resource
from changes.models import Change
from changes.recording import Authorship
from linkcheck.host_repairing import speak_for_host, withdraw_host_override
from linkcheck.kinds import (
    DEAD_HOST,
    DEAD_LINK,
    HOST,
    MISSING_FRAGMENT,
    MOVED_LINK,
    REPO_RENAMED,
    TRIVIAL_MOVES,
)
from linkcheck.models import Host, Link, Repair
from linkcheck.moves import find_trivial_moves
from linkcheck.repair_queue import carry_out_repairs
from linkcheck.repairing import speak_for_link, withdraw_override
from linkcheck.states import LinkState
from linkcheck.verdicts import Override, Reason, Verdict
from moderation.cases import decide, open_case
from moderation.models import Case, Decision
from moderation.undoing import undo_decision
from tests.linkcheck.factories import make_resource
from wiki.editing import create_page, edit_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

OLD, NEW = "https://old.example/guide", "https://new.example/guide"


def set_verdict(link: Link, verdict: Verdict, mark: str, **changes) -> None:
    state = LinkState(verdict=verdict, reason=Reason.NOT_FOUND, **changes)
    Link.objects.filter(pk=link.pk).update(
        verdict=verdict.value, state=state.as_dict(), mark=mark, verdict_since=timezone.now()
    )


def open_about(link: Link, kind: str = DEAD_LINK) -> Case:
    return open_case(kind=kind, target_type="link", target_id=link.pk, title=link.url, reason="404")


@pytest.fixture
def resource(alice) -> Resource:
    return make_resource(alice, OLD, "The guide", f"Text with [a link]({OLD}) and more.")


@pytest.fixture
def page(alice) -> Page:
    body = f"First line.\n\nSee [it]({OLD}).\n\nLast line.\n"
    return create_page(values={"title": "Tasks", "body": body}, by=Authorship(actor=alice))


@pytest.fixture
def dead(resource, page) -> Case:
    link = Link.objects.get(url=OLD)
    set_verdict(link, Verdict.DEAD, "dead")
    return open_about(link)


def say(case: Case, action: str, actor, **params) -> Decision:
    return decide(
        case_id=case.pk,
        version=Case.objects.get(pk=case.pk).version,
        action=action,
        reason="",
        actor=actor,
        params=params,
    )


def test_a_replacement_is_put_back_everywhere_and_the_case_opens_again(dead, maria, mika):
    before = Resource.objects.get(), Page.objects.get()
    decision = say(dead, "replace", maria, new_url=NEW)
    assert Resource.objects.get().url == NEW
    assert NEW in Page.objects.get().body
    undo = undo_decision(decision_id=decision.pk, actor=mika)
    resource, page = Resource.objects.get(), Page.objects.get()
    assert (resource.url, resource.description) == (before[0].url, before[0].description)
    assert page.body == before[1].body
    assert sorted(undo.titles_of("changed")) == ["Tasks", "The guide"]
    dead.refresh_from_db()
    assert dead.is_open
    link = Link.objects.get(url=OLD)
    assert (link.mark, link.is_used, link.is_urgent) == ("dead", True, True)
    assert not Link.objects.get(url=NEW).is_used
    last = Change.objects.filter(object_type="page").order_by("-pk").first()
    assert (last.kind, last.actor, last.source) == ("reverted", mika, "repair")


def test_what_others_wrote_since_stays(dead, maria, bob):
    decision = say(dead, "replace", maria, new_url=NEW)
    page = Page.objects.get()
    body = page.body.replace("Last line", "Bob's line")
    values = {"body": body}
    by = Authorship(actor=bob)
    edit_page(page_id=page.pk, base_version=page.version, values=values, by=by)
    undo_decision(decision_id=decision.pk, actor=maria)
    body = Page.objects.get().body
    assert OLD in body
    assert NEW not in body
    assert "Bob's line" in body


def test_where_the_same_place_changed_since_nothing_at_all_is_put_back(dead, maria, bob):
    decision = say(dead, "replace", maria, new_url=NEW)
    resource = Resource.objects.get()
    edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values={"url": "https://newest.example/"},
        by=Authorship(actor=bob),
    )
    with pytest.raises(ValidationError, match=r"The guide was changed in the same place since"):
        undo_decision(decision_id=decision.pk, actor=maria)
    assert NEW in Page.objects.get().body
    assert Resource.objects.get().url == "https://newest.example/"
    assert not Case.objects.get(pk=dead.pk).is_open
    assert Decision.objects.count() == 1


def test_an_address_that_somebody_listed_meanwhile_is_not_listed_twice(dead, maria, alice):
    decision = say(dead, "replace", maria, new_url=NEW)
    make_resource(alice, OLD, "Another")
    with pytest.raises(ValidationError, match="The guide"):
        undo_decision(decision_id=decision.pk, actor=maria)


def test_a_retired_entry_comes_back(dead, maria):
    decision = say(dead, "retire", maria)
    assert Resource.objects.get().is_retired
    undo_decision(decision_id=decision.pk, actor=maria)
    resource = Resource.objects.get()
    assert (resource.status, resource.retired_reason) == ("listed", "")
    assert Case.objects.get(pk=dead.pk).is_open
    assert Link.objects.get(url=OLD).is_used


@pytest.mark.parametrize("action", ["archive", "archive_address"])
def test_an_archived_copy_gives_way_again(dead, maria, action):
    copy = "https://archive.example/web/2026/guide"
    Link.objects.filter(url=OLD).update(archive_url=copy, archive_at=timezone.now())
    decision = say(dead, action, maria)
    assert copy in Page.objects.get().body
    undo_decision(decision_id=decision.pk, actor=maria)
    resource = Resource.objects.get()
    assert (resource.url, resource.archive_url) == (OLD, "")
    assert copy not in Page.objects.get().body
    assert Case.objects.get(pk=dead.pk).is_open


@pytest.mark.parametrize("word", ["works_for_me", "ignore", "really_dead"])
def test_a_word_is_taken_back_and_the_verdict_counts_at_once(dead, maria, word):
    decision = say(dead, word, maria, days=3)
    assert Link.objects.get(url=OLD).override == word
    undo_decision(decision_id=decision.pk, actor=maria)
    link = Link.objects.get(url=OLD)
    assert (link.override, link.override_by, link.override_until, link.mark) == (
        "",
        None,
        None,
        "dead",
    )
    assert Case.objects.get(pk=dead.pk).is_open


def test_the_word_that_stood_before_stands_again(dead, maria, mika):
    link = Link.objects.get(url=OLD)
    speak_for_link(link=link, override=Override.IGNORE, actor=mika, reason="known", days=30)
    ignored = Link.objects.get(url=OLD)
    speak_for_link(link=link, override=Override.WORKS_FOR_ME, actor=maria)
    undo_decision(decision_id=Decision.objects.first().pk, actor=maria)
    again = Link.objects.get(url=OLD)
    columns = ("override", "override_by", "override_at", "override_until", "override_reason")
    assert [getattr(again, name) for name in columns] == [
        getattr(ignored, name) for name in columns
    ]


def test_a_word_given_by_somebody_else_since_is_not_touched(dead, maria):
    decision = say(dead, "works_for_me", maria)
    Link.objects.filter(url=OLD).update(override_reason="mine", override="ignore")
    with pytest.raises(ValidationError, match="another word"):
        undo_decision(decision_id=decision.pk, actor=maria)
    assert Link.objects.get(url=OLD).override == "ignore"


def test_a_word_that_was_taken_back_on_the_page_of_the_link_stands_again(resource, maria):
    link = Link.objects.get(url=OLD)
    speak_for_link(link=link, override=Override.REALLY_DEAD, actor=maria, reason="I know")
    withdraw_override(link=link, actor=maria)
    undo_decision(decision_id=Decision.objects.first().pk, actor=maria)
    link.refresh_from_db()
    assert (link.override, link.override_reason, link.is_urgent) == ("really_dead", "I know", True)


@pytest.mark.parametrize("kind", [DEAD_LINK, MOVED_LINK, REPO_RENAMED, MISSING_FRAGMENT])
def test_a_dismissal_opens_the_case_again(resource, maria, kind):
    link = Link.objects.get(url=OLD)
    set_verdict(link, Verdict.MOVED, "moved") if kind == MOVED_LINK else set_verdict(
        link, Verdict.DEAD, "dead"
    )
    case = open_about(link, kind)
    decision = say(case, "dismiss", maria)
    undo_decision(decision_id=decision.pk, actor=maria)
    assert Case.objects.get().is_open
    assert Link.objects.get(url=OLD).mark == ("moved" if kind == MOVED_LINK else "dead")


def test_the_case_of_a_link_that_is_well_again_does_not_open(dead, maria):
    decision = say(dead, "dismiss", maria)
    set_verdict(Link.objects.get(url=OLD), Verdict.OK, "ok")
    undo_decision(decision_id=decision.pk, actor=maria)
    dead.refresh_from_db()
    assert (dead.state, dead.closing_note != "") == ("resolved", True)


@pytest.fixture
def host(resource, page) -> Host:
    host = Host.objects.get(name="old.example")
    host.missing_since = host.last_missing_at = timezone.now() - timedelta(days=3)
    host.missing_strikes = 3
    host.save()
    return host


def open_host(host: Host) -> Case:
    return open_case(
        kind=DEAD_HOST, target_type=HOST, target_id=host.pk, title=host.name, reason="gone"
    )


def test_the_decisions_about_a_host_are_taken_back(host, maria):
    case = open_host(host)
    for action, params in (
        ("replace", {"new_host": "new.example"}),
        ("retire", {}),
        ("works_for_me", {}),
        ("dismiss", {}),
    ):
        decision = say(case, action, maria, **params)
        carry_out_repairs(10)
        undo_decision(decision_id=decision.pk, actor=maria)
        carry_out_repairs(10)
        resource = Resource.objects.get()
        assert (resource.url, resource.status) == (OLD, "listed"), action
        assert OLD in Page.objects.get().body, action
        host.refresh_from_db()
        assert host.override == "", action
        assert Case.objects.get(pk=case.pk).is_open, action
        assert Link.objects.get(url=OLD).host_override == "", action


def test_a_word_about_a_host_stands_again_when_its_withdrawal_is_undone(host, maria):
    speak_for_host(host=host, override=Override.IGNORE, actor=maria, reason="ours")
    withdraw_host_override(host=host, actor=maria)
    undo_decision(decision_id=Decision.objects.first().pk, actor=maria)
    host.refresh_from_db()
    assert (host.override, host.override_reason) == ("ignore", "ours")
    assert Link.objects.get(url=OLD).host_override == "ignore"


@pytest.fixture
def moves(alice) -> Case:
    for number in range(3):
        url = f"http://trifle{number}.example/"
        link = make_resource(alice, url, f"Trifle {number}").link
        set_verdict(link, Verdict.MOVED, "moved", is_trivial_move=True)
        Link.objects.filter(pk=link.pk).update(moved_to=f"https://trifle{number}.example/")
    return open_case(
        kind=TRIVIAL_MOVES, target_type="link", target_id=0, title="3 trivial moves", reason=""
    )


def urls() -> list[str]:
    return list(Resource.objects.order_by("pk").values_list("url", flat=True))


def test_trivial_moves_that_wait_are_left_out_and_those_that_were_followed_put_back(moves, maria):
    before = urls()
    decision = say(moves, "replace_all", maria)
    carry_out_repairs(2)
    assert urls() != before
    undo = undo_decision(decision_id=decision.pk, actor=maria)
    assert undo.details["stopped"] == 1
    assert carry_out_repairs(5) == 2
    assert urls() == before
    assert not Repair.objects.filter(done_at=None).exists()


def test_a_dismissal_of_trivial_moves_that_was_undone_does_not_hide_them(moves, maria):
    decision = say(moves, "dismiss", maria)
    assert not find_trivial_moves().exists()
    undo_decision(decision_id=decision.pk, actor=maria)
    assert find_trivial_moves().count() == 3
    assert Case.objects.get().is_open


def test_the_log_says_what_was_taken_back(client, dead, maria):
    decision = say(dead, "replace", maria, new_url=NEW)
    undo_decision(decision_id=decision.pk, actor=maria)
    html = client.get("/log/").content.decode()
    assert "“Replace everywhere” was taken back." in html
    assert "The guide" in html
