"""``manage.py verify_url``: a verdict with evidence for each address, and no database."""

import io
import json
import os
import subprocess
import sys
from ipaddress import ip_network

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command

from linkcheck.observations import Observation
from tests.linkcheck.playground import Answer, Playground


@pytest.fixture(scope="module")
def web():
    with Playground(hosts=2) as playground:
        yield playground


@pytest.fixture
def verify(web, settings, capsys, monkeypatch):
    settings.LINKCHECK_ADMIT_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.LINKCHECK_PORTS = [80, 443, web.port]
    settings.LINKCHECK_HOST_DELAY = 0

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = 0
        try:
            call_command("verify_url", *arguments)
        except SystemExit as leaving:
            code = leaving.code
        return code, capsys.readouterr().out

    return run


def test_one_json_line_each_in_the_order_given(verify, web):
    urls = [
        web.url("/ok"),
        web.url("/404", host=1),
        "nonsense",
        web.url("/redirect/301?to=/ok"),
        "ftp://example.com/",
        "http://10.0.0.1/",
        web.url("/410"),
    ]
    code, out = verify("--json", *urls)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["url"] for line in lines] == urls
    assert [(line["verdict"], line["reason"]) for line in lines] == [
        ("ok", "answered"),
        ("suspect", "not_found"),
        ("excluded", "invalid_url"),
        ("ok", "redirected"),
        ("excluded", "unsupported_scheme"),
        ("excluded", "target_not_allowed"),
        ("suspect", "gone"),
    ]
    assert code == 1
    for line in lines:
        assert line["explanation"]
        assert Observation.from_dict(line["checks"][0]).url == line["url"]


def test_more_addresses_come_from_standard_input(verify, web):
    text = f"\N{ZERO WIDTH NO-BREAK SPACE}{web.url('/ok')}\r\n\r\n{web.url('/401', host=1)}\n"
    code, out = verify("--stdin", "--json", stdin=text)
    assert [json.loads(line)["verdict"] for line in out.splitlines()] == ["ok", "restricted"]
    assert code == 0


@pytest.mark.parametrize(
    ("path", "code"),
    [("/ok", 0), ("/401", 0), ("/429?after=5", 0), ("/500", 1), ("/404", 1), ("/410", 1)],
)
def test_the_exit_code_tells_whether_all_are_alive(verify, web, path, code):
    assert verify(web.url(path))[0] == code


def test_a_person_reads_the_verdict_its_reason_and_the_way_there(verify, web):
    _, out = verify(web.url("/redirect/302?to=/ok"))
    assert "ok: It leads to" in out
    assert "302 " in out
    assert "(redirected)" in out
    assert "“A page”" in out


def test_nothing_that_a_server_sends_steers_the_terminal(verify, web):
    web.answers["/title"] = Answer(body=b"<title>\x1b[31mred\x07</title>")
    _, out = verify(web.url("/title"))
    assert "\x1b" not in out
    assert "\x07" not in out


@pytest.mark.parametrize("stdin", ["", "\n  \n"])
def test_without_any_address_it_says_so(verify, stdin):
    with pytest.raises(CommandError, match="No URL was given") as failure:
        verify(*(["--stdin"] if stdin else []), stdin=stdin)
    assert failure.value.returncode == 2


def test_it_works_where_no_database_is(web):
    """A database that does not exist: any connection would be an error."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "LINKCHECK_ADMIT_NETWORKS": "127.0.0.0/8",
        "LINKCHECK_PORTS": f"80,{web.port}",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_url", "--json", web.url("/ok"), "http://[bad"],
        cwd=site.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["ok", "excluded"]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_wrong_arguments_are_one_readable_line(web):
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_url"],
        cwd=site.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == ["CommandError: No URL was given."]


def test_each_rule_that_fired_is_explained(verify, web):
    web.answers["/dir/page"] = Answer(body=b"<html><title>Fine</title><p id=one>Words.</html>")
    _, out = verify("--json", web.url("/dir/page#two"))
    rules = {rule["rule"]: rule["sentence"] for rule in json.loads(out)["rules"]}
    assert rules.keys() == {2, 9, 15}
    assert "answers 404 for what does not exist" in rules[9]
    assert "#two is not there" in rules[15]
    _, out = verify(web.url("/dir/page#one"))
    assert "rule 9: Beside it" in out


def test_a_soft_404_is_suspect_at_first_sight(verify, web):
    async def same_for_all(reader, writer, request):
        writer.write(Answer(body=b"<title>Our shop</title>Look around.").encode(request))
        await writer.drain()

    web.sites["127.0.0.2"] = lambda request: same_for_all
    code, out = verify("--json", web.url("/shop/thing", host=1))
    line = json.loads(out)
    assert (line["verdict"], line["reason"], code) == ("suspect", "same_for_all", 1)
    del web.sites["127.0.0.2"]
