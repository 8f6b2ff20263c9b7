"""The policy as tables: what was seen on which day, what follows, and when to look again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from linkcheck.explaining import explain
from linkcheck.policy import (
    LinkState,
    PolicySettings,
    advance,
    clean_interval,
    is_trivial_move,
    jitter_wait,
    judge,
)
from linkcheck.verdicts import Override, Reason, Verdict, effective_verdict
from tests.linkcheck.observing import START, URL, see

V = Verdict
DAY = timedelta(days=1)
HOUR = 1 / 24


def history(*entries):
    """``(day, what)`` or ``(day, what, target)`` in order."""
    return [see(entry[1], day=entry[0], to=entry[2] if len(entry) > 2 else "") for entry in entries]


def days_until_next(state):
    assert state.next_check_at is not None
    return (state.next_check_at - state.checked_at) / DAY


FIRST_SIGHT = [
    # what, verdict, reason
    ("200", V.OK, Reason.ANSWERED),
    ("204", V.OK, Reason.ANSWERED),
    ("206", V.OK, Reason.ANSWERED),
    ("304", V.OK, Reason.UNCHANGED),
    ("302 200", V.OK, Reason.REDIRECTED),
    ("301 200", V.OK, Reason.REDIRECTED),
    ("401", V.RESTRICTED, Reason.NEEDS_ACCOUNT),
    ("402", V.RESTRICTED, Reason.NEEDS_ACCOUNT),
    ("407", V.RESTRICTED, Reason.NEEDS_ACCOUNT),
    ("451", V.RESTRICTED, Reason.LEGAL),
    ("403-honest", V.RESTRICTED, Reason.FORBIDDEN),
    ("403", V.BLOCKED, Reason.FORBIDDEN_EVERYWHERE),
    ("403-everywhere", V.BLOCKED, Reason.FORBIDDEN_EVERYWHERE),
    ("cloudflare", V.BLOCKED, Reason.BOT_WALL),
    ("cloudflare-503", V.BLOCKED, Reason.BOT_WALL),
    ("404", V.SUSPECT, Reason.NOT_FOUND),
    ("301 404", V.SUSPECT, Reason.NOT_FOUND),
    ("410", V.SUSPECT, Reason.GONE),
    ("nxdomain", V.SUSPECT, Reason.NO_SUCH_HOST),
    ("servfail", V.UNSTABLE, Reason.DNS_FAILURE),
    ("500", V.UNSTABLE, Reason.SERVER_ERROR),
    ("503", V.UNSTABLE, Reason.SERVER_ERROR),
    ("408", V.UNSTABLE, Reason.TIMEOUT),
    ("timeout", V.UNSTABLE, Reason.TIMEOUT),
    ("reset", V.UNSTABLE, Reason.CONNECTION_FAILED),
    ("refused", V.UNSTABLE, Reason.CONNECTION_FAILED),
    ("loop", V.UNSTABLE, Reason.REDIRECT_LOOP),
    ("garbage", V.UNSTABLE, Reason.BAD_ANSWER),
    ("405", V.UNSTABLE, Reason.REQUEST_REJECTED),
    ("418", V.UNSTABLE, Reason.REQUEST_REJECTED),
    ("429", V.UNCHECKED, Reason.RATE_LIMITED),
    ("503+1h", V.UNCHECKED, Reason.RATE_LIMITED),
    ("not-asked", V.UNCHECKED, Reason.HOST_RESTING),
    ("expired", V.TLS_INVALID, Reason.CERTIFICATE),
    ("no-intermediate", V.OK, Reason.INCOMPLETE_CHAIN),
    ("404-expired", V.SUSPECT, Reason.NOT_FOUND),
    ("unsafe", V.EXCLUDED, Reason.TARGET_NOT_ALLOWED),
    ("ftp", V.EXCLUDED, Reason.UNSUPPORTED_SCHEME),
]


@pytest.mark.parametrize(("what", "verdict", "reason"), FIRST_SIGHT)
def test_first_sight(what, verdict, reason):
    state = advance(LinkState(), see(what))
    assert (state.verdict, state.reason) == (verdict, reason)


HISTORIES = [
    # rule, what was seen on which day, the verdict after each
    ("3: three strikes, 72 h apart", [(0, "404"), (3, "404"), (6, "404")], "suspect suspect dead"),
    (
        "3: a strike nearer than 72 h to the last counted one does not count",
        [(0, "404"), (1, "404"), (2.9, "404"), (3, "404"), (5.9, "404"), (6, "404")],
        "suspect suspect suspect suspect suspect dead",
    ),
    (
        "3: the spacing is from the last counted one, not from the first",
        [(0, "404"), (4, "404"), (6, "404"), (7, "404")],
        "suspect suspect suspect dead",
    ),
    (
        "3: any good answer resets everything",
        [(0, "404"), (3, "404"), (5, "200"), (6, "404"), (9, "404"), (12, "404")],
        "suspect suspect ok suspect suspect dead",
    ),
    ("3: 410 twice, 24 h apart", [(0, "410"), (1, "410")], "suspect dead"),
    ("3: 410 twice too near", [(0, "410"), (0.9, "410"), (1, "410")], "suspect suspect dead"),
    ("3: 404, then 410 twice", [(0, "404"), (1, "410"), (2, "410")], "suspect suspect dead"),
    (
        "3: a single 410 among 404s is a strike like the others",
        [(0, "404"), (3, "410"), (6, "404")],
        "suspect suspect dead",
    ),
    (
        "3: 401 is a good answer",
        [(0, "404"), (3, "404"), (4, "401"), (6, "404")],
        "suspect suspect restricted suspect",
    ),
    (
        "4: five soft strikes over 14 days",
        [(0, "500"), (1, "timeout"), (4, "reset"), (9, "502"), (14, "500")],
        "unstable unstable unstable unstable dead",
    ),
    (
        "4: five soft strikes in less than 14 days do not do",
        [(0, "500"), (1, "500"), (2, "500"), (3, "500"), (13.9, "500"), (14, "500")],
        "unstable unstable unstable unstable unstable dead",
    ),
    (
        "4: four soft strikes never do",
        [(0, "500"), (10, "500"), (20, "500"), (30, "500")],
        "unstable unstable unstable unstable",
    ),
    (
        "4: looks in quick succession are one strike",
        [(0, "500"), (0.1, "500"), (0.2, "500"), (0.3, "500"), (14, "500")],
        "unstable unstable unstable unstable unstable",
    ),
    (
        "4: a good answer between resets",
        [(0, "500"), (4, "500"), (8, "500"), (12, "200"), (13, "500"), (14, "500")],
        "unstable unstable unstable ok unstable unstable",
    ),
    (
        "4: soft failures neither count as strikes nor forgive them",
        [(0, "404"), (3, "timeout"), (4, "404"), (7, "404")],
        "suspect suspect suspect dead",
    ),
    (
        "5: a missing host strikes like a missing page",
        [(0, "nxdomain"), (3, "nxdomain"), (6, "nxdomain")],
        "suspect suspect dead",
    ),
    (
        "5: a resolver that fails is soft",
        [(0, "servfail"), (3, "servfail"), (6, "servfail")],
        "unstable unstable unstable",
    ),
    (
        "6: 429 never changes a verdict",
        [
            (0, "429"),
            (1, "200"),
            (2, "429"),
            (3, "404"),
            (4, "429"),
            (6, "404"),
            (7, "503+1h"),
            (9, "404"),
            (10, "429"),
        ],
        "unchecked ok ok suspect suspect suspect suspect dead dead",
    ),
    ("6: 503 without Retry-After is a failure", [(0, "200"), (1, "503")], "ok unstable"),
    (
        "7: a wall is never death, however long",
        [(day, "cloudflare") for day in range(0, 400, 20)],
        " ".join(["blocked"] * 20),
    ),
    (
        "7: what stood before the wall is not forgotten behind it",
        [(0, "404"), (3, "404"), (6, "cloudflare"), (9, "404")],
        "suspect suspect blocked dead",
    ),
    (
        "7: a wall does not bring back a page that was not found",
        [(0, "410"), (1, "410"), (15, "cloudflare"), (45, "200")],
        "suspect dead dead ok",
    ),
    (
        "7: but it shows that a host is back",
        [(0, "500"), (1, "500"), (4, "500"), (9, "500"), (14, "500"), (28, "cloudflare")],
        "unstable unstable unstable unstable dead blocked",
    ),
    (
        "8: moved after the same target has stood for 7 days",
        [
            (0, "301 200", "https://new.example/"),
            (6.9, "308 200", "https://new.example/"),
            (7, "301 200", "https://new.example/"),
        ],
        "ok ok moved",
    ),
    (
        "8: another target begins anew",
        [
            (0, "301 200", "https://one.example/"),
            (4, "301 200", "https://two.example/"),
            (8, "301 200", "https://two.example/"),
            (11, "301 200", "https://two.example/"),
        ],
        "ok ok ok moved",
    ),
    (
        "8: every hop must be permanent",
        [(0, "301 302 200", "https://new.example/"), (30, "301 302 200", "https://new.example/")],
        "ok ok",
    ),
    (
        "8: a soft failure between does not begin anew",
        [
            (0, "301 200", "https://new.example/"),
            (4, "500"),
            (7, "301 200", "https://new.example/"),
        ],
        "ok unstable moved",
    ),
    (
        "8: the redirect is taken back",
        [
            (0, "301 200", "https://new.example/"),
            (7, "301 200", "https://new.example/"),
            (14, "200"),
        ],
        "ok moved ok",
    ),
    (
        "12: a renewed certificate",
        [(0, "expired"), (7, "expired"), (14, "200")],
        "tls_invalid tls_invalid ok",
    ),
    (
        "12: strikes end at a page behind a bad certificate",
        [(0, "404"), (3, "404"), (6, "expired"), (9, "404")],
        "suspect suspect tls_invalid suspect",
    ),
    ("14: recovery", [(0, "410"), (1, "410"), (15, "410"), (45, "200")], "suspect dead dead ok"),
]


@pytest.mark.parametrize(
    ("entries", "verdicts"),
    [pytest.param(entries, verdicts, id=rule) for rule, entries, verdicts in HISTORIES],
)
def test_histories(entries, verdicts):
    state = LinkState()
    after = []
    for seen in history(*entries):
        state = advance(state, seen)
        after.append(str(state.verdict))
    assert " ".join(after) == verdicts
    assert judge(history(*entries)) == state


NEXT_CHECKS = [
    # what was seen on which day, days until the next look: at least, at most
    ([(0, "200")], 0.85, 1.15),
    ([(0, "200"), (1, "200")], 5.95, 8.05),
    ([(0, "200"), (1, "200"), (8, "304")], 8.9, 12.1),
    ([(day, "200") for day in range(30)], 51, 69),
    ([(0, "200"), (1, "200"), (8, "500"), (9, "200")], 0.85, 1.15),  # begins anew
    ([(0, "404")], 3, 3.5),
    ([(0, "404"), (1, "404")], 2, 2.5),  # when the strike can count
    ([(0, "410")], 1, 1.2),
    ([(0, "500")], 1, 1.2),
    ([(0, "500"), (1, "500")], 3, 3.5),
    ([(0, "500"), (1, "500"), (4, "500")], 5, 5.5),
    ([(0, "500"), (1, "500"), (4, "500"), (9, "500")], 5, 5.5),
    ([(0, "500"), (1, "500"), (2, "500"), (3, "500"), (4, "500")], 10, 10.5),
    ([(0, "429")], HOUR, HOUR),
    ([(0, "429+1d")], 1, 1),
    ([(0, "200"), (1, "503+1h")], HOUR, HOUR),
    ([(0, "cloudflare")], 11.9, 16.1),
    ([(0, "expired")], 5.9, 8.1),
    ([(0, "unsafe")], 25, 35),
    ([(0, "301 200", "https://new.example/"), (1, "301 200", "https://new.example/")], 5.9, 6),
    ([(0, "410"), (1, "410")], 11.9, 16.1),
    ([(0, "410"), (1, "410"), (15, "410")], 25.5, 34.5),
    ([(0, "410"), (1, "410"), (15, "410"), (45, "timeout")], 51, 69),
    ([(0, "410"), (1, "410"), (15, "410"), (45, "410"), (105, "404")], 76.5, 103.5),
    ([(0, "410"), (1, "410"), (15, "404"), (45, "404"), (99, "404"), (200, "404")], 76.5, 103.5),
]


@pytest.mark.parametrize(("entries", "at_least", "at_most"), NEXT_CHECKS)
def test_next_checks(entries, at_least, at_most):
    assert at_least <= days_until_next(judge(history(*entries))) <= at_most


def test_what_can_never_be_asked_is_not_looked_at_again():
    assert advance(LinkState(), see("ftp")).next_check_at is None


def test_following_the_dates_counts_every_strike():
    """The dates given are never a moment too early: no look of a failing link is wasted."""
    for what, looks in (("404", 3), ("410", 2), ("nxdomain", 3), ("500", 5), ("timeout", 5)):
        for number in range(50):
            state = LinkState()
            seen = see(what, url=f"{URL}/{number}")
            for _ in range(looks):
                assert state.verdict is not V.DEAD
                state = advance(state, seen)
                seen = replace(seen, at=state.next_check_at)
            assert state.verdict is V.DEAD, (what, number)


def test_intervals_grow_to_sixty_days():
    intervals = [clean_interval(number) / DAY for number in range(1, 9)]
    assert intervals == [1, 7, 10.5, 15.75, 23.625, 35.4375, 53.15625, 60]
    assert clean_interval(10**6) == 60 * DAY


def test_jitter_is_the_same_every_time_and_spreads_over_its_range():
    waits = [jitter_wait(10 * DAY, f"{URL}/{number}", START, 0.15) for number in range(500)]
    assert waits == [jitter_wait(10 * DAY, f"{URL}/{n}", START, 0.15) for n in range(500)]
    assert all(8.5 * DAY <= wait <= 11.5 * DAY for wait in waits)
    assert min(waits) < 8.7 * DAY
    assert max(waits) > 11.3 * DAY


def test_recovery_records_how_long_it_was_down():
    state = judge(history((0, "200"), (1, "404"), (4, "404"), (7, "404"), (21, "200")))
    assert state.downtime_s == 20 * 86_400
    assert state.recovered_at == START + 21 * DAY
    assert (state.strikes, state.first_failure_at, state.dead_since) == (0, None, None)


def test_the_age_of_a_block_survives_soft_failures_but_no_good_answer():
    state = judge(history((0, "cloudflare"), (20, "500"), (40, "cloudflare")))
    assert state.blocked_since == START
    assert judge(history((0, "cloudflare"), (9, "200"))).blocked_since is None


def test_the_date_of_a_verdict_is_when_it_began():
    state = judge(history((0, "200"), (1, "200"), (8, "404"), (9, "404")))
    assert state.verdict_since == START + 8 * DAY


def test_an_observation_seen_twice_or_late_changes_nothing():
    """A task may run twice, and a worker's clock may be behind."""
    state = judge(history((0, "404"), (3, "404")))
    assert advance(state, see("404", day=3)) == state
    assert advance(state, see("404", day=2)) == state


