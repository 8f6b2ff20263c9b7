import re

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markup.urls import (
    MAX_URL_LENGTH,
    InvalidUrl,
    display_url,
    is_internal,
    is_web_url,
    link_url,
    normalise_url,
    parse_typed_url,
    url_key,
)
from tests.markup.vectors import load_json, needs_vectors

URLISH = st.one_of(
    st.text(max_size=80),
    st.text(
        alphabet=st.sampled_from("htps:/?#[]@.%25aEf41www-_~&=\\ \té中\u00ad\ud800xn"), max_size=80
    ).map(lambda rest: "https://" + rest),
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com/a/./b/../c", "https://example.com/a/c"),
        ("https://example.com/%7euser/%c3%a9", "https://example.com/~user/%C3%A9"),
        ("https://example.com/ñ?q=ñ#ñ", "https://example.com/%C3%B1?q=%C3%B1#%C3%B1"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.com/?b=2&a=1", "https://example.com/?b=2&a=1"),
        ("https://example.com/#", "https://example.com/"),
        ("  https://example.com/ \n", "https://example.com/"),
        ("https://example.com/100%", "https://example.com/100%"),
        ("https://example.com/%%34%31", "https://example.com/%%34%31"),
        ("https://EXAMPLE.com\\a", "https://example.com/a"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
    ],
)
def test_an_address_has_one_spelling(text, url):
    assert normalise_url(text) == url
    assert normalise_url(url) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "enter an address"),
        (" \n", "enter an address"),
        ("example.com", "begin with https"),
        ("//example.com", "begin with https"),
        ("ftp://example.com/", "“ftp:” are not supported"),
        ("javascript:alert(1)", "“javascript:” are not supported"),
        ("mailto:a@example.com", "not supported"),
        ("https://", "names no host"),
        ("https:///", "names no host"),
        ("https://?q", "names no host"),
        ("https://exa mple.com/", "spaces"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/a\nb", "spaces"),
        ("https://user@example.com/", "user name"),
        ("https://u:p@example.com/", "user name"),
        ("https://example.com:99999/", "not a valid address"),
        ("https://[::1/", "not a valid address"),
        ("https://a\ud800.example/", "not a valid address"),
        ("https://example.com/" + "a" * MAX_URL_LENGTH, "too long"),
        ("https://example.com/" + "é" * 600, "too long"),
    ],
)
def test_a_bad_address_is_refused_with_a_reason(text, reason):
    with pytest.raises(InvalidUrl, match=re.escape(reason)):
        normalise_url(text)
    assert not is_web_url(text) or "é" in text


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("example.com/x", "https://example.com/x"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("localhost:8000", "https://localhost:8000/"),
        ("//example.com/x", "https://example.com/x"),
        ("http://example.com", "http://example.com/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
    ],
)
def test_a_typed_address_gets_its_scheme(typed, url):
    assert parse_typed_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    ["hello", "hello world", "javascript:alert(1)", "user@example.com", "", "/path", "ftp://a.b"],
)
def test_what_is_no_address_is_not_made_one(typed):
    with pytest.raises(InvalidUrl):
        parse_typed_url(typed)


def test_spellings_of_one_resource_have_one_key():
    spellings = [
        "https://example.com/guide",
        "http://example.com/guide",
        "https://www.example.com/guide/",
        "https://EXAMPLE.com:443/guide?",
        "https://example.com/guide?utm_source=x&utm%5Fmedium=y&fbclid=1&gclid=2",
        "https://example.com./gu%69de#",
    ]
    assert {url_key(spelling) for spelling in spellings} == {"https://example.com/guide"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a", "https://example.com/b"),
        ("https://example.com/a", "https://example.com/A"),
        ("https://example.com/a", "https://example.com/a/index.html"),
        ("https://example.com/?a=1", "https://example.com/?a=2"),
        ("https://example.com/#a", "https://example.com/#b"),
        ("https://example.com/", "https://docs.example.com/"),
        ("https://www.com/", "https://com/"),
        ("https://example.com/", "https://example.com:8443/"),
    ],
)
def test_different_resources_have_different_keys(one, other):
    assert url_key(one) != url_key(other)


def test_readme_of_a_repository_is_the_repository():
    assert url_key("https://github.com/a/b#readme") == url_key("https://github.com/a/b")


def test_a_link_keeps_what_a_server_may_tell_apart():
    assert link_url("HTTP://www.Example.com/a/?utm_source=x#Sec") == (
        "http://www.example.com/a/?utm_source=x",
        "Sec",
    )
    assert link_url("https://example.com") == ("https://example.com/", "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/", "example.com"),
        ("https://example.com/a?b#c", "example.com/a?b#c"),
        ("https://xn--bcher-kva.example/%C3%A9", "bücher.example/é"),
        ("https://example.com:8443/", "example.com:8443"),
        ("https://example.com/a%20b%2Fc", "example.com/a%20b%2Fc"),
        ("https://example.com/%E2%80%AEgnp", "example.com/%E2%80%AEgnp"),
        ("https://example.com/%FF", "example.com/%FF"),
        ("https://xn--pple-43d.com/", "xn--pple-43d.com"),  # a Cyrillic "а" before "pple"
        ("no address", "no address"),
    ],
)
def test_an_address_as_people_read_it(url, shown):
    assert display_url(url) == shown


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/wiki/x/", True),
        ("#h-x", True),
        ("../x", True),
        ("https://list.example/wiki/", True),
        ("http://LIST.example", True),
        ("//list.example/x", True),
        ("https://other.example/", False),
        ("//other.example/", False),
        ("/\\other.example/", False),
        ("https://list.example.evil.example/", False),
        ("https://list.example:8443/", False),
        ("https://list.example@evil.example/", False),
        ("mailto:a@list.example", False),
        ("https://[", False),
        ("\ud800", False),
    ],
)
def test_what_leads_to_the_site_itself(url, expected):
    assert is_internal(url, "https://list.example") is expected


@given(URLISH)
def test_any_text_gives_an_address_or_a_reason(text):
    for read in (normalise_url, parse_typed_url, url_key, link_url):
        try:
            read(text)
        except InvalidUrl as error:
            assert str(error)
    assert isinstance(display_url(text), str)
    is_internal(text, "https://list.example")


@given(URLISH)
def test_normalising_twice_changes_nothing(text):
    try:
        url = normalise_url(text)
    except InvalidUrl:
        return
    assert normalise_url(url) == url
    assert url_key(url_key(text)) == url_key(text)
    assert url_key(url) == url_key(text)
    assert len(url) <= MAX_URL_LENGTH


@needs_vectors
def test_addresses_are_read_as_browsers_read_them():
    cases = [case for case in load_json("whatwg-urltestdata.json") if isinstance(case, dict)]
    compared = 0
    for case in cases:
        text = case["input"]
        if not re.match(r"(?i)https?:", text) or re.search(r"[\s\x00-\x20]", text.strip()):
            continue
        if case.get("username") or case.get("password"):
            assert not is_web_url(text)
        elif case.get("failure"):
            assert not is_web_url(text), text
        elif is_web_url(text):
            expected, found = ada_url.URL(case["href"]), ada_url.URL(normalise_url(text))
            if case.get("base") and not re.match(r"(?i)https?:[/\\]{2}", text):
                continue  # relative to a base of the same scheme
            assert (found.protocol, found.host) == (expected.protocol, expected.host), text
            assert unescaped(found.pathname) == unescaped(expected.pathname), text
            assert unescaped(found.search) == unescaped(expected.search), text
            compared += 1
    assert compared > 100


def unescaped(part: str) -> str:
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda escape: chr(int(escape[1], 16)), part)
