"""robots.txt: read once a day, done as it says, and never a reason for a strike."""

from datetime import timedelta

import pytest
from django.utils import timezone

from linkcheck.models import Check, Host, Link, RobotsFile
from linkcheck.robots import (
    MAX_BODY,
    MAX_CRAWL_DELAY_S,
    RobotsMode,
    Rules,
    Ruling,
    read_answer,
    reduce_rules,
)
from tests.linkcheck.factories import make_links, run_round
from tests.linkcheck.observing import see
from tests.linkcheck.playground import Answer, redirect

TOKEN = "Perennial"
URL = "https://example.com/private/page?x=1"


def judge(text: str, mode: RobotsMode = RobotsMode.POLITE, url: str = URL) -> Ruling:
    return Rules(reduce_rules(text.encode(), TOKEN), TOKEN).judge(url, mode)


@pytest.mark.parametrize(
    ("text", "polite", "strict"),
    [
        ("", "allowed", "allowed"),
        ("User-agent: *\nDisallow:", "allowed", "allowed"),
        ("User-agent: *\nDisallow: /", "seldom", "denied"),
        ("User-agent: *\nDisallow: /private/", "seldom", "denied"),
        ("User-agent: *\nDisallow: /other/", "allowed", "allowed"),
        ("User-agent: *\nDisallow: /*?x=", "seldom", "denied"),
        ("User-agent: *\nDisallow: /private/\nAllow: /private/page", "allowed", "allowed"),
        ("User-agent: perennial\nDisallow: /", "denied", "denied"),
        ("user-agent: PERENNIAL/2\ndisallow: / # all", "denied", "denied"),
        ("User-agent: Perennial\nAllow: /\n\nUser-agent: *\nDisallow: /", "allowed", "allowed"),
        ("User-agent: otherbot\nUser-agent: perennial\nDisallow: /", "denied", "denied"),
        ("User-agent: otherbot\nDisallow: /", "allowed", "allowed"),
        ("User-agent: perennialbot\nDisallow: /", "allowed", "allowed"),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", "seldom", "denied"),
        ("<html>Not found</html>", "allowed", "allowed"),
    ],
)
def test_what_a_file_says_of_an_address(text, polite, strict):
    assert judge(text) == polite
    assert judge(text, RobotsMode.STRICT) == strict
    assert judge(text, RobotsMode.OFF) == "allowed"


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Crawl-delay: 3", 3),
        ("Crawl-delay: 0.5", 0.5),
        ("Crawl-delay: 86400", MAX_CRAWL_DELAY_S),
        ("Crawl-delay: nan", 0),
        ("Crawl-delay: -4", 0),
        ("Crawl-delay: soon", 0),
        ("", 0),
    ],
)
def test_a_crawl_delay_is_a_bounded_hint(line, seconds):
    text = reduce_rules(f"User-agent: *\n{line}".encode(), TOKEN)
    assert Rules(text, TOKEN).crawl_delay_s == seconds


@pytest.mark.parametrize(
    ("seen", "rules"),
    [
        ("200", "user-agent: *\ndisallow: /"),
        ("301 200", "user-agent: *\ndisallow: /"),
        ("404", ""),
        ("403", ""),
        ("401", ""),
        ("429", "as before"),
        ("500", "as before"),
        ("503", "as before"),
        ("timeout", "as before"),
        ("nxdomain", "as before"),
        ("cloudflare", "as before"),
    ],
)
def test_what_holds_after_it_was_asked_for(seen, rules):
    body = b"User-agent: *\nDisallow: /"
    assert read_answer(see(seen), body, known="as before", token=TOKEN) == rules


def test_a_file_that_names_a_hundred_thousand_robots_costs_little():
    body = b"".join(b"User-agent: bot%d\n" % n for n in range(100_000)) + b"Disallow: /\n" * 99_999
    text = reduce_rules(body, TOKEN)
    assert len(text) < 2 * MAX_BODY
    assert Rules(text, TOKEN).judge(URL) is Ruling.ALLOWED


@pytest.fixture
def polite(web, settings):
    settings.LINKCHECK_ROBOTS = "polite"
    return web


