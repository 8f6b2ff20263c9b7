"""Parts of a text: read, replaced and merged without touching the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.merging import merge_texts
from markup.parts import find_part, find_parts, merge_parts, read_part, replace_part

TEXT = """Before.

# One

First.

## Inside

More.

> ## Quoted

```
# not a heading
```

# One

Again.


Set
===
End."""
LINES = st.sampled_from(["# A", "## B", "words", "", "- item", "> # C", "A", "===", "```", "  "])
TEXTS = st.lists(LINES, max_size=14).map("\n".join)


def test_parts_are_found_as_the_renderer_names_their_headings():
    parts = [(part.id, part.level, part.start, part.end) for part in find_parts(TEXT)]
    assert parts == [
        ("h-one", 1, 2, 16),
        ("h-inside", 2, 6, 16),
        ("h-one-1", 1, 16, 21),
        ("h-set", 1, 21, 24),
    ]


@given(TEXTS)
def test_a_part_that_is_put_back_as_it_was_read_changes_nothing(text):
    for part in find_parts(text):
        assert replace_part(text, part, read_part(text, part)) == text


def test_replacing_leaves_the_rest_and_its_distance():
    part = find_part(TEXT, "h-one-1")
    assert part is not None
    new = replace_part(TEXT, part, "# Two\r\n\r\nOther.\n\n\n".replace("\r\n", "\n"))
    assert new == TEXT.replace("# One\n\nAgain.", "# Two\n\nOther.")
    assert replace_part(TEXT, part, "\n") == TEXT.replace("# One\n\nAgain.\n\n\n", "")


def test_new_text_never_runs_into_the_next_heading():
    text = "# A\nSet\n===\nend"
    part = find_part(text, "h-a")
    assert part is not None
    assert replace_part(text, part, "# A\nwords") == "# A\nwords\n\nSet\n===\nend"


@pytest.mark.parametrize("title", ["## Two", "## Other two", "Two\n---"])
def test_the_end_of_a_part_and_the_heading_below_it_do_not_conflict(title):
    base = "## One\n\nwords\n\n## Two\n\nmore\n"
    ours = base.replace("words\n", "words\n\nour addition\n")
    theirs = base.replace("## Two", title).replace("more", "other")
    assert merge_parts(base, ours, theirs) == ours.replace("## Two", title).replace("more", "other")
    assert merge_parts(base, theirs, ours) == merge_parts(base, ours, theirs)


def test_the_same_place_in_one_part_conflicts_still():
    base = "## One\n\nwords\n"
    assert merge_parts(base, base.replace("words", "a"), base.replace("words", "b")) is None
    assert merge_parts(base, base + "\n## A\n", base + "\n## B\n") is None
    assert merge_parts(base, "", base.replace("words", "b")) is None


@given(TEXTS, st.data())
def test_two_parts_side_by_side_never_conflict(text, data):
    parts = [part for part in find_parts(text) if part.level == 1]
    tops = [part for part in find_parts(text) if part in parts]
    if len(tops) < 2:
        return
    one, other = tops[0], tops[1]
    if one.end > other.start:
        return
    ours = replace_part(text, one, data.draw(st.sampled_from(["# X\n\nx", "# A\ny\n\nz"])))
    theirs = replace_part(text, other, data.draw(st.sampled_from(["# Y\n\nx", "# A\nq"])))
    merged = merge_texts(text, ours, theirs).text
    assert (merge_parts(text, ours, theirs) if merged is None else merged) is not None
