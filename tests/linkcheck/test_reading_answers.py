"""Reading what servers send: titles, fingerprints, walls, cookies, Retry-After."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkcheck.fingerprints import compare_fingerprints, make_fingerprint
from linkcheck.probing.bodies import find_title
from linkcheck.probing.cookies import TinyJar
from linkcheck.probing.walls import find_wall

ESSAY = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(400)).encode()


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        (b"<title>Plain</title>", "", "Plain"),
        (b"<TITLE lang=en>\n Two\n  lines </TITLE>", "", "Two lines"),
        (b"<title>Caf\xc3\xa9 &amp; bar</title>", "text/html", "Café & bar"),
        (b"<title>Caf\xe9</title>", "text/html; charset=iso-8859-1", "Café"),
        (b"<meta charset=windows-1251><title>\xcc\xe8\xf0</title>", "", "Мир"),
        (b"<title>no end", "", "no end"),
        (b"<title", "", ""),
        (b"", "", ""),
        (b"<title>" + b"x" * 100_000, "", "x" * 200),
    ],
)
def test_titles(body, content_type, title):
    assert find_title(body, body.lower(), content_type) == title


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_body_breaks_the_title_or_the_fingerprint(body, content_type):
    assert len(find_title(body, body.lower(), content_type)) <= 200
    assert len(make_fingerprint(body.lower())) <= 128


def test_equal_texts_have_equal_fingerprints_whatever_the_markup():
    one = make_fingerprint(b"<p>some words</p><script>var now = 1</script> to read")
    other = make_fingerprint(b"<div class=x>some <b>words</b><style>p{}</style> to read")
    assert one == other


def test_a_changed_clock_keeps_the_fingerprint():
    one = make_fingerprint(ESSAY + b" 12:00:01")
    assert one == make_fingerprint(ESSAY + b" 12:07:55")


def test_fingerprints_are_as_alike_as_the_texts():
    one = make_fingerprint(ESSAY)
    assert compare_fingerprints(one, one) == 1
    assert compare_fingerprints(one, make_fingerprint(ESSAY + b" and little more")) > 0.7
    assert compare_fingerprints(one, make_fingerprint(b"an other text with other terms")) < 0.2
    assert compare_fingerprints("", "") == 0


@pytest.mark.parametrize("markup", [b"<", b"<script", b"<style>", b"<a ", b"</script", b"<title"])
def test_hostile_markup_is_read_in_linear_time(markup):
    body = (markup * 70_000)[: 64 * 1024]
    make_fingerprint(body)  # a quadratic reading would run into the time limit of the tests
    find_title(body, body)


@pytest.mark.parametrize(
    ("status", "headers", "title", "body", "wall"),
    [
        (403, {"cf-mitigated": "challenge"}, "", b"", "cloudflare"),
        (429, {"cf-mitigated": "challenge"}, "", b"", "cloudflare"),
        (503, {"cf-mitigated": "challenge"}, "", b"", "cloudflare"),
        (200, {"cf-mitigated": "challenge"}, "", b"", "cloudflare"),
        (999, {}, "", b"", "status-999"),
        (503, {}, "Just a moment...", b"", "cloudflare"),
        (200, {}, "Making sure you're not a bot!", b"", "anubis"),
        (200, {}, "", b'<script id="anubis_challenge" type="json">', "anubis"),
        (403, {"x-datadome": "protected"}, "", b"", "datadome"),
        (403, {}, "", b"geo.captcha-delivery.com/x", "datadome"),
        (403, {}, "", b"incapsula incident id: 1", "imperva"),
        (403, {"server": "AkamaiGHost"}, "Access Denied", b"", "akamai"),
        (202, {"x-amzn-waf-action": "challenge"}, "", b"", "aws-waf"),
        (405, {"x-amzn-waf-action": "captcha"}, "", b"", "aws-waf"),
        # alive, or dead, and no wall
        (200, {"server": "cloudflare"}, "Welcome", b"", ""),
        (404, {"server": "cloudflare"}, "Not found", b"", ""),
        (200, {"x-datadome": "protected"}, "Welcome", b"", ""),
        (200, {"server": "AkamaiGHost"}, "Welcome", b"", ""),
        (404, {"server": "AkamaiGHost"}, "", b"", ""),
        (200, {}, "Just a moment in time: a film", b"", ""),
        (200, {}, "How Anubis works", b"it sets id=&quot;anubis_challenge&quot;", ""),
        (403, {"server": "nginx"}, "403 Forbidden", b"", ""),
    ],
)
def test_walls_are_told_from_pages(status, headers, title, body, wall):
    assert find_wall(status, headers, title, body) == wall


@pytest.mark.parametrize(
    ("header", "scheme", "host", "sent"),
    [
        ("a=1", "https", "www.example.com", "a=1"),
        ("a=1", "https", "example.com", ""),
        ("a=1", "https", "other.example.com", ""),
        ("a=1; Domain=example.com", "https", "other.example.com", "a=1"),
        ("a=1; Domain=.Example.com; Path=/x", "http", "www.example.com", "a=1"),
        ("a=1; Domain=com", "https", "evil.com", ""),
        ("a=1; Domain=com", "https", "www.example.com", "a=1"),
        ("a=1; Domain=other.example", "https", "other.example", ""),
        ("a=1; Secure", "http", "www.example.com", ""),
        ("a=1; Max-Age=0", "https", "www.example.com", ""),
        ("nonsense", "https", "www.example.com", ""),
        ("=1", "https", "www.example.com", ""),
        ("a=" + "x" * 5000, "https", "www.example.com", ""),
    ],
)
def test_a_cookie_goes_back_where_it_belongs(header, scheme, host, sent):
    jar = TinyJar()
    jar.store(header, "www.example.com")
    assert jar.header_for(scheme, host) == sent


def test_the_jar_is_bounded():
    jar = TinyJar()
    for number in range(1000):
        jar.store(f"c{number}=1", "www.example.com")
    assert len(jar.header_for("https", "www.example.com")) < 400
