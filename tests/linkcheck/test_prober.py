"""The prober against a real server: answers, redirects, retries, walls, conditions, headers."""

import asyncio
import gzip
import random
import zlib
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from linkcheck.guard import GuardPolicy
from linkcheck.observations import ErrorKind, Hop, Observation
from linkcheck.probing import Prober, ProbeSettings
from tests.linkcheck.playground import PAGE, Answer, Playground, redirect

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def web():
    with Playground(hosts=2) as playground:
        yield playground


def settings_for(web: Playground, **changes) -> ProbeSettings:
    guard = GuardPolicy((ip_network("127.0.0.0/8"),), frozenset({web.port}))
    values = {"retry_delays_s": (), "sibling_delay_s": 0, "contact_url": "https://wiki.example/"}
    return ProbeSettings(guard=guard, **values | changes)


def probe(web: Playground, path: str, *, etag="", last_modified="", **changes) -> Observation:
    async def run():
        settings = settings_for(web, **changes)
        async with Prober(settings, clock=lambda: NOON, rng=random.Random(1)) as prober:
            return await prober.probe(web.url(path), etag=etag, last_modified=last_modified)

    return asyncio.run(run())


def test_a_page_is_seen_with_its_evidence(web):
    web.answers["/page"] = Answer(headers={"Server": "Apache", "ETag": '"1"', "X-Odd": "y"})
    seen = probe(web, "/page#part")
    assert (seen.method, seen.status, seen.error) == ("GET", 200, ErrorKind.NONE)
    assert seen.url == web.url("/page#part")
    assert seen.at == NOON
    assert seen.title == "A page"
    assert seen.fingerprint
    assert seen.headers["server"] == "Apache"
    assert seen.headers["etag"] == '"1"'
    assert "x-odd" not in seen.headers
    assert seen.hops == (Hop(web.url("/page#part"), 200),)
    assert web.requests[0].target == "/page"  # no fragment on the wire


def test_an_observation_survives_json(web):
    web.answers["/here"] = redirect("/403")
    seen = probe(web, "/here")
    assert seen.sibling is not None
    assert Observation.from_dict(seen.as_dict()) == seen


def test_who_asks_is_said_honestly_and_without_the_word_link(web):
    probe(web, "/ok")
    headers = web.requests[0].headers
    assert "https://wiki.example/" in headers["user-agent"]
    assert "link" not in headers["user-agent"].lower()
    assert "mozilla" not in headers["user-agent"].lower()
    assert headers["accept-encoding"] == "gzip, deflate"
    assert "cookie" not in headers
    assert "authorization" not in headers


def test_redirects_are_followed_and_all_codes_kept(web):
    web.answers["/a"] = redirect("/b", 301)
    web.answers["/b"] = redirect(web.url("/ok", host=1), 308)
    seen = probe(web, "/a#intro")
    assert [hop.status for hop in seen.hops] == [301, 308, 200]
    assert seen.final_url == web.url("/ok", host=1) + "#intro"  # as a browser keeps it
    assert seen.is_permanent


@pytest.mark.parametrize("status", [302, 303, 307])
def test_one_temporary_hop_makes_a_chain_temporary(web, status):
    web.answers["/a"] = redirect("/b", 301)
    web.answers["/b"] = redirect("/ok", status)
    assert not probe(web, "/a").is_permanent


def test_ten_redirects_are_followed_and_not_eleven(web):
    assert probe(web, "/chain/10").status == 200
    seen = probe(web, "/chain/11")
    assert seen.error is ErrorKind.TOO_MANY_REDIRECTS
    assert len(seen.hops) == 11


def test_a_chain_of_a_thousand_costs_eleven_requests(web):
    probe(web, "/chain/1000")
    assert len(web.requests) == 11


def test_a_loop_is_found_at_the_second_time_round(web):
    web.answers["/one"] = redirect("/two", 302)
    web.answers["/two"] = redirect("/one", 302)
    assert probe(web, "/one").error is ErrorKind.REDIRECT_LOOP
    assert len(web.requests) <= 4


def test_a_loop_that_only_wants_its_cookie_is_a_page(web):
    seen = probe(web, "/cookie-loop")
    assert (seen.status, seen.error) == (200, ErrorKind.NONE)


