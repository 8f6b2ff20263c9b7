"""The command that runs a round in the foreground."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from linkcheck.models import Check, Link
from tests.linkcheck.factories import make_links

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_links", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def run_json(*arguments: str) -> tuple[list[dict], dict]:
    *lines, last = [json.loads(line) for line in run(*arguments, "--json").splitlines()]
    return lines, last["summary"]


def test_what_is_due_is_checked_and_counted(web):
    make_links([web.url("/ok"), web.url("/404", host=1)])
    lines, summary = run_json()
    assert {(line["url"], line["verdict"]) for line in lines} == {
        (web.url("/ok"), "ok"),
        (web.url("/404", host=1), "suspect"),
    }
    assert summary == {"checked": 2, "left": 0, "verdicts": {"ok": 1, "suspect": 1}}
    assert run_json("--due")[1]["checked"] == 0


def test_all_checks_also_what_is_not_due_each_once(web):
    make_links([web.url(f"/page/{n}", host=n % 4) for n in range(9)])
    run()
    asked = len(web.requests)
    assert run_json("--all")[1]["checked"] == 9
    assert len(web.requests) == asked + 9
    assert Check.objects.count() == 18


def test_one_host_can_be_chosen(web):
    make_links([web.url("/ok"), web.url("/ok", host=1)])
    host = f"127.0.0.2:{web.port}"
    lines, summary = run_json("--host", host)
    assert [line["url"] for line in lines] == [web.url("/ok", host=1)]
    assert summary["checked"] == 1


def test_an_unknown_host_is_one_line(web):
    with pytest.raises(CommandError, match=r"No link leads to the host “nowhere\.example”"):
        run("--host", "nowhere.example")


def test_what_a_worker_holds_is_left_and_counted(web):
    make_links([web.url("/ok")])
    Link.objects.update(leased_until=timezone.now() + timedelta(minutes=5))
    _, summary = run_json()
    assert summary == {"checked": 0, "left": 1, "verdicts": {}}


def test_a_server_that_wants_us_back_at_once_does_not_keep_us(web):
    make_links([web.url("/429?after=0")])
    run()
    assert web.count("/429") == 1


def test_people_get_a_summary_in_words(web):
    make_links([web.url("/ok")])
    text = run()
    assert "1 checked" in text
    assert "ok" in text
