"""Which links to other sites an edit adds."""

import pytest

from markup.added_links import find_added_urls, find_outside_urls

SITE = "https://wiki.example/"


def added(before: str, after: str) -> list[str]:
    return find_added_urls([before], [after], site_url=SITE)


def outside(text: str) -> list[str]:
    return find_outside_urls([text], site_url=SITE)


@pytest.mark.parametrize(
    "text",
    [
        "See [this](https://spam.example/x).",
        "See <https://spam.example/x>.",
        "See https://spam.example/x.",
        "See [this][1].\n\n[1]: https://spam.example/x",
        "See [this](&#104;ttps://spam.example/x).",
        "See [this](HTTPS://SPAM.example/x).",
        "See [this](//spam.example/x).",
        "| a |\n|---|\n| https://spam.example/x |",
        "> - [this](https://spam.example/x)",
        "Footnote[^1].\n\n[^1]: https://spam.example/x",
    ],
)
def test_a_link_is_found_however_it_is_written(text):
    assert outside(text) == ["https://spam.example/x"]


@pytest.mark.parametrize(
    "text",
    [
        "`https://spam.example/x`",
        "```\nhttps://spam.example/x\n```",
        "[[A page]] and [another](/wiki/other/)",
        "[ours](https://wiki.example/wiki/a/)",
        "Write to <mailto:a@spam.example>.",
        "",
    ],
)
def test_what_is_no_link_to_another_site_is_none(text):
    assert outside(text) == []


def test_an_address_by_itself_counts_as_one():
    assert outside("https://spam.example/x") == ["https://spam.example/x"]


def test_only_what_was_not_there_under_any_spelling_is_added():
    before = "[a](http://www.known.example/) and https://old.example/"
    after = "[b](https://known.example) and https://new.example/ twice: https://new.example"
    assert added(before, after) == ["https://new.example/"]
    assert added(after, after) == []
    assert added("", before) == ["http://www.known.example/", "https://old.example/"]


def test_a_link_that_moves_from_one_text_to_another_is_not_new():
    before = ["https://a.example/", "Words."]
    assert find_added_urls(before, ["See https://a.example/"], site_url=SITE) == []