def test_what_was_not_asked_is_only_put_off():
    state = judge(history((0, "404")))
    after = advance(state, see("not-asked", day=3))
    assert after == replace(state, next_check_at=START + 3 * DAY + timedelta(hours=1))


def test_a_rest_is_honoured_up_to_seven_days():
    seen = replace(see("429"), retry_after=10**9)
    assert days_until_next(advance(LinkState(), seen)) == 7


TRIVIAL = [
    ("http://example.com/a", "https://example.com/a", True),
    ("http://example.com/a", "https://www.example.com/a/", True),
    ("https://www.example.com", "https://example.com/", True),
    ("https://example.com/a?b=1", "https://example.com/a/?b=1", True),
    ("https://example.com/a", "https://example.com/b", False),
    ("https://example.com/a", "https://example.org/a", False),
    ("https://example.com/a?b=1", "https://example.com/a", False),
    ("https://example.com/a", "https://example.com:8443/a", False),
    ("https://example.com/a", "https://example.com/a", False),
    ("nonsense", "https://example.com/a", False),
]


@pytest.mark.parametrize(("url", "target", "is_trivial"), TRIVIAL)
def test_trivial_moves_are_told_from_real_ones(url, target, is_trivial):
    assert is_trivial_move(url, target) is is_trivial
    state = advance(LinkState(), see("301 200", url=url, to=target))
    assert state.is_trivial_move is is_trivial