def test_cookies_go_to_no_other_host_and_into_no_other_check(web):
    cookies = {"Set-Cookie": "token=1"}
    web.answers["/set"] = Answer(302, b"", {"Location": web.url("/ok", host=1)} | cookies)
    web.answers["/again"] = Answer(302, b"", {"Location": "/ok"} | cookies)

    async def run():
        async with Prober(settings_for(web)) as prober:
            for path in ("/set", "/again", "/ok"):
                await prober.probe(web.url(path))

    asyncio.run(run())
    seen = [(r.target, r.host, r.headers.get("cookie")) for r in web.requests]
    assert seen == [
        ("/set", "127.0.0.1", None),
        ("/ok", "127.0.0.2", None),
        ("/again", "127.0.0.1", None),
        ("/ok", "127.0.0.1", "token=1"),
        ("/ok", "127.0.0.1", None),
    ]


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("ftp://example.com/file", ErrorKind.UNSUPPORTED_SCHEME),
        ("mailto:someone@example.com", ErrorKind.UNSUPPORTED_SCHEME),
        ("http://10.0.0.1/", ErrorKind.REFUSED_TARGET),
        ("http://[broken/", ErrorKind.PROTOCOL),
    ],
)
def test_redirects_that_lead_nowhere(web, location, error):
    web.answers["/out"] = redirect(location, 302)
    assert probe(web, "/out").error is error


def test_a_redirect_without_location_is_a_bad_answer(web):
    web.answers["/out"] = Answer(301, b"")
    assert probe(web, "/out").error is ErrorKind.PROTOCOL


def test_a_location_in_raw_bytes_is_read_as_browsers_read_it(web):
    web.answers["/out"] = redirect("/caf\xe9 bar", 302)  # Latin-1 on the wire
    probe(web, "/out")
    assert web.requests[1].target == "/caf%E9%20bar"


def test_meta_refresh_is_not_followed(web):
    body = b'<meta http-equiv="refresh" content="0;url=http://127.0.0.2/">'
    web.answers["/page"] = Answer(body=body)
    assert len(probe(web, "/page").hops) == 1
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (str(10**30), 7 * 86400),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2020 12:01:00 GMT", 0),
        ("Sun, 01 Mar 2099 12:01:00 GMT", 7 * 86400),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_and_as_a_date(web, status, value, seconds):
    web.answers["/busy"] = Answer(status, b"", {"Retry-After": value.encode().decode("latin-1")})
    assert probe(web, "/busy").retry_after == seconds


def test_retry_after_says_nothing_on_other_answers(web):
    web.answers["/page"] = Answer(200, PAGE, {"Retry-After": "5"})
    assert probe(web, "/page").retry_after is None


def test_soft_failures_are_retried_within_the_run(web):
    seen = probe(web, "/500", retry_delays_s=(0.0, 0.0))
    assert (web.count("/500"), seen.attempts, seen.status) == (3, 3, 500)


def test_a_failure_that_passes_is_a_good_answer(web):
    async def recover(reader, writer, request):
        if web.count("/flaky") == 1:
            writer.transport.abort()
            return
        writer.write(Answer().encode(request))
        await writer.drain()

    web.answers["/flaky"] = recover
    seen = probe(web, "/flaky", retry_delays_s=(0.0, 0.0))
    assert (seen.status, seen.attempts) == (200, 2)


def test_an_idle_connection_that_the_server_closed_is_no_failure(web):
    async def close_after(reader, writer, request):
        writer.write(Answer().encode(request))  # and then closes without a word

    web.answers["/short"] = close_after

    async def run():
        async with Prober(settings_for(web)) as prober:
            first = await prober.probe(web.url("/short"))
            second = await prober.probe(web.url("/short"))
            return first, second

    for seen in asyncio.run(run()):
        assert (seen.status, seen.attempts) == (200, 1)


@pytest.mark.parametrize("path", ["/404", "/410", "/429", "/401", "/ok", "/503?after=5"])
def test_a_clear_answer_is_not_asked_for_twice(web, path):
    assert probe(web, path, retry_delays_s=(0.0, 0.0)).attempts == 1
    assert len(web.requests) == 1


