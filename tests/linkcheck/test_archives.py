"""Archived copies, against a server that speaks both protocols of archives."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from linkcheck.archives import ArchiveClient, Snapshot, _read_availability
from linkcheck.guard import GuardPolicy
from linkcheck.probing import ProbeSettings
from linkcheck.probing.fetching import Fetcher
from tests.linkcheck.archive_server import ArchiveServer
from tests.linkcheck.playground import BEHAVIOURS, Answer, redirect

GONE = "https://gone.example/page?x=1&y=2"
ADDED = datetime(2020, 6, 1, tzinfo=UTC)
LONG_BEFORE = datetime(2011, 1, 1, tzinfo=UTC)
SHORTLY_BEFORE = datetime(2020, 5, 20, 7, 8, 9, tzinfo=UTC)
AFTER = datetime(2022, 1, 1, tzinfo=UTC)


@pytest.fixture
def archive():
    with ArchiveServer() as server:
        yield server


def find(archive: ArchiveServer, *, wayback: bool = True, timegate: bool = True, **settings):
    """What is found near ADDED, and whether an archive failed."""
    guard = GuardPolicy(
        admit_networks=(ip_network("127.0.0.0/8"),), ports=frozenset({archive.port})
    )
    asked = replace(ProbeSettings(guard=guard), **settings)

    async def run():
        async with Fetcher(asked) as fetcher:
            client = ArchiveClient(
                fetcher,
                wayback_url=archive.wayback_url if wayback else "",
                timegate_url=archive.timegate_url if timegate else "",
            )
            return await client.find(GONE, ADDED), client.has_failed

    return asyncio.run(run())


@pytest.mark.parametrize("protocol", ["wayback", "timegate"])
def test_the_copy_nearest_to_the_date_is_found_by_either_protocol(archive, protocol):
    archive.keep(GONE, LONG_BEFORE, SHORTLY_BEFORE, AFTER)
    found, has_failed = find(
        archive, wayback=protocol == "wayback", timegate=protocol == "timegate"
    )
    assert found == Snapshot(archive.memento_url(GONE, SHORTLY_BEFORE), SHORTLY_BEFORE)
    assert not has_failed


def test_a_timegate_that_says_the_time_itself_is_asked_once(archive):
    archive.says_datetime_in_link = True
    archive.keep(GONE, SHORTLY_BEFORE)
    found, _ = find(archive, wayback=False)
    assert found == Snapshot(archive.memento_url(GONE, SHORTLY_BEFORE), SHORTLY_BEFORE)
    assert len(archive.requests) == 1


def test_a_timegate_that_answers_with_the_copy_itself_names_its_place(archive):
    headers = {
        "Memento-Datetime": "Wed, 20 May 2020 07:08:09 GMT",
        "Content-Location": "/memento/one",
    }
    archive.answers["/timegate/https://gone.example/page"] = Answer(200, headers=headers)
    found, _ = find(archive, wayback=False)
    assert found == Snapshot(archive.url("/memento/one"), SHORTLY_BEFORE)


def test_the_timegate_is_asked_where_the_other_knows_no_copy(archive):
    archive.keep(GONE, SHORTLY_BEFORE)
    archive.answers["/wayback/available"] = Answer(200, b'{"archived_snapshots": {}}')
    found, has_failed = find(archive)
    assert found is not None and not has_failed


def test_what_was_never_captured_has_no_copy(archive):
    assert find(archive) == (None, False)


def test_a_captured_error_is_no_copy(archive):
    archive.keep(GONE, SHORTLY_BEFORE)
    archive.status_of_captures = "404"
    assert find(archive, timegate=False) == (None, False)


def test_nobody_is_asked_without_an_address(archive):
    archive.keep(GONE, SHORTLY_BEFORE)
    assert find(archive, wayback=False, timegate=False) == (None, False)
    assert archive.requests == []


BAD_ANSWERS = {
    "error": Answer(503, b"later"),
    "words": Answer(200, b"<html>"),
    "list": Answer(200, b"[]"),
    "nested": Answer(200, b"[" * 100_000),
    "no time": Answer(
        200,
        b'{"archived_snapshots": {"closest": {"available": true, "status": "200",'
        b' "url": "https://a.example/", "timestamp": "yesterday"}}}',
    ),
    "script": Answer(
        200,
        b'{"archived_snapshots": {"closest": {"available": true, "status": "200",'
        b' "url": "javascript:alert(1)", "timestamp": "20200101000000"}}}',
    ),
    "endless": None,
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_archive_that_answers_nonsense_is_logged_and_not_fatal(archive, caplog, name):
    archive.answers["/wayback/available"] = BAD_ANSWERS[name] or BEHAVIOURS["huge-body"]
    with caplog.at_level(logging.WARNING):
        assert find(archive, timegate=False) == (None, True)
    assert "could not be asked" in caplog.text
    assert "gone.example" not in caplog.text


def test_a_silent_archive_costs_no_more_than_the_time_allowed(archive):
    archive.answers["/wayback/available"] = BEHAVIOURS["no-response"]
    assert find(archive, timegate=False, first_byte_s=0.2, total_s=0.3) == (None, True)


def test_a_timegate_that_leads_in_circles_is_given_up(archive):
    path = "/timegate/https://gone.example/page"
    archive.answers[path] = redirect(f"{path}?x=1&y=2", 302)
    assert find(archive, wayback=False) == (None, True)
    assert len(archive.requests) == 4


def test_a_timegate_cannot_send_us_where_the_guard_forbids(archive):
    path = "/timegate/https://gone.example/page"
    archive.answers[path] = redirect("http://10.0.0.1/", 302)
    assert find(archive, wayback=False) == (None, True)


def test_a_captured_copy_may_be_asked_over_https_only_where_the_archive_is():
    closest = {
        "available": True,
        "status": "200",
        "url": "http://a.example/1",
        "timestamp": "20200101000000",
    }
    answer = {"archived_snapshots": {"closest": closest}}
    secure = _read_availability(answer, "https://a.example/wayback/available")
    plain = _read_availability(answer, "http://a.example/wayback/available")
    assert secure is not None and secure.url == "https://a.example/1"
    assert plain is not None and plain.url == "http://a.example/1"
