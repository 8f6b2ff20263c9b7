import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.diffing import DiffRow, Span, diff_texts, summarise_size
from markup.matching import find_changes, find_matches
from markup.words import join_lines, split_lines, split_words, unify_line_ends
from tests.markup.vectors import load_json, needs_vectors

LINES = st.lists(
    st.sampled_from(["a", "b", "c d e", "c x e", "", "a longer line of words"]), max_size=15
)


def kinds(old: str, new: str, **options) -> list[str]:
    return [row.kind for row in diff_texts(old, new, **options).rows]


def test_a_changed_word_is_marked_within_its_line():
    diff = diff_texts("one\nRay is a good tool\n", "one\nRay is a great tool\n")
    assert diff.rows[1] == DiffRow(
        "changed",
        2,
        2,
        [Span("same", "Ray is a "), Span("del", "good"), Span("same", " tool")],
        [Span("same", "Ray is a "), Span("ins", "great"), Span("same", " tool")],
    )
    assert (diff.added, diff.removed, diff.is_empty) == (1, 1, False)


def test_added_and_removed_lines_have_a_number_on_their_side_only():
    diff = diff_texts("a\nb\nc\n", "a\nc\nd\n")
    assert [(row.kind, row.old_number, row.new_number) for row in diff.rows] == [
        ("same", 1, 1),
        ("removed", 2, None),
        ("same", 3, 2),
        ("added", None, 3),
    ]
    assert (diff.added, diff.removed) == (1, 1)


def test_chinese_is_compared_by_character():
    row = diff_texts("机器学习很有趣", "机器学习不有趣").rows[0]
    assert row.old == [Span("same", "机器学习"), Span("del", "很"), Span("same", "有趣")]
    assert row.new == [Span("same", "机器学习"), Span("ins", "不"), Span("same", "有趣")]


def test_words_with_accents_stay_whole():
    assert split_words("añadió cafe\u0301, हिन्दी") == [
        "añadió",
        " ",
        "cafe\u0301",
        ",",
        " ",
        "हिन्दी",
    ]


def test_a_moved_paragraph_is_a_move_and_no_loss():
    moved = "This paragraph goes somewhere else."
    diff = diff_texts(f"{moved}\n\nA\n\nB\n\nC\n", f"A\n\nB\n\nC\n\n{moved}\n")
    assert [row.kind for row in diff.rows if row.kind.startswith("moved")] == [
        "moved_from",
        "moved_to",
    ]


def test_a_short_line_that_occurs_elsewhere_is_no_move():
    assert "moved_from" not in kinds("x\nA\nB\nC\n", "A\nB\nC\nx\n")


def test_unchanged_lines_far_from_changes_become_gaps():
    old = "".join(f"line {number}\n" for number in range(1, 21))
    diff = diff_texts(old, old.replace("line 10\n", "line ten\n"), context=2)
    assert [(row.kind, row.old_number, row.hidden) for row in diff.rows] == [
        ("gap", 1, 7),
        ("same", 8, 0),
        ("same", 9, 0),
        ("changed", 10, 0),
        ("same", 11, 0),
        ("same", 12, 0),
        ("gap", 13, 8),
    ]
    assert len(diff_texts(old, old, context=None).rows) == 20


@pytest.mark.parametrize(("old", "new"), [("", ""), ("a\nb", "a\nb\n"), ("a\r\nb\r\n", "a\nb\n")])
def test_equal_texts_have_an_empty_diff(old, new):
    diff = diff_texts(old, new)
    assert diff.is_empty
    assert (diff.added, diff.removed) == (0, 0)


def test_a_new_text_is_all_added():
    assert kinds("", "a\nb\n") == ["added", "added"]
    assert kinds("a\nb\n", "") == ["removed", "removed"]


def test_alike_lines_of_a_block_are_paired_and_others_are_not():
    old = "- [Ray](https://ray.io) - good\n- [Dask](https://dask.org) - also good\n"
    new = "# Heading\n- [Ray](https://ray.io) - very good\n- something entirely different, new\n"
    assert kinds(old, new) == ["added", "changed", "removed", "added"]