def test_conditions_are_sent_and_304_is_taken(web):
    web.answers["/page"] = Answer(304, b"")
    seen = probe(web, "/page", etag='"abc"', last_modified="Sun, 01 Mar 2026 12:00:00 GMT")
    assert seen.status == 304
    headers = web.requests[0].headers
    assert headers["if-none-match"] == '"abc"'
    assert headers["if-modified-since"] == "Sun, 01 Mar 2026 12:00:00 GMT"


def test_a_stored_header_cannot_smuggle_another_one_in(web):
    probe(web, "/ok", etag='"a"\r\nX-Evil: 1', last_modified="yesterday")
    headers = web.requests[0].headers
    assert "x-evil" not in headers
    assert "if-none-match" not in headers
    assert headers["if-modified-since"] == "yesterday"


@pytest.mark.parametrize("status", [405, 501, 403, 404, 500])
def test_any_answer_but_success_to_head_is_followed_by_get(web, status):
    async def only_get(reader, writer, request):
        answer = Answer(status, b"") if request.method == "HEAD" else Answer()
        writer.write(answer.encode(request))
        await writer.drain()

    web.answers["/big.iso"] = only_get
    seen = probe(web, "/big.iso")
    assert (seen.method, seen.status) == ("GET", 200)
    assert [request.method for request in web.requests] == ["HEAD", "GET"]


def test_head_is_enough_for_a_large_binary_and_only_for_that(web):
    web.answers["/big.iso"] = Answer(200, b"x" * 1000, {"Content-Type": "application/x-iso9660"})
    assert probe(web, "/big.iso?mirror=2").method == "HEAD"
    assert probe(web, "/page?file=big.iso").method == "GET"


def test_a_plain_403_is_compared_with_a_sibling_that_cannot_exist(web):
    web.answers["/dir/secret"] = Answer(403, b"no")
    seen = probe(web, "/dir/secret?x=1")
    assert seen.sibling is not None
    assert seen.sibling.status == 404
    name = seen.sibling.url.removeprefix(web.url("/dir/"))
    assert len(name) == 25
    assert name.isalpha()


def test_a_wall_of_403_needs_no_sibling(web):
    web.answers["/page"] = Answer(403, b"", {"cf-mitigated": "challenge"})
    seen = probe(web, "/page")
    assert (seen.wall, seen.sibling) == ("cloudflare", None)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),  # raw, as half of the servers send it
        ("GZIP", gzip.compress(PAGE)),
        ("identity", PAGE),
    ],
)
def test_encoded_bodies_are_read(web, encoding, body):
    web.answers["/page"] = Answer(body=body, headers={"Content-Encoding": encoding})
    assert probe(web, "/page").title == "A page"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_body_that_cannot_be_decoded_does_not_undo_the_answer(web, encoding):
    web.answers["/page"] = Answer(body=b"not so", headers={"Content-Encoding": encoding})
    seen = probe(web, "/page")
    assert (seen.status, seen.error) == (200, ErrorKind.NONE)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nonsense", ErrorKind.INVALID_URL),
        ("", ErrorKind.INVALID_URL),
        ("gopher://example.com/", ErrorKind.UNSUPPORTED_SCHEME),
        ("http://192.168.0.1/", ErrorKind.REFUSED_TARGET),
        ("http://\ud800\0/", ErrorKind.REFUSED_TARGET),
    ],
)
def test_what_is_no_target_is_an_observation_and_nothing_is_sent(web, url, error):
    async def run():
        async with Prober(settings_for(web)) as prober:
            return await prober.probe(url)

    seen = asyncio.run(run())
    assert (seen.error, seen.method, seen.status) == (error, "", None)
    assert seen.error_detail == "target not allowed"
    seen.url.encode()  # fit for a database


def test_a_closed_port_is_refused():
    with Playground() as web:
        port = web.port
    seen = probe(web, "/ok")
    assert seen.error is ErrorKind.REFUSED
    assert seen.failed_to_connect
    assert str(port) not in seen.error_detail  # nothing that helps to map a network