@pytest.mark.parametrize(
    ("override", "verdict"),
    [
        ("", V.DEAD),
        (None, V.DEAD),
        (Override.WORKS_FOR_ME, V.OK),
        ("ignore", V.EXCLUDED),
        ("really_dead", V.DEAD),
    ],
)
def test_a_person_decides_above_the_checks(override, verdict):
    assert effective_verdict(V.DEAD, override) is verdict


def test_the_numbers_are_settings():
    strict = PolicySettings(strikes_to_die=1)
    assert advance(LinkState(), see("404"), strict).verdict is V.DEAD


# --- Properties ----------------------------------------------------------------------------------

GOOD = ["200", "304", "302 200", "401", "403-honest"]
BAD = ["404", "410", "nxdomain"]
SOFT = ["500", "timeout", "servfail", "loop", "405"]
NEUTRAL = ["429", "429+1d", "503+1h", "not-asked"]
ANYTHING = [*GOOD, *BAD, *SOFT, *NEUTRAL, "cloudflare", "403", "expired", "unsafe", "301 200"]


def runs_of(kinds, max_size=25):
    steps = st.tuples(st.floats(0.01, 40), st.sampled_from(kinds))
    return st.lists(steps, max_size=max_size).map(_add_up)


def _add_up(steps):
    day, entries = 0.0, []
    for wait, what in steps:
        day += wait
        entries.append((day, what))
    return history(*entries)


