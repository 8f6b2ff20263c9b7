"""Judging links anew from stored checks, also where the old ones were thinned."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from changes.models import Change
from linkcheck.models import Check, Checkpoint, Link, Mark
from linkcheck.replaying import replay_verdicts
from linkcheck.retention import thin_checks
from linkcheck.states import DEFAULTS, LinkState, PolicySettings
from linkcheck.verdicts import Reason, Verdict
from moderation.cases import open_case
from moderation.models import Case
from tests.linkcheck.factories import make_links
from tests.linkcheck.looks import look_daily
from tests.linkcheck.observing import START

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START) as traveller:
        yield traveller


def replay(*arguments: str) -> tuple[int, list[dict]]:
    """Exit code and the objects that the command printed."""
    out, code = StringIO(), 0
    try:
        call_command("replay_verdicts", *arguments, "--json", stdout=out, stderr=StringIO())
    except SystemExit as end:
        code = int(end.code or 0)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def forget_death(link: Link) -> None:
    """Make the link's row say what an older rule would have said: fine."""
    state = LinkState(Verdict.OK, Reason.ANSWERED, verdict_since=START, checked_at=START)
    Link.objects.filter(pk=link.pk).update(
        verdict="ok", reason="answered", mark=Mark.OK, state=state.as_dict()
    )
    Case.objects.all().delete()


@pytest.fixture
def dead(clock) -> Link:
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "200", [0])
    link = look_daily(link, "404", [7, 10, 13])
    assert link.verdict == "dead"
    return link


def test_a_replay_by_the_same_rules_changes_nothing(dead):
    others = make_links([f"https://b{n}.example/" for n in range(3)], object_id=2)
    look_daily(others[0], "cloudflare", [0, 14])
    look_daily(others[1], "301 200", [0, 7], to="https://c.example/")
    before = list(Link.objects.order_by("pk").values())
    assert replay("--dry-run")[0] == 0
    code, lines = replay()
    assert code == 0
    assert lines == [
        {"summary": {"links": 3, "changed": 0, "counted": 0, "in_part": 0, "is_dry_run": False}}
    ]
    assert list(Link.objects.order_by("pk").values()) == before


def test_a_dry_run_says_what_would_change_and_writes_nothing(dead):
    forget_death(dead)
    before = Link.objects.values().get()
    code, lines = replay("--dry-run")
    assert code == 3
    assert lines[0] == {
        "url": dead.url,
        "old": "ok",
        "old_reason": "answered",
        "new": "dead",
        "reason": "not_found",
        "why": lines[0]["why"],
        "judged_from": None,
    }
    assert "404" in lines[0]["why"]
    assert lines[1]["summary"]["changed"] == 1
    assert Link.objects.values().get() == before
    assert not Case.objects.exists()


def test_what_changes_is_written_with_its_case_and_no_history(dead):
    forget_death(dead)
    events = Change.objects.count()
    assert replay()[0] == 0
    link = Link.objects.get()
    assert (link.verdict, link.mark, link.reason) == ("dead", "dead", "not_found")
    assert link.state == dead.state
    assert link.next_check_at == dead.next_check_at
    case = Case.objects.get()
    assert (case.kind, case.state) == ("dead_link", "open")
    assert Change.objects.count() == events + 1
    assert Check.objects.count() == 4
    assert replay()[1][-1]["summary"]["changed"] == 0


def test_another_rule_gives_another_verdict(dead):
    kinder = PolicySettings(strikes_to_die=4)
    (chunk,) = replay_verdicts(rules=kinder)
    (rejudged,) = chunk.rejudged
    assert (rejudged.before.verdict, rejudged.after.verdict) == (Verdict.DEAD, Verdict.SUSPECT)
    link = Link.objects.get()
    assert (link.verdict, link.mark) == ("suspect", "suspect")
    assert Case.objects.get().state == "resolved"


def test_only_links_looked_at_since_a_day_are_judged(dead):
    forget_death(dead)
    Link.objects.update(last_checked_at=START + timedelta(days=13))
    assert replay("--dry-run", "--since", "2026-01-15")[1][-1]["summary"]["links"] == 0
    assert replay("--dry-run", "--since", "2026-01-14T12:00")[1][-1]["summary"]["links"] == 1


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00+14:00", "9" * 9])
def test_what_is_no_date_is_refused(db, text):
    with pytest.raises(CommandError):
        call_command("replay_verdicts", f"--since={text}")


def test_lines_for_people_say_the_same(dead):
    forget_death(dead)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("replay_verdicts", "--dry-run", stdout=out, stderr=StringIO())
    first, last = out.getvalue().splitlines()
    assert first.startswith(f"{dead.url}: ok → dead. The server says")
    assert "1 would change" in last


# --- Thinning ------------------------------------------------------------------------------------

YEAR = 365


def kept_days(link: Link) -> list[int]:
    times = Check.objects.filter(link=link).order_by("id").values_list("at", flat=True)
    return [(at - START).days for at in times]


def thin(clock, day: float) -> int:
    clock.move_to(START + timedelta(days=day))
    return thin_checks(limit=100)


def test_old_checks_are_thinned_to_changes_of_outcome_and_one_a_month(clock):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "200", [0, 5, 10, 20])  # January
    look_daily(link, "404", [21, 24])
    look_daily(link, "200", [25, 28, 35, 40, 70])  # … 5 and 10 February, 12 March
    look_daily(link, "200", [400])
    assert thin(clock, YEAR + 71) == 1
    assert kept_days(link) == [0, 21, 25, 35, 70, 400]
    assert thin(clock, YEAR + 72) == 0, "not looked through again so soon"


