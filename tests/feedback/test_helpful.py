"""Was this helpful? One answer a person, nothing kept of anybody, and suggestions in the queue."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.blocking import BlockTerms, block_user
from accounts.erasing import erase_user, export_data
from accounts.roles import NEWCOMERS
from changes.models import Notification
from changes.recording import Authorship
from feedback.models import Suggestion, Vote
from feedback.voting import find_least_helpful, find_tally, vote
from moderation.models import Case, Decision
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import make_page, make_path, make_resource, make_section
from tests.forms_on_pages import read_form
from wiki.editing import delete_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice):
    return make_page(alice)


@pytest.fixture
def address(page):
    return f"/helpful/page/{page.pk}/"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def send(client: Client, address: str, **values: str):
    """As somebody without an account does: the form first, with its traps."""
    form = read_form(client.get(address).content.decode())
    return client.post(address, {**form, **values})


def test_one_answer_a_person_counts_the_latest(bob, page, address):
    client = signed_in(bob)
    client.post(address, {"vote": "no"})
    client.post(address, {"vote": "yes"})
    assert find_tally("page", page.pk).total == 1
    assert Vote.objects.get().is_yes
    assert len(Vote.objects.get().voter) == 64
    assert 'value="yes" aria-pressed="true"' in text_of(client, "/wiki/tasks/")


def test_without_an_account_one_votes_once_an_address_and_gets_no_session(settings, page, address):
    settings.FORM_TRAP_SECONDS = 0
    for _again in range(2):
        client = Client()
        assert "Thank you" in send(client, address, vote="yes").content.decode()
        assert settings.SESSION_COOKIE_NAME not in client.cookies
    assert Vote.objects.count() == 1
    send(Client(REMOTE_ADDR="203.0.113.9"), address, vote="no")
    assert Vote.objects.count() == 2


def test_pages_are_still_kept_for_readers_and_set_no_cookie(settings, client, alice, erin, page):
    make_resource(alice, make_section(erin))
    make_path(alice, "Afternoon", page=page)
    for url in ("/wiki/tasks/", "/resources/docs/", "/paths/afternoon/"):
        first = client.get(url)
        assert "Was this helpful?" in first.content.decode()
        assert "csrfmiddlewaretoken" not in first.content.decode()
        assert not first.cookies
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url)["ETag"] == first["ETag"]
        assert len(asked) <= 2, url


def test_a_share_is_shown_from_five_answers_on_and_numbers_to_editors_alone(client, erin, page):
    for number in range(4):
        about = {"object_type": "page", "object_id": page.pk}
        vote(**about, is_yes=number > 0, by=make_user(f"voter{number}", NEWCOMERS))
    assert "of those who answered" not in text_of(client, "/wiki/tasks/?fresh=1")
    assert "3 yes, 1 no" in text_of(signed_in(erin), "/wiki/tasks/")
    vote(**about, is_yes=True, by=erin)
    text = text_of(client, "/wiki/tasks/?fresh=2")
    assert "It helped 80 %" in text and "4 yes" not in text


def test_no_leads_on_to_what_is_missing_and_that_to_the_review_queue(bob, maria, mika, address):
    response = signed_in(bob).post(address, {"vote": "no"})
    assert response["Location"] == f"{address}?vote=no&noted=1"
    signed_in(bob).post(address, {"vote": "no", "text": "How to <b>stop</b> it?"})
    case = Case.objects.get(kind="suggestion")
    assert "How to &lt;b&gt;stop" in text_of(signed_in(maria), f"/review/{case.pk}/")
    data = {"version": case.version, "action": "done", "seen": Suggestion.objects.get().pk}
    signed_in(maria).post(f"/review/{case.pk}/decide/", data)
    assert Suggestion.objects.get().state == "done"
    assert Notification.objects.get(recipient=bob).kind == "suggestion_decided"
    log = text_of(Client(), "/log/")
    assert "1 suggestion." in log and "stop" not in log
    undo_decision(decision_id=Decision.objects.get().pk, actor=mika, reason="Not yet.")
    assert Suggestion.objects.get().state == "open"
    assert Case.objects.get(kind="suggestion").is_open


def test_a_decision_takes_only_suggestions_that_were_seen(bob, alice, maria, address):
    signed_in(bob).post(address, {"vote": "no", "text": "One."})
    seen = Suggestion.objects.get().pk
    signed_in(alice).post(address, {"vote": "yes", "text": "Two."})
    case = Case.objects.get(kind="suggestion")
    data = {"version": case.version, "action": "dismiss", "seen": seen}
    signed_in(maria).post(f"/review/{case.pk}/decide/", data)
    assert Suggestion.objects.open().count() == 2


def test_who_is_blocked_or_in_a_hurry_is_told(maria, bob, address, settings):
    block_user(user=bob, terms=BlockTerms(reason="Spam."), by=maria)
    assert signed_in(bob).post(address, {"vote": "yes"}).status_code == 403
    settings.FORM_TRAP_SECONDS = 0
    client = Client()
    answers = [send(client, address, vote="yes").status_code for _n in range(12)]
    assert answers[0] == 200 and answers[-1] == 429


def test_nothing_is_voted_on_that_readers_do_not_see(client, maria, page, address):
    delete_page(page_id=page.pk, reason="No.", by=Authorship(actor=maria))
    assert client.get(address).status_code == 404
    for url in ("/helpful/section/1/", "/helpful/user/1/", f"/helpful/page/{2**63}/"):
        assert client.get(url).status_code == 404


def test_what_helped_least_is_listed_in_insights(client, page, alice):
    for number in range(5):
        user = make_user(f"voter{number}", NEWCOMERS)
        vote(object_type="page", object_id=page.pk, is_yes=number == 0, by=user)
    [(ref, tally)] = find_least_helpful(10)
    assert (ref.title, tally.percent) == ("Tasks", 20)
    text = text_of(client, "/insights/least-helpful/")
    assert "Tasks" in text and "20 %" in text


def test_erasing_an_account_takes_its_votes_along(bob, address):
    signed_in(bob).post(address, {"vote": "no", "text": "More."})
    assert len(export_data(bob)["votes"]) == 1
    erase_user(user=bob, actor=bob)
    assert not Vote.objects.exists()
    assert Suggestion.objects.get().author is None
