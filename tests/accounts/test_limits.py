"""How often one may do what."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.checks import is_counting
from accounts.limits import LimitReachedError, count, forget_old_counts, take
from accounts.models import LimitCounter, User
from accounts.rates import DEFAULTS, Rate, parse_rate, read_rates
from accounts.traps import make_stamp
from changes.models import Change, Source
from changes.recording import Authorship
from tests.cast import make_user
from tests.changes.content import make_page
from tests.threads import run_at_once
from wiki.editing import edit_page, rename_page

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEN = Rate(10, timedelta(minutes=1))


@pytest.fixture
def nina(db) -> User:
    """Somebody new, in no group that is known."""
    return make_user("nina")


def visitor(address: str) -> AnonymousUser:
    anyone = AnonymousUser()
    anyone.client_address = address
    return anyone


def do(name: str, times: int, actor) -> int:
    """How many of ``times`` were let through."""
    done = 0
    for _ in range(times):
        try:
            count(name, actor=actor)
            done += 1
        except LimitReachedError:
            pass
    return done


@pytest.mark.django_db(transaction=True)
def test_of_64_at_once_exactly_as_many_are_let_through_as_the_rate_says():
    def one(number: int) -> None:
        if not take("hot", TEN):
            raise OverflowError

    assert run_at_once(one, 64) == {"done": 10, "OverflowError": 54}
    assert LimitCounter.objects.get().used == 10


@pytest.mark.django_db(transaction=True)
def test_of_64_transactions_at_once_those_that_fail_are_not_counted():
    def one(number: int) -> None:
        with transaction.atomic():
            if not take("hot", TEN):
                raise OverflowError
            if number % 2:
                raise ValueError

    outcomes = run_at_once(one, 64)
    assert outcomes["done"] == LimitCounter.objects.get().used == 10


def test_a_window_begins_with_the_first_and_ends_after_its_period(nina):
    with time_machine.travel(NOON, tick=False) as clock:
        assert do("edit", 20, nina) == 8
        with pytest.raises(LimitReachedError) as refusal:
            count("edit", actor=nina)
        assert refusal.value.retry_after == 60
        clock.shift(59)
        assert do("edit", 1, nina) == 0
        clock.shift(1)
        assert do("edit", 20, nina) == 8


def test_a_clock_that_is_set_back_locks_nobody_out(nina):
    with time_machine.travel(NOON, tick=False) as clock:
        assert do("edit", 20, nina) == 8
        clock.shift(timedelta(days=-1))
        assert do("edit", 20, nina) == 8


def test_a_refusal_says_which_limit_and_how_long(nina):
    with time_machine.travel(NOON, tick=False), pytest.raises(LimitReachedError) as refusal:
        do("rename", 2, nina)
        count("rename", actor=nina)
    told = "This is limited to 2 renames in 2 minutes. Try again in 2 minutes."
    assert refusal.value.message == told


def test_newcomers_users_and_moderators_have_rates_of_their_own(nina, alice, maria, root, settings):
    settings.RATE_LIMITS = read_rates()
    assert do("edit", 100, nina) == 8
    assert do("edit", 100, alice) == 90
    assert do("edit", 100, maria) == 100
    assert do("edit", 100, root) == 100
    assert do("edit", 100, User.objects.get_bot()) == 100


@pytest.mark.django_db
def test_people_without_an_account_count_by_their_address():
    assert do("proposal", 20, visitor("203.0.113.9")) == 8
    assert do("proposal", 20, visitor("203.0.113.10")) == 8
    assert do("proposal", 20, visitor("2001:db8::1")) == 8
    assert do("proposal", 20, visitor("2001:db8::2")) == 0


def test_many_at_once_count_as_many(nina):
    count("link", actor=nina, amount=19)
    with pytest.raises(LimitReachedError):
        count("link", actor=nina, amount=2)
    count("link", actor=nina, amount=1)
    with pytest.raises(LimitReachedError) as refusal:
        count("link", actor=nina, amount=21)  # more than there ever is room for
    assert refusal.value.retry_after == 3600


def test_a_limit_that_is_off_holds_nobody(settings, nina):
    settings.RATE_LIMITS = read_rates(["edit.newcomer=off"])
    assert do("edit", 100, nina) == 100
    assert not LimitCounter.objects.exists()


def test_what_is_over_is_forgotten(nina, alice):
    with time_machine.travel(NOON, tick=False) as clock:
        count("edit", actor=nina)
        count("check", actor=alice)
        clock.shift(61)
        assert forget_old_counts() == 1
        assert do("check", 20, alice) == 9


def test_nobody_is_named_in_the_table(nina):
    count("edit", actor=nina)
    assert "nina" not in str(LimitCounter.objects.values())


@pytest.mark.parametrize(
    "spelling", ["", "8", "0/1m", "8/1w", "-1/1m", "8/0m", "eight/1m", "8/m/ip"]
)
def test_a_rate_that_makes_no_sense_is_refused(spelling):
    with pytest.raises(ValueError, match="no rate"):
        parse_rate(spelling)


@pytest.mark.parametrize("change", ["edits.user=1/1m", "edit.nobody=1/1m", "edit=1/1m", "=", "x"])
def test_a_limit_that_does_not_exist_is_refused(change):
    with pytest.raises(ValueError, match="no limit"):
        read_rates([change])


def test_an_operator_changes_the_table():
    rates = read_rates(["edit.user=120/1m", " report.anonymous=off"])
    assert rates["edit"]["user"] == Rate(120, timedelta(minutes=1))
    assert rates["report"]["anonymous"] is None
    assert rates["rename"] == read_rates()["rename"]
    assert all(rate is None for row in read_rates(["off"]).values() for rate in row.values())
    assert read_rates(["off"]).keys() == DEFAULTS.keys()


def test_the_ninth_edit_of_a_newcomer_in_a_minute_is_refused_and_keeps_its_text(alice, settings):
    settings.RATE_LIMITS = read_rates(["edit.user=8/1m"])
    page = make_page(alice, body="Words.")
    client = Client()
    client.force_login(alice)

    def post(words: str):
        page.refresh_from_db()
        form = {"body": words, "language": "en", "section": "", "base_revision": page.version}
        return client.post("/wiki/tasks/edit/", form)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        answers = [post(f"Words {number}.").status_code for number in range(7)]
        assert answers == [302] * 7
        refused = post("My long and careful text.")
        assert refused.status_code == 429
        assert refused["Retry-After"] == "60"
        page_shown = refused.content.decode()
        assert "My long and careful text." in page_shown
        assert "8 edits" in page_shown
        clock.shift(61)
        assert post("My long and careful text.").status_code == 302
    assert Change.objects.count() == 9


def test_a_rename_counts_as_one_and_its_redirect_not_at_all(alice, erin, settings):
    settings.RATE_LIMITS = read_rates(["rename.user=2/1m", "edit.user=1/1m"])
    page = make_page(alice)
    by = Authorship(actor=erin)
    rename_page(page_id=page.pk, new_title="Second", by=by)
    rename_page(page_id=page.pk, new_title="Third", by=by)
    with pytest.raises(LimitReachedError):
        rename_page(page_id=page.pk, new_title="Fourth", by=by)


def test_imports_and_repairs_are_not_counted(alice, settings):
    settings.RATE_LIMITS = read_rates(["edit.user=1/1m"])
    page = make_page(alice)
    for number, source in enumerate([Source.IMPORT, Source.REPAIR, Source.IMPORT]):
        edit_as(page, f"Words {number}.", Authorship(actor=alice, source=source))
    with pytest.raises(LimitReachedError):
        edit_as(page, "More.", Authorship(actor=alice, source=Source.API))


def test_a_moderator_who_accepts_many_proposals_is_not_held_by_their_author(
    nina, alice, maria, settings
):
    page = make_page(alice)
    for number in range(12):
        by = Authorship(actor=nina, accepted_by=maria, source=Source.PROPOSAL)
        edit_as(page, f"Words {number}.", by)


def edit_as(page, words: str, by: Authorship) -> None:
    page.refresh_from_db()
    edit_page(page_id=page.pk, base_version=page.version, values={"body": words}, by=by)


def test_another_page_than_an_edit_form_gives_the_typed_text_back(alice, erin, settings):
    settings.RATE_LIMITS = read_rates(["rename.user=1/1m"])
    make_page(alice)
    client = Client()
    client.force_login(erin)
    form = {"title": "Second", "summary": ""}
    assert client.post("/wiki/tasks/rename/", form).status_code == 302
    again = {"title": "A much better title", "summary": ""}
    ours = client.post("/wiki/second/rename/", again, headers={"Sec-Fetch-Site": "same-origin"})
    assert ours.status_code == 429
    assert int(ours["Retry-After"]) > 0
    assert "A much better title" in ours.content.decode()
    theirs = client.post("/wiki/second/rename/", again, headers={"Sec-Fetch-Site": "cross-site"})
    assert "A much better title" not in theirs.content.decode()


def test_previews_are_limited(alice, settings):
    settings.RATE_LIMITS = read_rates(["preview.user=2/1m"])
    client = Client()
    client.force_login(alice)
    answers = [client.post("/wiki/-/preview/", {"body": "x"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    form = {"title": "T", "body": "Kept words.", "language": "en", "section": "", "do": "preview"}
    refused = client.post("/wiki/-/new/", form)
    assert refused.status_code == 429
    assert "Kept words." in refused.content.decode()


def test_a_spoofed_address_moves_no_limit(settings, db):
    settings.RATE_LIMITS = read_rates(["password_mail.address=1/1h"])
    url = "/accounts/password/reset/"
    answers = [
        Client(headers={"X-Forwarded-For": f"203.0.113.{n}"}).post(url, {"email": f"a{n}@x.org"})
        for n in range(2)
    ]
    assert [answer.status_code for answer in answers] == [302, 429]


def test_the_seventh_account_from_one_address_in_a_day_is_refused(db):
    def sign_up(number: int, address: str) -> int:
        form = {
            "username": f"person{number}",
            "email": f"person{number}@example.org",
            "password1": "correct-horse-9",
            "password2": "correct-horse-9",
            "opened": make_stamp(),
        }
        return Client(REMOTE_ADDR=address).post("/accounts/signup/", form).status_code

    assert [sign_up(n, "203.0.113.9") for n in range(7)] == [302] * 6 + [429]
    assert sign_up(8, "203.0.113.10") == 302
    assert not User.objects.filter(username="person6").exists()


@pytest.mark.django_db
def test_the_site_does_not_start_with_a_limiter_that_cannot_count():
    call_command("check", databases=["default"])
    assert is_counting()
    assert not LimitCounter.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE accounts_limitcounter")
        cursor.execute(
            "CREATE TABLE accounts_limitcounter (key varchar(64), used integer, ends_at timestamp)"
        )
    with pytest.raises(SystemCheckError, match="cannot count"):
        call_command("check", databases=["default"])
