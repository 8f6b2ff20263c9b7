"""A moderator's word above the checks: works for me, leave it alone, really dead."""

import pytest
from django.urls import reverse
from django.utils import timezone

from linkcheck.models import Link
from linkcheck.repairing import speak_for_link
from linkcheck.verdicts import Override
from moderation.cases import decide, open_case
from moderation.models import Case, Decision
from moderation.views import CASES_PER_PAGE
from tests.linkcheck.factories import make_links
from tests.linkcheck.looks import look_daily

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> Link:
    (link,) = make_links(["https://a.example/page"])
    return link


@pytest.fixture
def dead(link) -> Link:
    return look_daily(link, "404", [0, 3, 6])


def override_url(link: Link) -> str:
    return reverse("linkcheck:link_override", args=[link.pk])


@pytest.mark.parametrize(
    ("word", "mark"), [("works_for_me", "ok"), ("ignore", ""), ("really_dead", "dead")]
)
def test_each_word_can_be_decided_in_the_queue_for_some_days(dead, maria, word, mark):
    case = Case.objects.get()
    decision = decide(
        case_id=case.pk,
        version=1,
        action=word,
        reason="seen",
        actor=maria,
        params={"days": 30},
    )
    dead.refresh_from_db()
    assert (dead.override, dead.mark, dead.override_by) == (word, mark, maria)
    assert (dead.override_until - timezone.now()).days in (29, 30)
    assert decision.details["days"] == 30
    assert not Case.objects.get().is_open


@pytest.mark.parametrize(
    ("word", "mark"), [("works_for_me", "ok"), ("ignore", ""), ("really_dead", "dead")]
)
def test_checks_change_nothing_while_the_word_stands(link, maria, word, mark):
    look_daily(link, "200", [0])
    speak_for_link(link=link, override=Override(word), actor=maria)
    for what, day in (("404", 1), ("404", 4), ("404", 7), ("200", 30)):
        assert look_daily(link, what, [day]).mark == mark
    assert not Case.objects.filter(state="open").exists()


def test_a_word_on_the_links_page_closes_its_case_and_stands_in_the_log(client, dead, maria):
    client.force_login(maria)
    html = client.get(dead.get_absolute_url()).content.decode()
    assert "Your word above the checks" in html
    data = {"override": "really_dead", "days": "", "reason": "the site says so"}
    response = client.post(override_url(dead), data, follow=True)
    html = response.content.decode()
    assert "A moderator says that it is dead." in html
    assert "the site says so" in html
    assert "Your word above the checks" not in html
    assert Case.objects.get().state == "resolved"
    decision = Decision.objects.get()
    assert (decision.action, decision.reason, decision.actor) == (
        "really_dead",
        "the site says so",
        maria,
    )
    log = client.get(reverse("moderation:decision_list")).content.decode()
    assert "Really dead" in log
    assert "until someone decides otherwise" in log


def test_a_word_can_be_taken_back_and_the_checks_speak_again(client, link, maria):
    look_daily(link, "200", [0])
    speak_for_link(link=link, override=Override.IGNORE, actor=maria)
    client.force_login(maria)
    client.post(reverse("linkcheck:link_withdraw", args=[link.pk]))
    link.refresh_from_db()
    assert (link.override, link.mark, link.is_urgent) == ("", "", True)
    assert look_daily(link, "200", [1]).mark == "ok"
    actions = list(Decision.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["ignore", "withdraw"]


def test_only_moderators_give_a_word(client, dead, alice, erin):
    data = {"override": "ignore"}
    assert client.post(override_url(dead), data).status_code == 403
    for actor in (alice, erin):
        client.force_login(actor)
        assert "Your word above" not in client.get(dead.get_absolute_url()).content.decode()
        assert client.post(override_url(dead), data).status_code == 403
    assert not Decision.objects.exists()
    dead.refresh_from_db()
    assert dead.override == ""


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"override": ""},
        {"override": "confirmed"},
        {"override": "nonsense"},
        {"override": "ignore", "days": "0"},
        {"override": "ignore", "days": "-3"},
        {"override": "ignore", "days": "9" * 30},
        {"override": "ignore", "days": "some"},
        {"override": "ignore", "reason": "x" * 2001},
        {"override": "ignore", "reason": "a\0b"},
    ],
)
def test_nonsense_is_explained_and_nothing_written(client, dead, maria, data):
    client.force_login(maria)
    response = client.post(override_url(dead), data)
    assert response.status_code == 200
    assert "what you typed is still here" in response.content.decode()
    dead.refresh_from_db()
    assert dead.override == ""
    assert not Decision.objects.exists()


def test_unknown_links_are_not_found(client, maria):
    client.force_login(maria)
    url = reverse("linkcheck:link_override", args=[99])
    assert client.post(url, {"override": "ignore"}).status_code == 404
    assert client.get(url).status_code == 405


def test_a_link_shows_each_look_with_what_it_means(client, link):
    look_daily(link, "200", [0])
    look_daily(link, "301 200", [7], to="https://b.example/new")
    look_daily(link, "404", [14])
    look_daily(link, "cloudflare", [20])
    html = client.get(link.get_absolute_url()).content.decode()
    for words in (
        "The server answered 200.",
        "It leads to https://b.example/new, which answered 200.",
        "The server says that there is no such page (404).",
        "A wall against robots (cloudflare) answered instead of the page",
        "so it counted as suspect",
        "so it counted as blocked",
    ):
        assert words in html


def make_mixed_cases(count: int, start: int = 0) -> None:
    """Open cases of all kinds that links have, in turn, with probes, and one of trivial moves."""
    kinds = ["dead_link", "soft_dead", "bad_certificate", "unverifiable", "moved_link"]
    looks = {"dead_link": "404", "bad_certificate": "expired", "unverifiable": "cloudflare"}
    urls = [f"https://h{n}.example/page" for n in range(start, start + count)]
    for number, found in enumerate(make_links(urls, object_id=start)):
        kind = kinds[number % len(kinds)]
        look_daily(found, looks.get(kind, "200"), [0, 1])
        open_case(kind=kind, target_type="link", target_id=found.pk, title=found.url, reason="x")
    open_case(kind="trivial_moves", target_type="link", target_id=0, title="x", reason="x")


def test_sixty_mixed_cases_take_no_more_queries_than_six(
    client, maria, django_assert_max_num_queries
):
    client.force_login(maria)
    queue = reverse("moderation:case_list")
    make_mixed_cases(5)
    with django_assert_max_num_queries(60) as few:
        response = client.get(queue)
    assert len({card.case.kind for card in response.context["cards"]}) == 6
    make_mixed_cases(55, start=100)
    assert Case.objects.open().count() == 61
    Case.objects.filter(kind="dead_link").update(priority=-50)  # so that a page has all kinds
    with django_assert_max_num_queries(len(few.captured_queries)):
        response = client.get(queue, {"page": 2})
    assert len(response.context["cards"]) == CASES_PER_PAGE
