"""Soft 404, landings and parked domains as tables (rules 9 to 11)."""

import pytest
from msgspec.structs import replace

from linkcheck.classification import Outcome, classify
from linkcheck.fingerprints import make_fingerprint
from linkcheck.observations import Hop, Neighbours, Observation, SiblingLook, Sign
from linkcheck.places import is_root, lands_shallower
from linkcheck.policy import LinkState, advance, is_doubted, judge
from linkcheck.probing.parking import _BODY_MARKS, find_parking
from linkcheck.titles import says_not_found
from linkcheck.verdicts import Reason, Verdict
from tests.linkcheck.observing import START, see

DEEP = "https://example.com/a/b"
ROOT = "https://example.com/"
TEXT = make_fingerprint(" ".join(f"word{chr(97 + n)}" for n in range(26)).encode())
OTHER = make_fingerprint(b"none of these words stands in the first text at all")


def answer(url=DEEP, **fields) -> Observation:
    values = {"status": 200, "title": "Ours", "fingerprint": TEXT, "hops": (Hop(url, 200),)}
    return Observation(url=url, at=START, method="GET", **values | fields)


def landed(target=ROOT, **fields) -> Observation:
    return answer(hops=(Hop(DEEP, 302), Hop(target, 200)), **fields)


def beside(status=200, final_url="", fingerprint=TEXT, title="Ours") -> SiblingLook:
    url = "https://example.com/a/qwertyuiopasdfghjklzxcvbn"
    return SiblingLook(url, status, final_url or url, fingerprint, title)


CASES = [
    # what was seen, why it is absent (None: it is there)
    (answer(), None),
    (answer(sibling=beside(404)), None),
    (answer(sibling=beside(None)), None),
    (answer(sibling=beside(500)), None),
    (answer(sibling=beside()), Reason.SAME_FOR_ALL),
    (answer(sibling=beside(fingerprint=OTHER)), None),
    (answer(sibling=beside(title="Not found")), None),
    (answer(title="404", sibling=beside(title="404")), Reason.SAME_FOR_ALL),
    (answer(title="404", sibling=beside(404)), None),
    (answer(title="404"), None),
    (answer(url=ROOT, sibling=beside()), None),
    (answer(sibling=beside(), cousin=beside(404)), None),
    (answer(sibling=beside(), cousin=beside()), Reason.SAME_FOR_ALL),
    (answer(sibling=beside(), signs=frozenset({Sign.SCRIPT_BUILT})), None),
    (landed(), None),
    (landed(sibling=beside(404)), None),
    (landed(sibling=beside(final_url=ROOT)), Reason.LANDS_ELSEWHERE),
    (landed(sibling=beside(final_url=ROOT, fingerprint=OTHER)), Reason.LANDS_ELSEWHERE),
    (
        landed(
            "https://example.com/lost/x", sibling=beside(final_url="https://example.com/lost/x")
        ),
        Reason.SAME_FOR_ALL,
    ),
    (landed(sibling=beside(404), neighbours=Neighbours(9, 0, 1)), None),
    (landed(sibling=beside(404), neighbours=Neighbours(9, 0, 2)), Reason.LANDS_WITH_OTHERS),
    (answer(neighbours=Neighbours(9, 0, 5)), None),
    (answer(parking="sedo"), Reason.PARKED),
    (answer(url=ROOT, parking="sedo"), Reason.PARKED),
    (answer(likeness=0.1, sibling=beside(), namesake=beside()), Reason.PARKED),
    (answer(likeness=0.9, sibling=beside(), namesake=beside()), Reason.SAME_FOR_ALL),
    (answer(url=ROOT, likeness=0.1, sibling=beside(), namesake=beside()), Reason.PARKED),
    (answer(url=ROOT, likeness=0.1, sibling=beside(), namesake=beside(None)), None),
    (answer(url=ROOT, likeness=0.1, sibling=beside(404), namesake=beside()), None),
    (answer(likeness=0.1, sibling=beside(), neighbours=Neighbours(5, 5, 0)), Reason.PARKED),
    (answer(likeness=0.1, sibling=beside(), neighbours=Neighbours(5, 2, 0)), Reason.SAME_FOR_ALL),
    (answer(likeness=0.1, neighbours=Neighbours(5, 5, 0)), None),  # a site that was made anew
]


@pytest.mark.parametrize(("seen", "reason"), CASES)
def test_an_answer_means_that_the_page_is_there_or_not(seen, reason):
    outcome, found = classify(seen)
    if reason is None:
        assert outcome is Outcome.ALIVE
    else:
        assert (outcome, found) == (Outcome.ABSENT, reason)


@pytest.mark.parametrize("sign", [Sign.GATE, Sign.CONSENT])
def test_a_gate_that_everybody_is_sent_to_says_nothing(sign):
    seen = landed(sibling=beside(final_url=ROOT), signs=frozenset({sign}))
    assert classify(seen)[0] in (Outcome.RESTRICTED, Outcome.BLOCKED)


ABSENT = answer(sibling=beside())


def at(day: float, seen: Observation = ABSENT) -> Observation:
    return replace(seen, at=see("200", day=day).at)


