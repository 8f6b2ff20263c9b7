"""A name that does not exist: strikes of the host, one case for it, and decisions about it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from changes.models import Change, Source
from changes.recording import Authorship
from linkcheck.claiming import claim_due
from linkcheck.host_policy import HostState, advance_host
from linkcheck.kinds import DEAD_HOST, DEAD_LINK
from linkcheck.leases import begin
from linkcheck.missing_hosts import close_cases_of_unused_hosts
from linkcheck.models import Host, Link, RepairBatch
from linkcheck.observations import ErrorKind, Hop, Observation
from linkcheck.repair_queue import carry_out_repairs
from linkcheck.results import Result, write_results
from linkcheck.uses import sync_uses
from moderation.cases import decide
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_links, make_resource
from tests.linkcheck.observing import START, see
from wiki.editing import create_page

URL = "https://gone.example/a"


@pytest.mark.parametrize(
    ("history", "strikes", "is_gone"),
    [
        ([("nxdomain", 0)], 1, False),
        ([("nxdomain", 0), ("nxdomain", 1)], 1, False),
        ([("nxdomain", 0), ("nxdomain", 3)], 2, False),
        ([("nxdomain", 0), ("nxdomain", 3), ("nxdomain", 6)], 3, True),
        ([("nxdomain", 0), ("nxdomain", 3), ("nxdomain", 6), ("nxdomain", 20)], 3, True),
        ([("nxdomain", 0), ("nxdomain", 3), ("200", 4), ("nxdomain", 6)], 1, False),
        ([("nxdomain", 0), ("404", 1)], 0, False),
        ([("nxdomain", 0), ("refused", 1)], 0, False),
        ([("nxdomain", 0), ("timeout", 1)], 0, False),
        ([("nxdomain", 0), ("servfail", 1)], 1, False),
        ([("servfail", 0), ("servfail", 3), ("servfail", 6)], 0, False),
        ([("nxdomain", 0), ("not-asked", 1)], 1, False),
    ],
)
def test_strikes_of_a_host(history, strikes, is_gone):
    state = HostState()
    for what, day in history:
        state = advance_host(state, see(what, day=day))
    assert (state.missing_strikes, state.missing_since is not None) == (strikes, is_gone)


def test_a_host_that_leads_to_one_that_is_gone_is_there():
    seen = Observation(
        url=URL,
        at=START,
        error=ErrorKind.NXDOMAIN,
        hops=(Hop(URL, 301), Hop("https://other.example/", None)),
    )
    assert advance_host(HostState(1, START), seen) == HostState()


def look(what: str, *, days: float = 0, only: str = "") -> None:
    """Write that ``what`` was seen at all links (or at ``only``), after some days."""
    now = timezone.now() + timedelta(days=days)
    Link.objects.filter(url__contains=only).update(next_check_at=timezone.now())
    Link.objects.exclude(url__contains=only).update(next_check_at=now + timedelta(days=99))
    Host.objects.update(leased_until=None, rests_until=None)
    begun = begin(claim_due(limit=100))
    results = []
    for link in begun.links:
        fields = see(what, url=link.url)
        seen = Observation.from_dict({**fields.as_dict(), "at": now.isoformat()})
        results.append(Result(link.pk, link.claim_number, link.host.domain, seen))
    write_results(results)


def let_vanish() -> None:
    for days in (0, 4, 8):
        look("nxdomain", days=days)


def open_kinds() -> list[str]:
    return sorted(Case.objects.open().values_list("kind", flat=True))


def settle(case: Case, action: str, actor, **params) -> Decision:
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason="",
        actor=actor,
        params=params,
    )


@pytest.mark.django_db
def test_one_case_for_the_host_instead_of_one_for_each_link():
    make_links([f"https://gone.example/{n}" for n in range(5)])
    look("nxdomain")
    assert set(Link.objects.values_list("verdict", flat=True)) == {"suspect"}
    assert Host.objects.get().missing_strikes == 1
    look("nxdomain", days=4)
    assert open_kinds() == []
    look("nxdomain", days=8)
    links = list(Link.objects.all())
    assert {(link.verdict, link.reason, link.mark) for link in links} == {
        ("dead", "no_such_host", "dead")
    }
    case = Case.objects.open().get()
    assert (case.kind, case.title, case.target_id) == (
        DEAD_HOST,
        "gone.example",
        Host.objects.get().pk,
    )
    assert Change.objects.filter(kind=Change.Kind.LINK_DIED).count() == 5


@pytest.mark.django_db
def test_different_links_strike_the_same_host_and_the_rest_follow_at_once():
    make_links([f"https://gone.example/{n}" for n in range(4)])
    for n, days in enumerate((0, 4, 8)):
        look("nxdomain", days=days, only=f"/{n}")
    assert Host.objects.get().missing_since is not None
    assert open_kinds() == [DEAD_HOST]
    waiting = Link.objects.exclude(verdict="dead")
    assert waiting.count() == 3
    assert not waiting.filter(next_check_at__gt=timezone.now()).exists()
    look("nxdomain", days=8.1)
    assert not Link.objects.exclude(verdict="dead").exists()
    assert open_kinds() == [DEAD_HOST]


@pytest.mark.django_db
def test_a_host_that_comes_back_closes_the_case_and_its_links_recover():
    make_links([f"https://gone.example/{n}" for n in range(2)])
    let_vanish()
    look("200", days=9, only="/0")
    assert open_kinds() == []
    assert Case.objects.get().state == Case.State.RESOLVED
    assert Host.objects.get().missing_strikes == 0
    other = Link.objects.get(url__endswith="/1")
    assert other.next_check_at <= timezone.now()
    look("200", days=9.1, only="/1")
    assert set(Link.objects.values_list("verdict", flat=True)) == {"ok"}


@pytest.mark.django_db
def test_a_page_that_is_not_there_when_its_host_comes_back_has_a_case_of_its_own():
    make_links([URL])
    let_vanish()
    look("404", days=9)
    link = Link.objects.get()
    assert (link.verdict, link.reason, link.mark) == ("dead", "not_found", "dead")
    assert open_kinds() == [DEAD_LINK]


@pytest.mark.django_db
def test_a_resolver_that_fails_changes_nothing():
    make_links([URL])
    let_vanish()
    look("servfail", days=9)
    assert Link.objects.get().reason == "no_such_host"
    assert open_kinds() == [DEAD_HOST]


@pytest.mark.django_db
def test_the_case_closes_when_no_link_leads_there_any_more():
    make_links([URL])
    let_vanish()
    sync_uses("page", 1, [])
    assert close_cases_of_unused_hosts() == 1
    assert open_kinds() == []


@pytest.mark.django_db
def test_the_name_is_replaced_in_all_links_as_ordinary_revisions(alice, maria):
    body = "See [a](https://gone.example/a#top) and <https://gone.example/b?x=1>."
    page = create_page(values={"title": "Guides", "body": body}, by=Authorship(actor=alice))
    resource = make_resource(alice, "https://gone.example/c", "C")
    let_vanish()
    decision = settle(Case.objects.open().get(), "replace", maria, new_host="New.Example")
    carry_out_repairs(100)
    page.refresh_from_db()
    resource.refresh_from_db()
    assert page.body == "See [a](https://new.example/a#top) and <https://new.example/b?x=1>."
    assert resource.url == "https://new.example/c"
    changes = Change.objects.filter(source=Source.REPAIR, actor=maria, kind="link_replaced")
    assert changes.count() == 2  # one revision for each object
    assert decision.details["count"] == 3
    assert open_kinds() == []


@pytest.mark.django_db
def test_what_cannot_be_replaced_comes_back_and_the_rest_is(alice, maria):
    make_resource(alice, "https://new.example/a", "Taken")
    make_resource(alice, "https://gone.example/a", "A")
    make_resource(alice, "https://gone.example/b", "B")
    Link.objects.filter(url__contains="new.example").update(is_used=False)
    let_vanish()
    decision = settle(Case.objects.open().get(), "replace", maria, new_host="new.example")
    assert open_kinds() == []
    carry_out_repairs(100)
    assert set(Link.objects.used().values_list("url", flat=True)) == {
        "https://gone.example/a",
        "https://new.example/b",
    }
    (failed,) = RepairBatch.objects.get(pk=decision.details["batch"]).repairs.exclude(problem="")
    assert failed.link.url == "https://gone.example/a"
    assert open_kinds() == [DEAD_HOST]
    assert "1 link of the host could not be changed" in Case.objects.open().get().reason


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "gone.example", "a b", "new.example/path", "http://[", "@x"])
def test_what_is_no_new_name_is_refused_at_the_field(maria, name):
    make_links([URL])
    let_vanish()
    with pytest.raises(ValidationError) as raised:
        settle(Case.objects.open().get(), "replace", maria, new_host=name)
    assert "new_host" in raised.value.message_dict
    assert open_kinds() == [DEAD_HOST]


@pytest.mark.django_db
def test_all_its_entries_are_retired(alice, maria):
    entries = [make_resource(alice, f"https://gone.example/{n}", f"Entry {n}") for n in range(2)]
    let_vanish()
    decision = settle(Case.objects.open().get(), "retire", maria)
    carry_out_repairs(100)
    for entry in entries:
        entry.refresh_from_db()
        assert entry.is_retired
    assert (decision.details["count"], decision.details["left"]) == (2, 0)


@pytest.mark.django_db
def test_a_moderator_vouches_for_the_host(maria):
    make_links([URL])
    let_vanish()
    settle(Case.objects.open().get(), "works_for_me", maria, days=30)
    link = Link.objects.get()
    assert (link.mark, link.verdict) == ("ok", "dead")
    look("nxdomain", days=10)
    assert open_kinds() == []
    look("nxdomain", days=39)
    assert Link.objects.get().mark == "dead"


@pytest.mark.django_db
def test_only_moderators_decide(alice):
    make_links([URL])
    let_vanish()
    with pytest.raises(PermissionDenied):
        settle(Case.objects.open().get(), "dismiss", alice)


@pytest.mark.django_db
def test_the_queue_shows_the_case(client, maria):
    make_links([URL])
    let_vanish()
    client.force_login(maria)
    html = client.get(Case.objects.open().get().get_absolute_url()).content.decode()
    assert "There is no host of that name: found 3 times" in html
    assert "Replace the name in all links" in html