def test_what_is_younger_than_the_setting_stays(clock, settings):
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "200", range(0, 60, 5))
    thin(clock, YEAR)
    assert kept_days(link) == list(range(0, 60, 5))
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 30
    thin(clock, YEAR + 31)
    assert kept_days(link) == [0, 35, 55]


def test_a_later_run_goes_on_where_the_last_one_ended(clock, settings):
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 10
    (link,) = make_links(["https://a.example/page"])
    look_daily(link, "200", [0, 1, 2, 3])
    look_daily(link, "200", [35, 36, 37])
    thin(clock, 14)
    assert kept_days(link) == [0, 35, 36, 37]
    look_daily(link, "200", [60])
    thin(clock, 50)
    assert kept_days(link) == [0, 35, 60]
    assert Checkpoint.objects.get().made_at == START + timedelta(days=50)


@pytest.mark.parametrize(
    "story",
    [
        [("200", [0, 5, 10]), ("404", [20, 23, 26])],
        [("404", [0, 3]), ("200", [4]), ("404", [200, 203, 206])],
        [("cloudflare", [0, 14, 100]), ("timeout", [101, 102])],
        [("301 200", [0, 7, 14]), ("500", [300, 301, 304, 309, 314])],
        [("expired", [0, 20]), ("410", [30, 31]), ("200", [60])],
    ],
)
@pytest.mark.parametrize("cut_day", [5, 24, 150, 310])
def test_a_replay_gives_the_same_state_before_and_after(clock, settings, story, cut_day):
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 30
    (link,) = make_links(["https://a.example/page"])
    for what, days in story:
        link = look_daily(link, what, days, to="https://b.example/new")
    before = Link.objects.values().get()
    assert replay("--dry-run")[0] == 0
    Case.objects.update(state="decided")
    assert thin(clock, cut_day + 30) == int(cut_day > 0)
    code, lines = replay()
    assert (code, lines[-1]["summary"]["counted"]) == (0, 0)
    assert Link.objects.values().get() == before


def test_the_evidence_of_an_open_case_stays(clock, settings):
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 5
    about_link, about_host, free = make_links(
        ["https://a.example/", "https://b.example/", "https://c.example/"]
    )
    for link in (about_link, about_host, free):
        look_daily(link, "200", [0, 1, 2, 3])
    for kind, pk in (("link", about_link.pk), ("host", about_host.host_id)):
        open_case(kind="some", target_type=kind, target_id=pk, title="x", reason="")
    assert thin(clock, 20) == 1
    assert [len(kept_days(link)) for link in (about_link, about_host, free)] == [4, 4, 2]
    Case.objects.update(state="decided")
    assert thin(clock, 20) == 2
    assert Check.objects.count() == 6


def test_thinning_is_bounded_and_takes_a_constant_number_of_queries(
    clock, settings, django_assert_max_num_queries
):
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 5
    for link in make_links([f"https://a{n}.example/" for n in range(12)]):
        look_daily(link, "200", [0, 1, 2])
    clock.move_to(START + timedelta(days=20))
    assert thin_checks(limit=2) == 2
    with django_assert_max_num_queries(16):
        assert thin_checks(limit=10) == 10
    assert Check.objects.count() == 24


def test_a_link_that_was_never_looked_at_is_no_trouble(clock):
    make_links(["https://a.example/", "no address"])
    assert thin(clock, YEAR + 1) == 2
    assert thin(clock, YEAR + 1) == 0
    assert replay() == (
        0,
        [{"summary": {"links": 0, "changed": 0, "counted": 0, "in_part": 0, "is_dry_run": False}}],
    )


def test_a_replay_names_each_link_that_it_can_judge_only_in_part(clock, settings):
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 30
    thinned, whole = make_links(["https://a.example/", "https://b.example/"])
    look_daily(thinned, "200", [0, 1, 2, 3])
    look_daily(whole, "200", [0])
    assert replay("--in-part")[1] == [
        {"summary": {"links": 2, "changed": 0, "counted": 0, "in_part": 0, "is_dry_run": False}}
    ]
    assert thin(clock, 60) == 2
    assert Checkpoint.objects.get(link=thinned).thinned == 2
    part, end = replay("--in-part")[1]
    assert part["in_part"] == thinned.url
    assert part["judged_from"].startswith((START + timedelta(days=3)).date().isoformat())
    assert end["summary"]["in_part"] == 1
    assert replay()[1] == [end]
    output = StringIO()
    call_command("replay_verdicts", "--in-part", stdout=output)
    assert "https://a.example/: judged anew only from" in output.getvalue()
    assert "1 link could be judged anew only in part" in output.getvalue()


def test_a_link_of_which_nothing_was_thinned_is_judged_from_its_first_check(clock, settings):
    """A new rule reaches what it saw before the checkpoint as well."""
    settings.LINKCHECK_KEEP_CHECKS_DAYS = 30
    (link,) = make_links(["https://a.example/"])
    look_daily(link, "404", [0])
    link = look_daily(link, "200", [3])
    look_daily(link, "404", [4, 8])
    thin(clock, 200)
    assert Checkpoint.objects.get().thinned == 0
    strict = replace(DEFAULTS, strikes_to_die=2)
    (chunk,) = replay_verdicts(is_dry=True, rules=strict)
    assert [r.after.verdict for r in chunk.rejudged] == ["dead"]
