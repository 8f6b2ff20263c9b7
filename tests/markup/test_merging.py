"""Three-way merge: nothing that somebody wrote is lost, and git agrees."""

import random
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.merging import Conflict, FieldMerge, merge_fields, merge_texts, merge_values

LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "", "long line of words"]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))
WORDS = ["The", "quick", "brown", "fox", ".", "It", "jumps", "over", "懒", "狗"]
PARAGRAPHS = st.lists(st.sampled_from(WORDS), max_size=30)


def test_changes_of_different_lines_are_joined():
    merge = merge_texts("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\ne\n")
    assert merge.is_clean
    assert merge.text == "A\nb\nc\nD\ne\n"
    assert [chunk.kind for chunk in merge.chunks] == ["ours", "same", "theirs"]


def test_two_sentences_of_one_paragraph_are_joined():
    base = "Ray is a framework. It runs Python. It scales well."
    ours = "Ray is a distributed framework. It runs Python. It scales well."
    theirs = "Ray is a framework. It runs Python. It scales to thousands of nodes."
    assert merge_texts(base, ours, theirs).text == (
        "Ray is a distributed framework. It runs Python. It scales to thousands of nodes."
    )


def test_chinese_paragraphs_are_joined_by_character():
    base = "光线是一个分布式框架。它运行代码。"
    assert merge_texts(
        base, "光线是一个很好的分布式框架。它运行代码。", base[:-1] + "和任务。"
    ).text == ("光线是一个很好的分布式框架。它运行代码和任务。")


def test_two_changes_of_one_word_conflict_and_keep_all_three_texts():
    merge = merge_texts("x\nRay is good\ny\n", "x\nRay is great\ny\n", "x\nRay is bad\ny\n")
    assert merge.text is None
    assert merge.conflicts == [
        Conflict(base="Ray is good", ours="Ray is great", theirs="Ray is bad", start=2)
    ]
    assert [chunk.kind for chunk in merge.chunks] == ["same", "conflict", "same"]


def test_neighbouring_words_conflict():
    assert not merge_texts("the quick fox ran", "the slow fox ran", "the quick dog ran").is_clean


def test_a_deleted_paragraph_that_the_other_side_edits_is_a_conflict():
    merge = merge_texts(
        "a\n\nsome old text here\n\nb\n", "a\n\nb\n", "a\n\nsome new text here\n\nb\n"
    )
    assert not merge.is_clean


def test_neighbouring_list_entries_are_joined():
    base = "- [A](https://a.example) - one\n- [B](https://b.example) - two\n"
    ours = base.replace("one", "first")
    theirs = base.replace("two", "second")
    assert merge_texts(base, ours, theirs).text == ours.replace("two", "second")


def test_two_insertions_at_the_same_place_conflict_unless_both_are_wanted():
    base, ours, theirs = "a\nz\n", "a\nours\nz\n", "a\ntheirs\nz\n"
    assert merge_texts(base, ours, theirs).conflicts == [Conflict("", "ours", "theirs", 2)]
    assert merge_texts(base, ours, theirs, both_insertions=True).text == "a\ntheirs\nours\nz\n"


def test_both_append_to_a_text():
    assert not merge_texts("a\n", "a\nb\n", "a\nc\n").is_clean
    assert merge_texts("a\n", "a\nb\n", "a\nc\n", both_insertions=True).text == "a\nc\nb\n"
    assert merge_texts("a", "a\nb", "a\nc", both_insertions=True).text == "a\nc\nb"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "text"),
    [
        ("a\nb\nc", "a\nb\nc\n", "A\nb\nc", "A\nb\nc\n"),
        ("a\nb\nc\n", "a\nb\nc", "A\nb\nc\n", "A\nb\nc"),
        ("a\nb\nc\n", "a\r\nb\r\nc\r\n", "A\nb\nc\n", "A\nb\nc\n"),
        ("a\nb\nc\n", "a\r\nb\r\nC\r\n", "A\nb\nc\n", "A\nb\nC\n"),
        ("a\n\nb\n", "\nb\n", "a\n\n", "\n"),
        ("a\n", "", "a\n", ""),
        ("", "a", "", "a"),
        (
            "a\x0bb\u2028c\nd\n",
            "a\x0bb\u2028c\nd\ne\n",
            "x\na\x0bb\u2028c\nd\n",
            "x\na\x0bb\u2028c\nd\ne\n",
        ),
    ],
)
def test_line_ends_and_a_missing_last_one(base, ours, theirs, text):
    assert merge_texts(base, ours, theirs).text == text


@given(TEXTS, TEXTS)
def test_a_side_that_changed_nothing_gives_the_other(base, other):
    assert merge_texts(base, base, other).text == other
    assert merge_texts(base, other, base).text == other


