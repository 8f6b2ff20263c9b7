"""What the APIs of forges say, in the shapes that they document."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from linkcheck.forges import (
    Absence,
    AccessDeniedError,
    Facts,
    Forge,
    ForgeAccess,
    ForgeClient,
    RateLimitedError,
    _read_github,
    find_repository,
)
from linkcheck.guard import GuardPolicy
from linkcheck.probing import ProbeSettings
from linkcheck.probing.fetching import Fetcher, FetchError
from tests.linkcheck.forge_server import TOKENS, ForgeServer
from tests.linkcheck.playground import BEHAVIOURS, Answer

FORGES = ["github", "gitlab", "codeberg"]


@pytest.fixture
def forges():
    with ForgeServer() as server:
        yield server


def ask(server: ForgeServer, forge: str, path: str = "ray/ray", *, etag: str = "", token=None):
    """What is said of a repository, and until when the forge rests."""
    guard = GuardPolicy(admit_networks=(ip_network("127.0.0.0/8"),), ports=frozenset({server.port}))
    access = ForgeAccess(Forge(forge), server.api_url(forge), token or TOKENS[forge])

    async def run():
        async with Fetcher(ProbeSettings(guard=guard)) as fetcher:
            client = ForgeClient(fetcher, access)
            return await client.ask(path, etag=etag), client.rests_until

    return asyncio.run(run())


@pytest.mark.parametrize("forge", FORGES)
def test_the_facts_are_read_from_each_forge(forges, forge):
    forges.put(forge, "ray/ray", archived=True, license="Apache-2.0", stars=42)
    said, rests_until = ask(forges, forge)
    assert isinstance(said, Facts)
    assert (said.full_name, said.is_archived, said.license, said.stars) == (
        "ray/ray",
        True,
        "Apache-2.0",
        42,
    )
    assert said.pushed_at is not None
    assert said.pushed_at.replace(microsecond=0) == datetime(2026, 1, 10, 9, tzinfo=UTC)
    assert rests_until is None


@pytest.mark.parametrize("forge", FORGES)
def test_what_has_not_changed_is_said_in_short(forges, forge):
    forges.put(forge, "ray/ray")
    said, _ = ask(forges, forge)
    assert ask(forges, forge, etag=said.etag) == (Absence.UNCHANGED, None)
    forges.put(forge, "ray/ray", archived=True)
    assert isinstance(ask(forges, forge, etag=said.etag)[0], Facts)


@pytest.mark.parametrize("forge", FORGES)
def test_a_renamed_repository_is_followed_to_its_name_of_today(forges, forge):
    forges.rename(forge, "ray/ray", "anyscale/ray-core")
    assert ask(forges, forge)[0].full_name == "anyscale/ray-core"


@pytest.mark.parametrize("forge", FORGES)
def test_a_deleted_repository_is_missing(forges, forge):
    assert ask(forges, forge) == (Absence.MISSING, None)


@pytest.mark.parametrize("status", [403, 451])
def test_a_blocked_repository_is_withheld(forges, status):
    body = b'{"message": "Repository access blocked", "block": {"reason": "dmca"}}'
    forges.refused["github", "ray/ray"] = Answer(status, body)
    forges.limits = {"x-ratelimit-remaining": "4000"}
    assert ask(forges, "github") == (Absence.WITHHELD, None)


def test_a_used_up_allowance_says_until_when(forges):
    reset = datetime.now(UTC) + timedelta(minutes=30)
    forges.limits = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(reset.timestamp())),
    }
    forges.refused["github", "ray/ray"] = Answer(403, b'{"message": "API rate limit exceeded"}')
    with pytest.raises(RateLimitedError) as limit:
        ask(forges, "github")
    assert abs(limit.value.until - reset) < timedelta(seconds=5)


@pytest.mark.parametrize(("forge", "status"), [("github", 403), ("gitlab", 429), ("codeberg", 429)])
def test_a_forge_that_asks_us_to_wait_is_heeded(forges, forge, status):
    forges.refused[forge, "ray/ray"] = Answer(status, b"{}", {"Retry-After": "600"})
    with pytest.raises(RateLimitedError) as limit:
        ask(forges, forge)
    wait = limit.value.until - datetime.now(UTC)
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)


def test_no_forge_makes_us_wait_for_ever(forges):
    forges.limits = {"ratelimit-remaining": "0", "ratelimit-reset": "999999999999"}
    forges.refused["gitlab", "ray/ray"] = Answer(429, b"{}")
    with pytest.raises(RateLimitedError) as limit:
        ask(forges, "gitlab")
    assert limit.value.until - datetime.now(UTC) <= timedelta(days=1)


def test_the_last_of_an_allowance_is_left_to_its_owner(forges):
    forges.put("github", "ray/ray")
    reset = datetime.now(UTC) + timedelta(minutes=30)
    forges.limits = {
        "x-ratelimit-remaining": "50",
        "x-ratelimit-reset": str(int(reset.timestamp())),
    }
    said, rests_until = ask(forges, "github")
    assert isinstance(said, Facts)
    assert rests_until is not None and abs(rests_until - reset) < timedelta(seconds=5)


@pytest.mark.parametrize("forge", FORGES)
def test_a_token_that_is_not_accepted_is_said(forges, forge):
    with pytest.raises(AccessDeniedError):
        ask(forges, forge, token="wrong")


BAD = {
    "error": Answer(502, b"bad gateway"),
    "words": Answer(200, b"<html>"),
    "list": Answer(200, b"[]"),
    "nameless": Answer(200, b'{"archived": true}'),
    "elsewhere": Answer(301, b"", {"Location": "https://evil.example/repositories/1"}),
    "nowhere": Answer(301, b""),
    "garbage": BEHAVIOURS["http09"],
    "reset": BEHAVIOURS["rst"],
}


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_is_no_use_is_an_error_and_no_death(forges, caplog, name):
    forges.refused["github", "ray/ray"] = BAD[name]
    with caplog.at_level(logging.DEBUG), pytest.raises(FetchError) as error:
        ask(forges, "github")
    assert TOKENS["github"] not in f"{caplog.text} {error.value!r} {error.value.__context__!r}"


def test_strange_values_are_taken_for_what_they_are_not():

    facts = _read_github(
        {
            "full_name": "a/b",
            "archived": "yes",
            "license": {"spdx_id": "NOASSERTION"},
            "stargazers_count": -5,
            "pushed_at": 7,
        },
        "",
    )
    assert facts == Facts("a/b", False, None, "", 0)


def test_a_token_is_in_no_representation():
    access = ForgeAccess(Forge.GITHUB, "https://api.example", "secret")
    assert "secret" not in repr(access)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/ray-project/ray", (Forge.GITHUB, "ray-project/ray")),
        ("https://github.com/ray-project/ray/", (Forge.GITHUB, "ray-project/ray")),
        ("http://www.github.com/ray-project/ray.git", (Forge.GITHUB, "ray-project/ray")),
        ("https://gitlab.com/a/b/c", (Forge.GITLAB, "a/b/c")),
        ("https://codeberg.org/a/b", (Forge.CODEBERG, "a/b")),
        ("https://github.com/ray-project", None),
        ("https://github.com/ray-project/ray/blob/master/x.md", None),
        ("https://github.com/topics/ray", None),
        ("https://github.com/orgs/ray/people", None),
        ("https://github.com/ray-project/ray?tab=readme", None),
        ("https://gitlab.com/a/b/-/issues", None),
        ("https://github.com/a/..", None),
        ("https://github.com/a/%2e%2e", None),
        ("https://github.com.evil.example/a/b", None),
        ("https://example.com/a/b", None),
        ("", None),
        ("http://[", None),
    ],
)
def test_only_a_repositorys_own_page_is_one(url, found):
    assert find_repository(url) == found
