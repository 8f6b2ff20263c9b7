"""Lines followed through revisions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from markup.blaming import LineOwners, lines_of

HISTORIES = st.lists(
    st.lists(st.sampled_from(["one", "two", "three", "four", ""]), max_size=8),
    min_size=1,
    max_size=6,
)


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


def test_a_line_comes_from_the_revision_that_last_changed_it():
    texts = [lines_of(text) for text in ("a\nb\n", "a\nB\n", "new\na\nB\n", "new\na\nB\nend\n")]
    assert follow(texts).owners == [3, 1, 2, 4]


@settings(max_examples=200)
@given(HISTORIES, st.data())
def test_a_line_stood_in_every_revision_since_its_owner(texts, data):
    known_to = data.draw(st.integers(1, len(texts)))
    owners = follow(texts, known_to=known_to)
    assert len(owners.owners) == len(texts[-1])
    assert owners.is_complete
    for line, owner in zip(texts[-1], owners.owners, strict=True):
        assert all(line in text for text in texts[owner - 1 :])