@given(TEXTS, TEXTS)
def test_the_same_change_twice_is_one(base, other):
    assert merge_texts(base, other, other).text == other


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=300)
def test_sides_can_be_exchanged(base, ours, theirs):
    one, other = merge_texts(base, ours, theirs), merge_texts(base, theirs, ours)
    assert one.text == other.text
    assert [(c.base, c.theirs, c.ours, c.start) for c in one.conflicts] == [
        (c.base, c.ours, c.theirs, c.start) for c in other.conflicts
    ]


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=300)
def test_no_line_that_one_side_added_is_lost(base, ours, theirs):
    """Every line of either side is in the result or in a conflict, unless the other removed it."""
    merge = merge_texts(base, ours, theirs, both_insertions=False)
    shown = "\n".join(chunk.text for chunk in merge.chunks)
    shown += "\n" + "\n".join(f"{c.ours}\n{c.theirs}" for c in merge.conflicts)
    for side in (ours, theirs):
        for line in set(side.split("\n")) - set(base.split("\n")):
            if merge.is_clean and any(chunk.kind == "merged" for chunk in merge.chunks):
                continue  # lines were joined word by word
            assert line in shown.split("\n")


@given(PARAGRAPHS, PARAGRAPHS, PARAGRAPHS)
@settings(max_examples=300)
def test_no_word_that_both_kept_is_lost(base, ours, theirs):
    merge = merge_texts(*(" ".join(words) for words in (base, ours, theirs)))
    if merge.text is not None:
        # Of two in base each side may have removed another one: then both are gone, as in git.
        for word in {word for word in set(ours) & set(theirs) if base.count(word) < 2}:
            assert word in merge.text


@given(LINES, LINES, LINES)
@settings(max_examples=300)
def test_no_line_that_both_kept_is_lost(base, ours, theirs):
    merge = merge_texts(*("\n".join(lines) for lines in (base, ours, theirs)))
    if merge.text is not None:
        kept = merge.text.split("\n")
        for line in {line for line in set(ours) & set(theirs) if base.count(line) < 2}:
            assert line in kept


@given(LINES, st.data())
def test_a_unique_token_added_anywhere_by_either_side_is_never_lost(base, data):
    def add(token):
        lines = list(base)
        lines.insert(data.draw(st.integers(0, len(base))), token)
        return "\n".join(lines)

    merge = merge_texts("\n".join(base), add("TOKEN-OURS"), add("TOKEN-THEIRS"))
    if merge.text is None:
        assert any("TOKEN-OURS" in conflict.ours for conflict in merge.conflicts)
        assert any("TOKEN-THEIRS" in conflict.theirs for conflict in merge.conflicts)
    else:
        assert merge.text.count("TOKEN-OURS") == merge.text.count("TOKEN-THEIRS") == 1


def edit(lines: list[str], generator: random.Random) -> list[str]:
    edited = list(lines)
    for _number in range(generator.randint(1, 4)):
        at = generator.randrange(len(edited))
        kind = generator.choice(["replace", "insert", "delete"])
        if kind == "replace":
            edited[at] = f"changed {generator.random()}"
        elif kind == "insert":
            edited.insert(at, f"new {generator.random()}")
        else:
            del edited[at]
    return edited


def merge_with_git(folder, base: str, ours: str, theirs: str) -> str | None:
    paths = []
    for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
        path = folder / name
        path.write_text(text)
        paths.append(str(path))
    result = subprocess.run(
        ["git", "merge-file", "-p", "-q", *paths], capture_output=True, text=True, timeout=20
    )
    return result.stdout if result.returncode == 0 else None


def test_what_git_merges_is_merged_here_to_the_same_text(tmp_path):
    generator = random.Random(20261124)
    agreed = 0
    for _number in range(150):
        # Distinct lines: where lines repeat, two right matchings may give two right merges.
        lines = [f"line {number} says {generator.random()}" for number in range(30)]
        ours, theirs = edit(lines, generator), edit(lines, generator)
        texts = ["\n".join(side) + "\n" for side in (lines, ours, theirs)]
        expected = merge_with_git(tmp_path, *texts)
        if expected is not None:
            assert merge_texts(*texts).text == expected
            agreed += 1
    assert agreed > 50


def test_long_texts_are_merged():
    generator = random.Random(7)
    base = [f"line {number} {generator.random()}" for number in range(2000)]
    ours = [line + " ours" if number % 100 == 0 else line for number, line in enumerate(base)]
    theirs = [line + " theirs" if number % 100 == 50 else line for number, line in enumerate(base)]
    merge = merge_texts("\n".join(base), "\n".join(ours), "\n".join(theirs))
    assert merge.text is not None
    assert merge.text.count(" ours") == merge.text.count(" theirs") == 20
    assert len(merge.text.split("\n")) == 2000


def test_texts_at_the_limit_are_merged_or_conflict():
    for unit in ("\n", "a\n", "word ", "光"):
        base = unit * (400_000 // len(unit))
        merge = merge_texts(base, "x" + base, base + "y")
        assert merge.text == "x" + base + "y" or merge.conflicts


def test_one_value_is_merged_as_a_whole():
    assert merge_values(1, 1, 2) == (2, False)
    assert merge_values(1, 2, 1) == (2, False)
    assert merge_values(1, 2, 2) == (2, False)
    assert merge_values(1, 2, 3) == (2, True)
    assert merge_values(["a"], ["a", "b"], ["a"]) == (["a", "b"], False)


def test_fields_are_merged_one_by_one():
    merge = merge_fields(
        {"title": "T", "url": "u", "tags": ["a"]},
        {"title": "T2", "url": "u", "tags": ["a", "b"]},
        {"title": "T", "url": "v", "tags": ["c"]},
    )
    assert merge == FieldMerge(
        values={"title": "T2", "url": "v", "tags": ["a", "b"]}, conflicts=["tags"]
    )
    assert not merge.is_clean