@given(LINES, LINES)
def test_the_rows_give_both_texts_again(old, new):
    diff = diff_texts("\n".join(old), "\n".join(new), context=None)
    old_side = [row for row in diff.rows if row.old_number is not None]
    new_side = [row for row in diff.rows if row.new_number is not None]
    assert ["".join(span.text for span in row.old) for row in old_side] == split_lines(
        "\n".join(old)
    )[0]
    assert ["".join(span.text for span in row.new) for row in new_side] == split_lines(
        "\n".join(new)
    )[0]
    assert [row.old_number for row in old_side] == list(range(1, len(old_side) + 1))
    assert [row.new_number for row in new_side] == list(range(1, len(new_side) + 1))
    assert diff.is_empty == (split_lines("\n".join(old))[0] == split_lines("\n".join(new))[0])


@given(LINES, LINES, st.integers(0, 3))
def test_gaps_hide_unchanged_lines_only(old, new, context):
    whole = diff_texts("\n".join(old), "\n".join(new), context=None)
    folded = diff_texts("\n".join(old), "\n".join(new), context=context)
    shown = [row for row in folded.rows if row.kind != "gap"]
    assert [row for row in shown if row.kind != "same"] == [
        row for row in whole.rows if row.kind != "same"
    ]
    assert len(shown) + sum(row.hidden for row in folded.rows) == len(whole.rows)


@given(st.text(max_size=100))
def test_words_and_lines_join_to_the_text_again(text):
    assert "".join(split_words(text)) == text
    unified = unify_line_ends(text)
    lines, is_ended = split_lines(unified)
    assert join_lines(lines, is_ended=is_ended) == unified


@given(st.lists(st.integers(0, 4).map(str)), st.lists(st.integers(0, 4).map(str)))
def test_matches_are_equal_and_rise(old, new):
    at = (0, 0)
    for old_start, new_start, length in find_matches(old, new):
        assert length > 0
        assert old_start >= at[0] and new_start >= at[1]
        assert old[old_start : old_start + length] == new[new_start : new_start + length]
        at = (old_start + length, new_start + length)
    rebuilt: list[str] = []
    done = 0
    for change in find_changes(old, new):
        rebuilt += old[done : change.old_start] + new[change.new_start : change.new_end]
        done = change.old_end
    assert rebuilt + old[done:] == new


def test_long_sequences_are_divided_where_items_are_unique():
    generator = random.Random(3)
    old = [str(generator.random()) for _number in range(20_000)]
    new = [item for number, item in enumerate(old) if number % 50]
    assert sum(length for _old, _new, length in find_matches(old, new)) == len(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n" * 60_000, "a\n" * 60_000),
        ("word " * 100_000, "words " * 80_000),
        ("".join(f"{n}\n" for n in range(10_000)), "".join(f"{n}\n" for n in range(10_000, 0, -1))),
        ("".join(f"{n}\n" for n in range(10_000)), "".join(f"{n}\nx\n" for n in range(10_000))),
        ("光" * 170_000, "学" * 170_000),
        ("a b " * 120_000, "b a c " * 80_000),
    ],
    ids=["blank lines", "one line", "reversed", "alternating", "chinese", "repetition"],
)
def test_long_and_repetitive_texts_are_compared(old, new):
    diff = diff_texts(old, new)
    assert not diff.is_empty


@needs_vectors
def test_naughty_strings_come_back_unchanged():
    for text in load_json("blns.json"):
        rows = diff_texts("", text, context=None).rows
        shown = "\n".join("".join(span.text for span in row.new) for row in rows)
        assert shown == unify_line_ends(text).removesuffix("\n")


def test_the_size_of_a_change_is_counted_in_bytes():
    assert summarise_size("a", "aé") == 2
    assert summarise_size("光光", "a") == -5
    assert summarise_size("\ud800", "") == -3
