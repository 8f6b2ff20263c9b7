"""Traps for programs on forms that anybody may send."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import TrapCount, User
from accounts.traps import TrappedForm, count_caught, make_stamp

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TYPED = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "long-enough-pw-7",
    "password2": "long-enough-pw-7",
}
URL = "/accounts/signup/"


@pytest.fixture(autouse=True)
def as_on_a_real_site(settings):
    settings.FORM_TRAP_SECONDS = 2


def fields_of(html: str) -> dict[str, str]:
    """The traps as a page holds them."""
    tags = re.findall(r"<input[^>]*>", html)
    found = {}
    for tag in tags:
        name = re.search(r'name="(website|opened)"', tag)
        if name:
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = value[1] if value else ""
    return found


@pytest.mark.django_db
def test_a_person_who_takes_a_moment_signs_up(client):
    with time_machine.travel(NOON, tick=False) as clock:
        traps = fields_of(client.get(URL).content.decode())
        assert traps.keys() == {"website", "opened"}
        clock.shift(3)
        assert client.post(URL, {**TYPED, **traps}).status_code == 302
    assert User.objects.filter(username="newcomer").exists()
    assert not TrapCount.objects.exists()


@pytest.mark.parametrize("trap", ["field", "time", "stamp", "none", "old"])
@pytest.mark.django_db
def test_a_program_is_not_told_which_trap_it_ran_into(client, trap):
    with time_machine.travel(NOON, tick=False) as clock:
        good = make_stamp()
        clock.shift(timedelta(days=3) if trap == "old" else 10)
        sent = {
            "field": {"website": "https://spam.example/", "opened": good},
            "time": {"website": "", "opened": make_stamp()},
            "stamp": {"website": "", "opened": good[:-1] + "x"},
            "none": {},
            "old": {"website": "", "opened": good},
        }[trap]
        answer = client.post(URL, {**TYPED, **sent})
    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()
    text = answer.content.decode()
    assert "This was not taken. Please look it over and send it again." in text
    assert text.count("error") == client.post(URL, TYPED).content.decode().count("error")
    assert TrapCount.objects.filter(form="signup").count() >= 1


@pytest.mark.django_db
def test_a_person_whose_browser_filled_the_field_passes_the_second_time(client):
    with time_machine.travel(NOON, tick=False) as clock:
        stamp = make_stamp()
        clock.shift(10)
        filled = {"website": "https://me.example/", "opened": stamp}
        again = client.post(URL, {**TYPED, **filled}).content.decode()
        assert 'value="newcomer"' in again
        traps = fields_of(again)
        assert traps["website"] == ""
        clock.shift(3)
        assert client.post(URL, {**TYPED, **traps}).status_code == 302


@pytest.mark.django_db
def test_an_error_elsewhere_does_not_set_the_clock_back(client):
    with time_machine.travel(NOON, tick=False) as clock:
        traps = fields_of(client.get(URL).content.decode())
        clock.shift(10)
        wrong = client.post(URL, {**TYPED, "password2": "another-pw-99", **traps})
        assert fields_of(wrong.content.decode())["opened"] == traps["opened"]
        assert client.post(URL, {**TYPED, **fields_of(wrong.content.decode())}).status_code == 302


@pytest.mark.django_db
def test_the_field_is_out_of_sight_and_says_what_it_is(client):
    page = client.get(URL).content.decode()
    place = page.index('name="website"')
    around = page[place - 300 : place + 200]
    assert "visually-hidden" in around
    assert "Leave this field empty" in around
    assert 'tabindex="-1"' in around
    assert 'autocomplete="off"' in around
    assert "required" not in around.split("<label")[-1]


@pytest.mark.django_db
def test_people_who_are_known_meet_no_traps():
    assert TrappedForm({}, is_trapped=False).is_valid()
    assert not TrappedForm({}).is_valid()


@pytest.mark.django_db
def test_what_is_caught_is_counted_by_day_form_and_trap():
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(3):
            count_caught("signup", "time")
        count_caught("report", "time")
        clock.shift(timedelta(days=1))
        count_caught("signup", "time")
    assert sorted(TrapCount.objects.values_list("form", "count")) == [
        ("report", 1),
        ("signup", 1),
        ("signup", 3),
    ]


def test_the_time_can_be_switched_off_and_the_stamp_not(settings, db):
    settings.FORM_TRAP_SECONDS = 0
    assert Client().post(URL, TYPED).status_code == 200
    assert Client().post(URL, {**TYPED, "opened": make_stamp()}).status_code == 302
