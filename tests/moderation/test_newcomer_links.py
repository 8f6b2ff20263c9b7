"""How many links to other sites somebody new may add at once."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from accounts.limits import LimitReachedError
from accounts.rates import read_rates
from changes.models import Source
from changes.recording import Authorship
from changes.refusals import EditHeldError, EditRefusedError
from moderation.new_links import HELD_RULE, check_proposed_links
from tests.cast import make_user
from tests.changes.content import make_page
from wiki.editing import edit_page


@pytest.fixture
def nina(db):
    """Somebody new who may publish all the same."""
    user = make_user("nina")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["add_page", "change_page"]))
    return user


def links(*numbers: int) -> str:
    return " ".join(f"https://host{number}.example/" for number in numbers)


def save(page, body: str, by: Authorship) -> None:
    page.refresh_from_db()
    edit_page(page_id=page.pk, base_version=page.version, values={"body": body}, by=by)


def test_the_third_new_link_of_somebody_new_is_held(nina, alice):
    page = make_page(alice, body="Words.")
    by = Authorship(actor=nina)
    save(page, links(1, 2), by)
    with pytest.raises(EditHeldError) as held:
        save(page, links(1, 2, 3, 4, 5), by)
    assert held.value.rule == HELD_RULE
    assert "at most 2 links" in held.value.reason
    page.refresh_from_db()
    assert page.body == links(1, 2)


def test_links_to_hosts_that_stand_there_are_no_news(nina, alice):
    page = make_page(alice, body=links(1))
    more = " ".join(f"https://www.host1.example/{number}" for number in range(9))
    save(page, f"{links(1)} {more}", Authorship(actor=nina))


def test_people_who_are_known_and_moderators_add_as_many_as_they_like(nina, alice, maria):
    page = make_page(alice, body="Words.")
    save(page, links(*range(9)), Authorship(actor=alice))
    accepted = Authorship(actor=nina, accepted_by=maria, source=Source.PROPOSAL)
    save(page, links(*range(20)), accepted)


def test_two_at_a_time_many_times_is_a_flood(nina, alice, settings):
    settings.RATE_LIMITS = read_rates(["link.newcomer=4/1h"])
    page = make_page(alice, body="Words.")
    by = Authorship(actor=nina)
    save(page, links(1, 2), by)
    save(page, links(1, 2, 3, 4), by)
    with pytest.raises(LimitReachedError, match="link"):
        save(page, links(1, 2, 3, 4, 5), by)


@pytest.mark.django_db
def test_a_proposal_has_a_few_more_and_not_any_number(nina, alice):
    anyone = AnonymousUser()
    anyone.client_address = "203.0.113.9"
    for actor in (nina, anyone):
        check_proposed_links(before=[], after=[links(*range(10))], actor=actor)
        with pytest.raises(EditRefusedError, match="at most 10 links"):
            check_proposed_links(before=[], after=[links(*range(11))], actor=actor)
    check_proposed_links(before=[], after=[links(*range(30))], actor=alice)
