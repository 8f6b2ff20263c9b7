"""Lines followed through revisions."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup import tracing
from markup.blaming import LineOwners, lines_of
from markup.tracing import MIN_LIKENED, Work, trace_lines
from markup.words import unify_line_ends

LONG = "Tasks are functions that run elsewhere, on any node that has room for them."
WORDS = [
    "actor",
    "task",
    "object",
    "node",
    "queue",
    "retry",
    "worker",
    "driver",
    "memory",
    "cluster",
]
#: Short lines, blank ones, and sentences that are alike or not.
LINES = st.one_of(
    st.sampled_from(["one", "two", "three", "four", "", LONG]),
    st.lists(st.sampled_from(WORDS), min_size=3, max_size=7).map(" ".join),
)
TEXTS = st.lists(LINES, max_size=10)
HISTORIES = st.lists(TEXTS, min_size=1, max_size=6)


@st.composite
def shuffled_histories(draw):
    """Each text is the one before with lines moved, changed a little, added and taken out."""
    texts = [draw(TEXTS)]
    for _revision in range(draw(st.integers(0, 6))):
        lines = list(texts[-1])
        for _edit in range(draw(st.integers(1, 3))):
            way = draw(st.sampled_from(["move", "change", "add", "drop"]))
            at = draw(st.integers(0, max(len(lines) - 1, 0)))
            to = draw(st.integers(0, len(lines)))
            if way == "add" or not lines:
                lines.insert(to, draw(LINES))
                continue
            line = lines.pop(at)
            if way == "change":
                lines.insert(at, f"{line} {draw(st.sampled_from(WORDS))}")
            elif way == "move":
                words = draw(st.sampled_from(["", " and more"]))
                lines.insert(min(to, len(lines)), line + words)
        texts.append(lines)
    return texts


ANY_HISTORY = st.one_of(HISTORIES, shuffled_histories())


def follow(texts, *, known_to=None):
    """Owners of the last text; with ``known_to`` that revision is followed back, then forward."""
    newest = known_to or len(texts)
    owners = LineOwners.unknown(texts[newest - 1], newest)
    for version in range(newest - 1, 0, -1):
        owners.go_back(older=texts[version - 1], newer=texts[version], version=version)
    owners.settle()
    for version in range(newest + 1, len(texts) + 1):
        owners.go_forward(texts[version - 2], texts[version - 1], version)
    return owners


def follow_texts(*texts):
    return follow([lines_of(text) for text in texts])


def test_a_line_comes_from_the_revision_that_last_changed_it():
    found = follow_texts("a\nb\n", "a\nB\n", "new\na\nB\n", "new\na\nB\nend\n")
    assert found.owners == [3, 1, 2, 4]


def test_a_line_that_moved_is_still_that_line():
    found = follow_texts(f"One.\n\n{LONG}\n\nTwo.\n", f"{LONG}\n\nOne.\n\nTwo.\n", "Two.\n\nOne.\n")
    assert found.owners == [1, 1, 1]
    assert follow_texts(f"One.\n{LONG}\n", f"{LONG}\nOne.\n").owners == [1, 1]


def test_a_paragraph_that_moved_and_was_changed_a_little_names_where_it_came():
    other = "Actors keep their state for as long as they live, and answer one call at a time."
    better = LONG.replace("any node", "each node")
    first = f"# Tasks\n\n{LONG}\n\n# Actors\n\n{other}\n"
    found = follow_texts(first, f"# Tasks\n\n# Actors\n\n{other}\n\n{better}\n")
    assert found.owners == [1, 1, 1, 1, 1, 1, 2]
    assert found.origins == [1] * 7
    # So it does where it was changed again and again, here and there.
    again = better.replace("functions", "plain functions")
    found = follow_texts(first, first.replace(LONG, better), f"{again}\n\n# Actors\n")
    assert (found.owners[0], found.origins[0]) == (3, 1)


def test_a_paragraph_of_several_lines_is_known_by_those_that_did_not_change():
    moved = [f"Line {number} says that {word}s matter." for number, word in enumerate(WORDS)]
    rest = [f"Elsewhere {word}s are only named in passing." for word in WORDS]
    changed = [*moved[:4], moved[4].replace("matter", "do matter"), "- a", *moved[5:]]
    found = follow([[*moved, "", *rest], [*rest, "", *changed]])
    assert found.owners == [1] * 11 + [1] * 4 + [2, 2] + [1] * 5
    assert found.origins == [1] * 11 + [1] * 5 + [2] + [1] * 5


def test_what_is_only_a_little_alike_is_new():
    other = "Tasks are not what this sentence is about, whatever it may look like at first."
    assert follow_texts(f"{LONG}\n", f"{other}\n").origins == [2]
    assert follow_texts("- one thing\n", "- one thing!\n").origins == [2]  # too short to tell


def test_of_two_that_are_alike_the_more_alike_one_is_taken():
    first, second = f"{LONG} Always.", f"{LONG} Never, though."
    trace = trace_lines([first, second, "x"], ["x", second + "!", first + "!"], Work())
    assert trace.changed == {1: 1, 2: 0}


def test_each_line_of_the_page_has_an_owner_and_an_origin_that_is_no_later():
    chance = random.Random(5)
    texts = [[" ".join(chance.choices(WORDS, k=9)) for _line in range(40)]]
    for _revision in range(30):
        lines = list(texts[-1])
        line = lines.pop(chance.randrange(40))
        lines.insert(chance.randrange(40), line + chance.choice(["", " again", " and more"]))
        texts.append(lines)
    found = follow(texts)
    assert all(
        1 <= origin <= owner for owner, origin in zip(found.owners, found.origins, strict=False)
    )
    assert set(found.origins) == {1}


@settings(max_examples=300, deadline=None)
@given(ANY_HISTORY, st.data())
def test_a_line_stood_in_every_revision_since_its_owner(texts, data):
    known_to = data.draw(st.integers(1, len(texts)))
    owners = follow(texts, known_to=known_to)
    assert len(owners.owners) == len(owners.origins) == len(texts[-1])
    assert owners.is_complete
    for line, owner in zip(texts[-1], owners.owners, strict=True):
        assert all(line in text for text in texts[owner - 1 :])


@settings(max_examples=300, deadline=None)
@given(ANY_HISTORY)
def test_a_revision_owns_what_came_with_it_and_nothing_that_stood_before(texts):
    found = follow(texts)
    owned: dict[int, Counter[str]] = {}
    for line, owner in zip(texts[-1], found.owners, strict=True):
        owned.setdefault(owner, Counter())[line] += 1
    for owner, lines in owned.items():
        before = Counter(texts[owner - 2]) if owner > 1 else Counter()
        assert lines <= Counter(texts[owner - 1]) - before


@settings(max_examples=300, deadline=None)
@given(ANY_HISTORY)
def test_an_origin_is_a_revision_in_which_something_came(texts):
    found = follow(texts)
    for owner, origin in zip(found.owners, found.origins, strict=True):
        assert 1 <= origin <= owner <= len(texts)
        before = Counter(texts[origin - 2]) if origin > 1 else Counter()
        assert Counter(texts[origin - 1]) - before


@settings(max_examples=300, deadline=None)
@given(ANY_HISTORY, st.data())
def test_who_goes_back_and_who_goes_forward_find_the_same(texts, data):
    known_to = data.draw(st.integers(1, len(texts)))
    there, back = follow(texts, known_to=known_to), follow(texts)
    assert (there.owners, there.origins) == (back.owners, back.origins)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_a_trace_uses_each_line_once_and_misses_none(old, new):
    trace = trace_lines(old, new, Work())
    pairs = [(o + n, k + n) for o, k, length in trace.kept for n in range(length)]
    kept_new = {at for _place, at in pairs}
    assert kept_new | set(trace.fresh) == set(range(len(new)))
    assert all(old[place] == new[at] for place, at in pairs)
    assert all(old[place] == new[at] for at, place in trace.moved.items())
    pairs += [(place, at) for found in (trace.moved, trace.changed) for at, place in found.items()]
    assert len({place for place, _at in pairs}) == len({at for _place, at in pairs}) == len(pairs)
    assert trace.moved.keys() | trace.changed.keys() <= set(trace.fresh)
    same = len(pairs) - len(trace.changed)
    assert same == (Counter(old) & Counter(new)).total()


def test_what_goes_beyond_the_work_of_a_step_or_of_all_is_new(monkeypatch):
    old, new = [f"{LONG} One."], [f"{LONG} Two."]
    cells = len(old[0]) * len(new[0])
    work = Work(cells=2 * cells)
    assert [len(trace_lines(old, new, work).changed) for _turn in range(3)] == [1, 1, 0]
    assert work.cells == 0
    asked = []
    real = tracing.process.extract
    monkeypatch.setattr(
        tracing.process, "extract", lambda *args, **more: asked.append(1) or real(*args, **more)
    )
    many = [f"{number} {LONG}" for number in range(300)]
    others = [f"{number} {LONG}" for number in range(1000, 1300)]
    assert not trace_lines(many, others, Work()).changed
    huge = "x" * 30_000
    assert not trace_lines([huge + "a"], [huge + "b"], Work()).changed
    assert not asked
    assert len(LONG) >= MIN_LIKENED


@pytest.mark.parametrize("count", [2_000, 20_000])
def test_a_text_turned_round_is_followed(count):
    """Every line moved: each is found again, however many there are."""
    lines = [f"{number}: {LONG}" for number in range(count)]
    trace = trace_lines(lines, lines[::-1], Work())
    assert len(trace.fresh) == len(trace.moved)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab \n\r\u2028"), max_size=20))
def test_the_lines_are_the_text(text):
    joined = "\n".join(lines_of(text))
    assert joined.rstrip("\n") == unify_line_ends(text).rstrip("\n")
