"""What is learned of a host's addresses: rules that hold, and nothing from coincidences."""

from hypothesis import given, settings
from hypothesis import strategies as st

from linkcheck.learning import Lesson, Move, learn, suggest

HOST = "https://docs.example"


def moves(old: str, new: str, names=("one", "two", "three"), host: str = HOST) -> list[Move]:
    """``old`` and ``new`` are paths with ``*`` for the name of the page."""
    return [Move(host + old.replace("*", n), host + new.replace("*", n)) for n in names]


def suggested(url: str, examples: list[Move]) -> list[str]:
    return [suggestion.url for suggestion in suggest(url, learn(examples))]


def test_a_renamed_directory_is_learned():
    lessons = learn(moves("/chapters/*.html", "/book/*.html"))
    assert (lessons[0].support, lessons[0].rewrite.old_words, lessons[0].rewrite.new_words) == (
        3,
        "/chapters/",
        "/book/",
    )
    assert suggest(f"{HOST}/chapters/four.html", lessons)[0].url == f"{HOST}/book/four.html"
    assert suggested(f"{HOST}/chapters/a/b.html", moves("/chapters/*.html", "/book/*.html")) == [
        f"{HOST}/book/a/b.html"
    ]


def test_a_dropped_ending_is_learned_with_the_directory():
    examples = moves("/en/design/*.html", "/en/architecture/*/")
    assert suggested(f"{HOST}/en/design/four.html", examples) == [f"{HOST}/en/architecture/four/"]


def test_an_ending_that_changed_everywhere_is_learned_for_other_directories():
    examples = moves("/a/*.html", "/a/*") + moves("/b/*.html", "/b/*")
    (best, *_) = learn(examples)
    assert (best.support, best.rewrite.old_words, best.rewrite.new_words) == (6, "….html", "…")
    assert suggested(f"{HOST}/c/four.html", examples) == [f"{HOST}/c/four"]


def test_a_version_is_learned_wherever_it_stands():
    examples = moves("/guide/2.1/*", "/guide/latest/*") + moves("/api/2.1/*", "/api/latest/*")
    assert suggested(f"{HOST}/faq/2.1/four", examples) == [f"{HOST}/faq/latest/four"]


def test_a_renamed_host_is_learned():
    examples = [
        Move(f"http://old.example/{name}", f"https://new.example/{name}") for name in ("a/b", "c")
    ]
    assert suggested("http://old.example/d/e?x=1", examples) == ["https://new.example/d/e?x=1"]
    (best, *_) = learn(examples)
    assert (best.rewrite.old_words, best.rewrite.new_words) == (
        "http://old.example",
        "https://new.example",
    )


def test_one_example_is_a_coincidence():
    assert learn(moves("/chapters/*", "/book/*", names=("one",))) == []
    assert learn(moves("/chapters/*", "/book/*", names=("one", "one"))) == []


def test_pages_that_all_lead_to_the_same_place_teach_nothing():
    assert learn([Move(f"{HOST}/{n}", f"{HOST}/") for n in range(20)]) == []
    assert learn([Move(f"{HOST}/a/{n}.html", f"{HOST}/gone") for n in range(20)]) == []


def test_what_would_lead_too_many_examples_astray_is_no_rule():
    examples = moves("/a/*", "/b/*") + moves("/a/*", "/c/*", names=("four", "five"))
    assert learn(examples) == []
    assert suggested(f"{HOST}/a/six", moves("/a/*", "/b/*") + moves("/x/*", "/c/*")) == [
        f"{HOST}/b/six"
    ]


def test_other_hosts_and_what_is_no_address_are_left_alone():
    lessons = learn([*moves("/a/*", "/b/*"), Move("", ""), Move("no address", HOST)])
    assert suggest("https://other.example/a/x", lessons) == []
    assert suggest("no address", lessons) == []
    assert suggest(f"{HOST}/elsewhere/x", lessons) == []


def test_no_more_suggestions_than_asked_for():
    examples = [m for n in range(9) for m in moves(f"/a/b{n}/*", f"/c{n}/b{n}/*")]
    assert len(suggest(f"{HOST}/a/x", learn(examples), limit=2)) <= 2


SEGMENT = st.text("abcxyz0123456789.-_", min_size=1, max_size=6).filter(
    lambda text: text not in (".", "..")
)
PATH = st.lists(SEGMENT, max_size=3)
ENDING = st.sampled_from(["", "/", ".html", ".php"])


def address(host: str, directory: list[str], name: str, ending: str) -> str:
    return f"https://{host}/{'/'.join([*directory, name])}{ending}"


@given(
    hosts=st.tuples(*[st.sampled_from(["a.example", "b.example"])] * 2),
    directories=st.tuples(PATH, PATH),
    endings=st.tuples(ENDING, ENDING),
    names=st.lists(st.from_regex(r"\A[a-z]{1,8}\Z"), min_size=2, max_size=8, unique=True),
)
def test_what_was_learned_maps_each_example_onto_its_target(hosts, directories, endings, names):
    examples = [
        Move(
            *(address(*parts[:2], name, parts[2]) for parts in _sides(hosts, directories, endings))
        )
        for name in names
    ]
    lessons = learn(examples)
    if examples[0].old == examples[0].new:
        assert lessons == []
        return
    assert lessons and lessons[0].support == len(examples)
    for old, new in examples:
        assert lessons[0].rewrite.apply(old) == new
        assert suggest(old, lessons)[0].url == new


def _sides(hosts, directories, endings):
    return zip(hosts, directories, endings, strict=True)


URL = st.one_of(
    st.text(max_size=30),
    st.builds(address, st.sampled_from(["a.example", "b.example"]), PATH, SEGMENT, ENDING),
)


@given(st.lists(st.builds(Move, URL, URL), max_size=20), st.lists(URL, max_size=5))
@settings(max_examples=200)
def test_nothing_is_ever_suggested_for_itself_and_support_is_counted_truly(examples, urls):
    lessons = learn(examples)
    for url in [*urls, *(move.old for move in examples)]:
        assert all(found.url != url for found in suggest(url, lessons))
    for rewrite, support in lessons:
        right = {move for move in examples if rewrite.apply(move.old) == move.new}
        assert len(right) >= support >= 2


def test_ten_thousand_moves_are_bounded_work(monkeypatch):
    """Counted, not timed: how often an example is looked at."""
    from linkcheck import learning

    looks = 0
    rewrite = learning.Rewrite._rewrite

    def count(self, parsed):
        nonlocal looks
        looks += 1
        return rewrite(self, parsed)

    monkeypatch.setattr(learning.Rewrite, "_rewrite", count)
    examples = [
        Move(f"{HOST}/{n % 97}/a/{n}.html", f"{HOST}/{n % 97}/b/{n}/") for n in range(20_000)
    ]
    lessons: list[Lesson] = learn(examples)
    assert lessons[0].support == learning.MAX_MOVES
    assert looks <= learning.MAX_MOVES * (learning.MAX_REWRITES + 2)