def ask_for_all() -> None:
    Link.objects.update(next_check_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.django_db
def test_it_is_read_once_a_day_before_anything_else(polite):
    make_links([polite.url(f"/page/{n}") for n in range(5)])
    run_round()
    ask_for_all()
    run_round()
    assert polite.requests[0].path == "/robots.txt"
    assert polite.count("/robots.txt") == 1
    assert len(polite.requests) == 11
    RobotsFile.objects.update(fetched_at=timezone.now() - timedelta(hours=25))
    ask_for_all()
    run_round()
    assert polite.count("/robots.txt") == 2


@pytest.mark.django_db
def test_a_host_that_names_us_is_left_alone(polite):
    polite.answers["/robots.txt"] = Answer(body=b"User-agent: perennial\nDisallow: /private")
    private, other = make_links([polite.url("/private"), polite.url("/ok")])
    run_round()
    private.refresh_from_db()
    other.refresh_from_db()
    assert (private.verdict, private.reason, private.mark) == ("excluded", "robots", "")
    assert private.next_check_at > timezone.now() + timedelta(days=20)
    assert other.verdict == "ok"
    assert polite.count("/private") == 0


@pytest.mark.django_db
def test_what_is_kept_from_robots_at_large_is_verified_once_a_month(polite):
    polite.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /")
    (link,) = make_links([polite.url("/403")])
    for _ in range(3):
        run_round()
        ask_for_all()
    assert polite.count("/403") == 1
    assert len(polite.requests) == 2  # and nothing beside it, no second try
    link.refresh_from_db()
    assert link.verdict == "blocked"
    assert Check.objects.count() == 1
    run_round()
    link.refresh_from_db()
    assert link.next_check_at > timezone.now() + timedelta(days=29)
    assert not Host.objects.filter(rests_until__isnull=False).exists()
    Link.objects.update(last_checked_at=timezone.now() - timedelta(days=31))
    ask_for_all()
    run_round()
    assert polite.count("/403") == 2


@pytest.mark.django_db
def test_strictly_all_robots_are_meant(polite, settings):
    settings.LINKCHECK_ROBOTS = "strict"
    polite.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /")
    (link,) = make_links([polite.url("/ok")])
    run_round()
    link.refresh_from_db()
    assert (link.verdict, link.reason) == ("excluded", "robots")
    assert polite.count("/ok") == 0


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [Answer(500), Answer(503), redirect("/robots.txt", 302)])
def test_one_that_fails_is_no_strike_and_the_rules_are_as_before(polite, answer):
    polite.answers["/robots.txt"] = answer
    (link,) = make_links([polite.url("/ok")])
    run_round()
    link.refresh_from_db()
    assert link.verdict == "ok"
    RobotsFile.objects.update(
        rules="user-agent: perennial\ndisallow: /", fetched_at=timezone.now() - timedelta(days=2)
    )
    ask_for_all()
    run_round()
    link.refresh_from_db()
    assert link.reason == "robots"
    assert polite.count("/ok") == 1


@pytest.mark.django_db
def test_it_is_found_at_the_end_of_five_redirects_but_not_of_six(polite):
    for n in range(6):
        polite.answers[f"/r{n}"] = redirect(f"/r{n + 1}")
    polite.answers["/r5"] = Answer(body=b"User-agent: *\nCrawl-delay: 4")
    polite.answers["/robots.txt"] = redirect("/r1")
    make_links([polite.url("/ok")])
    run_round()
    assert "4" in RobotsFile.objects.get().rules
    polite.answers["/robots.txt"] = redirect("/r0")
    RobotsFile.objects.update(rules="", fetched_at=timezone.now() - timedelta(days=2))
    ask_for_all()
    run_round()
    assert RobotsFile.objects.get().rules == ""


@pytest.mark.django_db
def test_a_redirect_of_it_is_guarded(polite):
    polite.answers["/robots.txt"] = redirect("http://10.0.0.1/robots.txt")
    (link,) = make_links([polite.url("/ok")])
    run_round()
    link.refresh_from_db()
    assert link.verdict == "ok"


@pytest.mark.django_db
def test_only_half_a_megabyte_of_it_counts(polite):
    filler = b"# words\n" * (MAX_BODY // 8)
    polite.answers["/robots.txt"] = Answer(body=filler + b"User-agent: *\nDisallow: /")
    make_links([polite.url("/ok")])
    run_round()
    assert RobotsFile.objects.get().rules == ""