@given(runs_of(ANYTHING))
def test_every_state_survives_json_and_is_explained(observations):
    state = LinkState()
    for seen in observations:
        state = advance(state, seen)
        assert LinkState.from_dict(state.as_dict()) == state
        assert explain(state)
        assert state.next_check_at is None or state.next_check_at > seen.at


@given(runs_of(ANYTHING))
def test_a_good_answer_always_ends_well(observations):
    last = observations[-1].at if observations else START
    state = advance(judge(observations), replace(see("200"), at=last + DAY))
    assert state.verdict is V.OK
    assert (state.strikes, state.soft_strikes, state.gone_strikes) == (0, 0, 0)


@given(runs_of([*GOOD, *NEUTRAL, "cloudflare", "403", "expired"]))
def test_what_never_fails_is_never_dead_nor_suspect(observations):
    assert judge(observations).verdict not in (V.DEAD, V.SUSPECT, V.UNSTABLE)


@given(runs_of([*BAD, *SOFT]))
def test_nobody_dies_at_first_sight(observations):
    """Whatever comes and whenever: at least two looks and a day stand before a death."""
    for number in range(len(observations)):
        state = judge(observations[: number + 1])
        if state.verdict is V.DEAD:
            assert number >= 1
            assert state.dead_since - state.first_failure_at >= DAY
            return


@given(runs_of([*BAD, *SOFT, *GOOD]), st.sampled_from(NEUTRAL))
def test_a_rate_limit_in_between_changes_no_verdict(observations, what):
    state = LinkState()
    for seen in observations:
        state = advance(state, seen)
        limited = advance(state, replace(see(what), at=seen.at + timedelta(minutes=1)))
        assert limited.verdict is state.verdict
        assert limited.strikes == state.strikes
