"""A vandal does 300 bad things in a minute: limits hold them, and one mass revert undoes them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.rates import read_rates
from accounts.roles import CONTRIBUTORS, EDITORS
from changes.models import Change
from moderation.mass_reverting import carry_out_mass_reverts, queue_mass_revert
from moderation.models import Decision, MassRevertItem
from moderation.selecting import Outcome, Selection, find_selected, foresee
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.moderation.dumps import differences, dump_content
from tests.moderation.vandalism import Vandal, make_site
from tests.services import ON_SERVICES
from wiki.integrity import find_damage

pytestmark = pytest.mark.django_db


# One of them alone is the easier case, which no database tells from the other.
VANDALS = [5] if ON_SERVICES else [1, 5]


@pytest.fixture
def site(alice, bob, erin):
    make_site([erin, alice, erin])


def make_vandals(count):
    made = [make_user(f"vandal{n}", CONTRIBUTORS, EDITORS) for n in range(count)]
    for user in made:
        user.client_address = "203.0.113.9"  # as in a request: whether blocked is asked once
    return made


@pytest.mark.parametrize("count", VANDALS)
def test_the_usual_limits_hold_a_vandal(site, settings, count):
    settings.RATE_LIMITS = read_rates()
    vandals = make_vandals(count)
    vandal = Vandal(vandals, seed=5)
    vandal.run(91 * count, {"edit": 1})
    vandal.run(20 * count, {"rename": 1})
    assert vandal.taken == {"edit": 90 * count, "rename": 8 * count}
    for user in vandals:
        mine = Change.objects.by(user)
        assert mine.exclude(kind__in=("renamed", "created")).count() == 90
        assert mine.filter(kind="renamed", details__has_key="from").count() == 8


def test_the_usual_limits_hold_a_newcomer_more(site, settings):
    settings.RATE_LIMITS = read_rates()
    user = make_user("newcomer")
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    vandal = Vandal([user], seed=5)
    vandal.run(40, {"edit": 1})
    assert vandal.taken == {"edit": 8}


@pytest.mark.parametrize("count", VANDALS)
def test_one_mass_revert_restores_everything_exactly_and_can_be_undone(
    site, settings, maria, count
):
    settings.RATE_LIMITS = read_rates(["off"])
    before = dump_content()
    since = timezone.now()
    vandals = make_vandals(count)
    vandal = Vandal(vandals, seed=count)
    vandal.run(300)
    ruined = dump_content()
    assert vandal.taken["edit"] > 200 and vandal.taken["rename"] > 30
    assert differences(before, ruined)

    selection = Selection(users=vandals, since=since - timedelta(seconds=1))
    expected = list(foresee(find_selected(selection)))
    assert {f.outcome for f in expected} <= {Outcome.RESTORED, Outcome.GONE, Outcome.NOTHING}
    run = queue_mass_revert(selection=selection, reason="Vandalism.", actor=maria)
    carry_out_mass_reverts(1000)
    assert [i.problem for i in run.items.all() if i.problem] == []
    assert differences(before, dump_content()) == []
    assert {i.state for i in run.items.all()} <= {"done", "unchanged"}
    assert run.items.filter(state="unchanged").count() == sum(
        f.outcome == Outcome.NOTHING for f in expected
    )
    assert Change.objects.filter(actor__in=vandals).unpatrolled().count() == 0
    assert list(find_damage()) == []

    undo_decision(decision_id=Decision.objects.get().pk, actor=maria)
    carry_out_mass_reverts(1000)
    assert [i.problem for i in MassRevertItem.objects.all() if i.problem] == []
    assert differences(ruined, dump_content()) == []
