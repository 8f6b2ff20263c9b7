"""Places within pages: found, missing or not to be told; never a death (rule 15)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import ObjectType
from linkcheck.models import Link, LinkUse
from linkcheck.observations import FragmentState
from linkcheck.probing.fragments import check_fragments
from linkcheck.uses import FoundLink, close_cases_of_unused_fragments, sync_uses
from moderation.models import Case
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.playground import Answer

FOUND, MISSING = FragmentState.FOUND, FragmentState.MISSING
UNVERIFIABLE = FragmentState.UNVERIFIABLE

BODY = (
    b"<h2 id=\"install\">Install</h2><a name=old>x</a><h3 ID='with space'>y</h3>"
    b'<h2 id="user-content-read-me">z</h2><h2 id="gr&ouml;&szlig;e">g</h2><p data-id="no">'
)


@pytest.mark.parametrize(
    ("fragment", "state"),
    [
        ("install", FOUND),
        ("old", FOUND),
        ("with%20space", FOUND),
        ("read-me", FOUND),
        ("Read-Me", FOUND),
        ("gr%C3%B6%C3%9Fe", FOUND),
        ("top", FOUND),
        ("install:~:text=some%20words", FOUND),
        (":~:text=some%20words", UNVERIFIABLE),
        ("/route/in/a/program", UNVERIFIABLE),
        ("!/old/route", UNVERIFIABLE),
        ("page=3", UNVERIFIABLE),
        ("L10-L20", UNVERIFIABLE),
        ("Install", MISSING),
        ("no", MISSING),
        ("gone", MISSING),
    ],
)
def test_a_place_in_a_whole_page(fragment, state):
    assert check_fragments([fragment], BODY, is_html=True, is_whole=True) == {fragment: state}


@pytest.mark.parametrize(("is_html", "is_whole"), [(True, False), (False, True)])
def test_what_was_not_read_to_its_end_cannot_be_said_to_lack_anything(is_html, is_whole):
    states = check_fragments(["gone"], BODY, is_html=is_html, is_whole=is_whole)
    assert states == {"gone": UNVERIFIABLE}


def test_a_place_that_was_read_before_the_cut_is_found():
    assert check_fragments(["old"], BODY, is_html=True, is_whole=False) == {"old": FOUND}


def page_with(*ids: str, extra: str = "") -> Answer:
    sections = "".join(f'<h2 id="{name}">{name}</h2><p>words</p>' for name in ids)
    return Answer(200, f"<html><title>A page</title><body>{sections}{extra}</body></html>".encode())


def states() -> dict[str, str]:
    return dict(LinkUse.objects.exclude(fragment="").values_list("fragment", "fragment_state"))


def look_again(web, path: str, *, days: float) -> None:
    """The same as a look so many days later: all times of the link move back."""
    back = timedelta(days=days)
    link = Link.objects.get(url=web.url(path))
    times = {
        name: (timezone.datetime.fromisoformat(value) - back).isoformat()
        for name, value in link.state.items()
        if isinstance(value, str) and name.endswith(("_at", "_since"))
    }
    link.state = link.state | times
    link.next_check_at = timezone.now()
    link.save()
    for use in LinkUse.objects.exclude(fragment_since=None):
        use.fragment_since -= back
        use.save()
    run_round()


pytestmark = pytest.mark.django_db


def test_two_places_of_one_page_in_one_field_stand_both(web):
    make_links([web.url("/page#one"), web.url("/page#two"), web.url("/page")])
    assert Link.objects.count() == 1
    assert set(LinkUse.objects.values_list("fragment", flat=True)) == {"one", "two", ""}
    sync_uses(ObjectType.PAGE, 1, [FoundLink("body", web.url("/page#two"))])
    assert list(LinkUse.objects.values_list("fragment", flat=True)) == ["two"]


def test_each_place_in_use_is_looked_for_in_one_request(web):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#one"), web.url("/page#two"), web.url("/page#/route")])
    run_round()
    assert states() == {"one": "found", "two": "missing", "/route": "unverifiable"}
    assert web.count("/page") == 1
    assert Link.objects.get().mark == "ok"
    assert not Case.objects.exists()


def test_a_place_missing_at_two_looks_a_day_apart_is_a_case_of_low_priority(web):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")])
    run_round()
    look_again(web, "/page", days=0.2)
    assert not Case.objects.exists()
    look_again(web, "/page", days=1)
    case = Case.objects.get()
    assert (case.kind, case.state) == ("missing_fragment", "open")
    assert case.priority < 0
    assert "#two" in case.reason
    link = Link.objects.get()
    assert (link.verdict, link.mark) == ("ok", "ok")


def test_a_dismissed_case_is_not_opened_again_and_a_place_that_returns_closes_an_open_one(web):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")])
    run_round()
    look_again(web, "/page", days=2)
    Case.objects.update(state="decided")
    look_again(web, "/page", days=9)
    assert Case.objects.get().state == "decided"
    Case.objects.update(state="open")
    web.answers["/page"] = page_with("one", "two")
    look_again(web, "/page", days=9)
    assert Case.objects.get().state == "resolved"
    assert states() == {"two": "found"}


def test_a_page_built_by_a_program_or_cut_short_tells_nothing(web):
    web.answers["/app"] = Answer(200, b'<html><div id="root"></div><script>go()</script></html>')
    web.answers["/long"] = page_with("one", extra="long words " * 10_000)
    make_links([web.url("/app#two"), web.url("/long#three"), web.url("/long#one")])
    run_round()
    assert states() == {"two": "unverifiable", "three": "unverifiable", "one": "found"}


def test_a_place_that_was_never_looked_for_makes_the_request_unconditional(web):
    web.answers["/page"] = Answer(200, page_with("one").body, {"ETag": '"1"'})
    make_links([web.url("/page#one")])
    run_round()
    look_again(web, "/page", days=8)
    assert web.requests[-1].headers.get("if-none-match") == '"1"'
    make_links([web.url("/page#one"), web.url("/page#two")])
    look_again(web, "/page", days=8)
    assert "if-none-match" not in web.requests[-1].headers
    assert states() == {"one": "found", "two": "missing"}


def test_a_moderator_sees_which_place_is_missing_and_can_only_dismiss_it(web, client, maria):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")])
    run_round()
    look_again(web, "/page", days=2)
    client.force_login(maria)
    shown = client.get("/review/").content.decode()
    assert "missing place in a page" in shown
    assert "not the place in it: #two" in shown
    assert "Replace everywhere" not in shown


@pytest.mark.parametrize("corrected", ["/page#one", "/page", "/other"])
def test_an_edit_that_takes_the_missing_place_away_closes_its_case_at_once(
    web, corrected, django_capture_on_commit_callbacks
):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")])
    run_round()
    look_again(web, "/page", days=2)
    assert Case.objects.get().is_open
    with django_capture_on_commit_callbacks(execute=True):
        make_links([web.url(corrected)])
    case = Case.objects.get()
    assert (case.state, case.kind) == ("resolved", "missing_fragment")


def test_a_case_stays_open_while_another_object_names_the_missing_place(
    web, django_capture_on_commit_callbacks
):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")], object_id=1)
    make_links([web.url("/page#two")], object_id=2)
    run_round()
    look_again(web, "/page", days=2)
    with django_capture_on_commit_callbacks(execute=True):
        make_links([web.url("/page#one")], object_id=1)
    assert Case.objects.get().is_open
    with django_capture_on_commit_callbacks(execute=True):
        make_links([], object_id=2)
    assert Case.objects.get().state == "resolved"


def test_what_a_process_that_died_left_open_is_closed_by_the_sweep(web):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page#two")])
    run_round()
    look_again(web, "/page", days=2)
    make_links([web.url("/page#one")])
    assert Case.objects.get().is_open
    assert close_cases_of_unused_fragments() == 1
    assert close_cases_of_unused_fragments() == 0


def test_a_place_that_someone_just_named_is_looked_for_first(web):
    web.answers["/page"] = page_with("one")
    make_links([web.url("/page")])
    run_round()
    assert not Link.objects.due(timezone.now()).exists()
    make_links([web.url("/page#two")])
    assert Link.objects.due(timezone.now()).get().is_urgent
    run_round()
    assert states() == {"two": "missing"}
