"""Hosts in the browser, and a moderator's word about all the links of one."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from linkcheck.aging import open_aged_cases
from linkcheck.host_repairing import speak_for_host, withdraw_host_override
from linkcheck.kinds import DEAD_HOST
from linkcheck.models import Host, Link, RobotsFile
from linkcheck.redirect_patterns import summarise_redirects
from linkcheck.repairing import override_link
from linkcheck.verdicts import Override
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_links, run_round

pytestmark = pytest.mark.django_db

HOSTS = reverse("linkcheck:host_list")


def speak(host: Host, word: Override, actor, **more) -> None:
    speak_for_host(host=host, override=word, actor=actor, **more)


def marks() -> list[str]:
    return list(Link.objects.order_by("pk").values_list("mark", flat=True))


@pytest.fixture
def dead_host() -> Host:
    make_links(["https://a.example/1", "https://a.example/2"])
    Link.objects.update(verdict="dead", reason="not_found", mark="dead", state={"verdict": "dead"})
    return Host.objects.get()


@pytest.mark.parametrize(
    ("word", "mark"),
    [(Override.WORKS_FOR_ME, "ok"), (Override.IGNORE, ""), (Override.REALLY_DEAD, "dead")],
)
def test_a_word_about_a_host_holds_for_all_its_links(dead_host, maria, word, mark):
    speak(dead_host, word, maria, reason="I looked")
    assert marks() == [mark, mark]
    dead_host.refresh_from_db()
    assert (dead_host.override, dead_host.override_by, dead_host.override_reason) == (
        word,
        maria,
        "I looked",
    )
    decision = Decision.objects.get()
    assert (decision.kind, decision.action, decision.title) == (DEAD_HOST, word, "a.example")
    assert decision.reason == "I looked"


def test_a_links_own_word_wins(dead_host, maria):
    first = Link.objects.order_by("pk")[0]
    override_link(link=first, override=Override.REALLY_DEAD, actor=maria)
    speak(dead_host, Override.WORKS_FOR_ME, maria)
    assert marks() == ["dead", "ok"]


def test_it_holds_for_links_that_come_later_and_whatever_is_seen(web, maria):
    make_links([web.url("/404")])
    speak(Host.objects.get(), Override.WORKS_FOR_ME, maria)
    make_links([web.url("/404"), web.url("/410")])
    run_round()
    assert marks() == ["ok", "ok"]
    assert set(Link.objects.values_list("verdict", flat=True)) == {"suspect"}


def test_it_ends_when_it_was_said_to(dead_host, maria):
    speak(dead_host, Override.WORKS_FOR_ME, maria, days=10)
    link = Link.objects.all()[0]
    now = timezone.now()
    assert link.active_override(now) == "works_for_me"
    assert link.active_override(now + timedelta(days=11)) == ""
    assert link.effective_verdict(now + timedelta(days=11)) == "dead"


def test_a_host_that_is_really_dead_is_one_case(dead_host, maria):
    speak(dead_host, Override.REALLY_DEAD, maria)
    assert Case.objects.open().get().kind == DEAD_HOST
    speak(dead_host, Override.WORKS_FOR_ME, maria)
    assert not Case.objects.open().exists()


def test_when_the_word_is_over_its_case_closes(maria):
    make_links(["https://alive.example/a"])
    host = Host.objects.get()
    speak(host, Override.REALLY_DEAD, maria, days=10)
    open_aged_cases(timezone.now() + timedelta(days=9))
    assert Case.objects.open().get().kind == DEAD_HOST
    open_aged_cases(timezone.now() + timedelta(days=11))
    assert not Case.objects.open().exists()
    assert Case.objects.get().closing_note == "The word of a moderator is over."


def test_the_case_of_a_host_that_does_not_exist_outlives_a_word(dead_host, maria):
    Host.objects.update(missing_since=timezone.now(), missing_strikes=3)
    speak(dead_host, Override.REALLY_DEAD, maria, days=10)
    open_aged_cases(timezone.now() + timedelta(days=11))
    assert Case.objects.open().get().kind == DEAD_HOST


def test_taken_back_the_checks_speak_again(dead_host, maria):
    speak(dead_host, Override.WORKS_FOR_ME, maria)
    withdraw_host_override(host=dead_host, actor=maria)
    assert marks() == ["", ""]
    assert not Link.objects.filter(next_check_at__gt=timezone.now()).exists()
    assert Decision.objects.first().action == "withdraw"
    withdraw_host_override(host=dead_host, actor=maria)
    assert Decision.objects.count() == 2


def test_only_moderators_have_a_word(dead_host, alice, client):
    with pytest.raises(PermissionDenied):
        speak(dead_host, Override.IGNORE, alice)
    client.force_login(alice)
    for name in ("host_override", "host_withdraw"):
        url = reverse(f"linkcheck:{name}", args=[dead_host.name])
        assert client.post(url, {"override": "ignore"}).status_code == 403


def test_the_form_on_the_page_of_a_host(dead_host, maria, client):
    client.force_login(maria)
    url = reverse("linkcheck:host_override", args=[dead_host.name])
    assert client.post(url, {"override": "nonsense"}).context["word_form"].errors
    fields = {"override": "works_for_me", "days": "30", "reason": "<b>seen</b>"}
    html = client.post(url, fields, follow=True).content.decode()
    assert "A moderator says that it works." in html
    assert "&lt;b&gt;seen&lt;/b&gt;" in html
    page = client.get(Link.objects.all()[0].get_absolute_url()).content.decode()
    assert "That is about its whole host." in page
    client.post(reverse("linkcheck:host_withdraw", args=[dead_host.name]))
    assert Host.objects.get().override == ""
    log = client.get(reverse("moderation:decision_list")).content.decode()
    assert "The host works, whatever the checks say: for 30 days." in log


def test_the_list_of_hosts_filters_and_pages(client, django_assert_max_num_queries):
    make_links([f"https://host{n}.example/{m}" for n in range(60) for m in range(2)])
    soon = timezone.now() + timedelta(hours=1)
    Host.objects.filter(name="host1.example").update(missing_since=timezone.now())
    Host.objects.filter(name="host2.example").update(rests_until=soon, rest_reason="rate_limited")
    Host.objects.filter(name="host3.example").update(delay_factor=4)
    Host.objects.filter(name="host4.example").update(override="ignore")
    with django_assert_max_num_queries(6):
        response = client.get(HOSTS)
    assert len(response.context["rows"]) == 50
    assert {row.total for row in response.context["rows"]} == {2}

    def names(**filters) -> list[str]:
        return [row.host.name for row in client.get(HOSTS, filters).context["rows"]]

    assert names(state="missing") == ["host1.example"]
    assert names(state="resting") == ["host2.example"]
    assert names(state="slow") == ["host3.example"]
    assert names(state="decided") == ["host4.example"]
    assert names(state="nonsense") == []
    assert len(names(q="HOST5")) == 11
    assert HOSTS in client.get(reverse("linkcheck:link_list")).content.decode()


def test_a_host_shows_pace_robots_incident_and_redirects(client, django_assert_max_num_queries):
    make_links([f"https://a.example/old/{n}.html" for n in range(3)])
    for link in Link.objects.all():
        Link.objects.filter(pk=link.pk).update(moved_to=link.url.replace("/old/", "/new/"))
    now = timezone.now()
    Host.objects.update(
        delay_factor=4,
        rests_since=now - timedelta(minutes=5),
        rests_until=now + timedelta(hours=1),
        rest_reason="unreachable",
    )
    rules = "user-agent: *\ncrawl-delay: 2\ndisallow: /<b>"
    RobotsFile.objects.create(host=Host.objects.get(), fetched_at=now, rules=rules)
    with django_assert_max_num_queries(8):
        response = client.get(Host.objects.get().get_absolute_url())
    html = response.content.decode()
    assert response.context["pace"] == {"delay_s": 8.0, "concurrency": 1}
    assert "no connection for several of its links" in html
    assert "disallow: /&lt;b&gt;" in html
    assert "https://a.example/new" in html
    assert "Your word" not in html


def test_what_redirects_have_in_common_is_counted():
    moves = [
        ("https://a.example/old/1", "https://a.example/new/1"),
        ("https://a.example/old/2/x", "https://a.example/new/2/x"),
        ("https://a.example/about", "https://b.example/about"),
        ("http://c.example/", "https://c.example/"),
        ("http://c.example", "https://d.example"),
    ]
    assert summarise_redirects(moves) == [
        ("https://a.example/old", "https://a.example/new", 2),
        ("https://a.example", "https://b.example", 1),
        ("http://c.example", "https://c.example", 1),
        ("http://c.example", "https://d.example", 1),
    ]
    assert len(summarise_redirects(moves, most=1)) == 1