def test_one_look_is_no_verdict_and_two_a_day_apart_are():
    first = advance(LinkState(), at(0))
    assert (first.verdict, first.absences) == (Verdict.SUSPECT, 1)
    soon = advance(first, at(0.5))
    assert (soon.verdict, soon.absences) == (Verdict.SUSPECT, 1)
    later = advance(soon, at(1))
    assert (later.verdict, later.reason) == (Verdict.SOFT_404, Reason.SAME_FOR_ALL)
    assert first.next_check_at >= at(1).at


def test_parked_is_told_as_parked():
    parked = answer(url=ROOT, parking="sedo")
    assert judge([at(0, parked), at(2, parked)]).verdict is Verdict.PARKED


def test_any_good_answer_forgets_it():
    state = judge([at(0), at(2), at(4, answer(sibling=beside(404)))])
    assert (state.verdict, state.absences, state.absent_fingerprint) == (Verdict.OK, 0, "")


@pytest.mark.parametrize("what", ["timeout", "500", "429", "not-asked", "servfail"])
def test_what_says_nothing_about_the_page_leaves_the_verdict(what):
    state = judge([at(0), at(2), see(what, day=3, url=DEEP)])
    assert state.verdict is Verdict.SOFT_404


def test_a_look_that_could_not_compare_leaves_the_verdict_where_the_text_is_the_same():
    unanswered = answer(sibling=beside(None))
    assert judge([at(0), at(2), at(9, unanswered)]).verdict is Verdict.SOFT_404
    assert (
        judge([at(0), at(2), at(9, replace(unanswered, fingerprint=OTHER))]).verdict is Verdict.OK
    )


def test_what_died_before_stays_dead_behind_a_soft_404():
    history = [see("404", day=day, url=DEEP) for day in (0, 4, 8)]
    assert judge([*history, at(30)]).verdict is Verdict.DEAD


def test_three_strikes_kill_what_was_a_soft_404():
    history = [at(0), at(2), *(see("404", day=day, url=DEEP) for day in (10, 14, 18))]
    assert judge(history).verdict is Verdict.DEAD


def test_a_new_link_is_doubted_and_one_that_was_compared_is_not_for_a_while():
    assert is_doubted(LinkState(), START)
    state = judge([at(0, answer(sibling=beside(404)))])
    assert not is_doubted(state, at(30).at)
    assert is_doubted(state, at(91).at)
    assert is_doubted(judge([at(0)]), at(1).at)


def test_the_text_of_a_page_that_may_be_parked_is_not_what_it_is_compared_with():
    good = judge([at(0, answer(url=ROOT, fingerprint=OTHER))])
    assert good.fingerprint == OTHER
    dubious = answer(url=ROOT, likeness=0.0, sibling=beside())
    after = advance(good, at(8, dubious))
    assert (after.verdict, after.fingerprint) == (Verdict.OK, OTHER)
    assert after.text_changed_at == at(8).at


@pytest.mark.parametrize(
    ("url", "target", "lands"),
    [
        (DEEP, ROOT, True),
        (DEEP, "https://elsewhere.example/", True),
        (DEEP, "https://example.com/a/", True),
        (DEEP, "https://example.com/a/c", False),
        (DEEP, "https://example.com/a/b/", False),
        (ROOT, "https://example.com/en", False),
        ("https://example.com/?p=1", ROOT, False),
        ("no address", ROOT, False),
    ],
)
def test_what_lands_at_a_shallower_page(url, target, lands):
    assert lands_shallower(url, target) is lands


def test_a_front_page_has_neither_path_nor_query():
    assert is_root(ROOT)
    assert is_root("https://example.com/#part")
    assert not is_root("https://example.com/?p=1")


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("404 Not Found", True),
        ("Error 404", True),
        ("Seite nicht gefunden – Firma", True),
        ("Page introuvable", True),
        ("Página no encontrada", True),
        ("お探しのページは見つかりません", True),
        ("页面不存在", True),
        ("Страница не найдена", True),
        ("A page", False),
        ("Peugeot 4041", False),
        ("", False),
    ],
)
def test_titles_that_sound_as_if_there_were_no_page(title, says):
    assert says_not_found(title) is says


@pytest.mark.parametrize(("mark", "name"), _BODY_MARKS)
def test_every_mark_of_parking_is_found(mark, name):
    assert find_parking(DEEP, DEEP, b"<html>" + mark) != ""
    assert find_parking(DEEP, DEEP, b"<p>words about domains and parking</p>") == ""


@pytest.mark.parametrize(
    ("url", "target", "name"),
    [
        (DEEP, "https://www.hugedomains.com/profile.cfm?d=x", "hugedomains.com"),
        ("https://www.hugedomains.com/", "https://www.hugedomains.com/en", ""),
        (DEEP, "https://elsewhere.example/", ""),
    ],
)
def test_only_another_domain_is_parked_at_a_company(url, target, name):
    assert find_parking(url, target, b"") == name


def test_a_look_that_could_not_compare_does_not_count():
    unanswered = answer(sibling=beside(None))
    state = judge([at(0), at(2, unanswered), at(4, unanswered)])
    assert (state.verdict, state.absences) == (Verdict.SUSPECT, 1)
    assert judge([at(0), at(2, unanswered), at(4)]).verdict is Verdict.SOFT_404
