"""A batch from claim to written results."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from msgspec.structs import replace

from catalog.models import Resource, Section
from changes.models import Change
from linkcheck.claiming import claim_due
from linkcheck.leases import Claim, begin
from linkcheck.models import Check, Host, Link
from linkcheck.observations import ErrorKind, Observation
from linkcheck.results import Result, write_results
from linkcheck.running import check_claimed
from linkcheck.tasks import check_batch
from linkcheck.verdicts import Override
from tests.linkcheck.factories import make_links, make_resource, run_round
from tests.linkcheck.playground import Answer
from wiki.models import Page

pytestmark = pytest.mark.django_db


def reload(link: Link) -> Link:
    return Link.objects.get(pk=link.pk)


def test_a_round_writes_verdicts_marks_and_the_next_date(web):
    good, missing = make_links([web.url("/ok"), web.url("/404", host=1)])
    assert run_round() == 2
    good, missing = reload(good), reload(missing)
    assert (good.verdict, good.mark, good.reason) == ("ok", "ok", "answered")
    assert (missing.verdict, missing.mark) == ("suspect", "suspect")
    assert good.last_good_at == good.last_checked_at
    assert good.next_check_at > timezone.now()
    assert not good.is_urgent
    assert good.leased_until is None
    assert not Host.objects.filter(leased_until__isnull=False).exists()
    (check,) = Check.objects.filter(link=missing)
    assert (check.status, check.error, check.verdict) == (404, "", "suspect")
    assert Observation.from_dict(check.evidence).final_url == missing.url


def test_a_batch_that_runs_twice_asks_and_writes_once(web):
    make_links([web.url(f"/page/{n}") for n in range(3)])
    claim = claim_due(limit=10)
    message = claim.as_message()
    check_batch(message)
    check_batch(message)
    assert Check.objects.count() == 3
    assert Counter(request.path for request in web.requests) == {
        "/page/0": 1,
        "/page/1": 1,
        "/page/2": 1,
    }


def test_a_result_of_a_claim_that_is_over_is_not_written(web):
    (link,) = make_links([web.url("/ok")])
    now = timezone.now()
    (late,) = begin(claim_due(limit=1, now=now)).links
    newer = claim_due(limit=1, now=now + timedelta(hours=1))
    seen = Observation(url=link.url, at=now, status=404)
    assert write_results([Result(late.pk, late.claim_number, "", seen)]) == []
    assert reload(link).verdict == "unchecked"
    assert check_claimed(newer) == 1


def test_a_result_that_comes_twice_is_written_once(web):
    make_links([web.url("/ok")])
    (link,) = begin(claim_due(limit=1)).links
    seen = Observation(url=link.url, at=timezone.now(), status=200)
    result = Result(link.pk, link.claim_number, "", seen)
    assert len(write_results([result])) == 1
    assert write_results([result]) == []
    assert Check.objects.count() == 1


def test_checking_writes_no_history(web, alice):
    make_resource(alice, web.url("/404"), description=f"See [this]({web.url('/ok')}).")
    before = [model.history.count() for model in (Page, Resource, Section)]
    changes = Change.objects.revisions().count()
    assert run_round() == 2
    assert [model.history.count() for model in (Page, Resource, Section)] == before
    assert Change.objects.revisions().count() == changes


def test_a_host_that_asks_for_a_rest_gets_it_and_its_links_no_strike(web):
    first, second = make_links([web.url("/429?after=3000"), web.url("/ok")])
    Link.objects.filter(pk=second.pk).update(is_urgent=False)
    began = timezone.now()
    web_host = Host.objects.get()
    check_claimed(claim_due(limit=10))
    web_host.refresh_from_db()
    assert timedelta(minutes=45) < web_host.rests_until - began < timedelta(minutes=55)
    assert web_host.rest_reason == Host.RestReason.RATE_LIMITED
    assert reload(first).verdict == "unchecked"
    assert not claim_due(limit=10)


def test_a_host_without_connections_rests_as_one_incident():
    seen = [
        Observation(
            url=f"https://gone.example/{n}",
            at=timezone.now(),
            error=ErrorKind.NOT_ASKED,
            retry_after=3600,
        )
        for n in range(2)
    ]
    make_links([observation.url for observation in seen])
    links = {link.url: link for link in begin(claim_due(limit=10)).links}
    write_results(
        [Result(links[o.url].pk, links[o.url].claim_number, "gone.example", o) for o in seen]
    )
    host = Host.objects.get()
    assert host.rest_reason == Host.RestReason.UNREACHABLE
    assert host.rests_until > timezone.now() + timedelta(minutes=50)
    assert not Check.objects.exists()
    assert {link.verdict for link in Link.objects.all()} == {"unchecked"}


def test_a_validator_makes_the_next_request_conditional(web):
    web.answers["/page"] = Answer(headers={"ETag": '"v1"'})
    (link,) = make_links([web.url("/page")])
    run_round()
    assert reload(link).etag == '"v1"'
    web.answers["/page"] = Answer(304, body=b"")
    Link.objects.update(next_check_at=timezone.now())
    run_round()
    assert web.requests[-1].headers["if-none-match"] == '"v1"'
    link = reload(link)
    assert (link.verdict, link.reason, link.etag) == ("ok", "unchanged", '"v1"')


def test_results_are_written_in_chunks_of_a_constant_number_of_queries(
    web, django_assert_max_num_queries
):
    def results(count: int, page: int) -> list[Result]:
        make_links([web.url(f"/{page}/{n}") for n in range(count)], object_id=page)
        begun = begin(claim_due(limit=1000))
        seen = Observation(url="", at=timezone.now(), status=200)
        return [
            Result(link.pk, link.claim_number, "127.0.0.1", replace(seen, url=link.url))
            for link in begun.links
        ]

    few = results(2, 1)
    with django_assert_max_num_queries(12) as asked:
        write_results(few)
    Host.objects.update(leased_until=None)
    many = results(40, 2)
    with django_assert_max_num_queries(len(asked.captured_queries)):
        assert len(write_results(many)) == 40


def test_an_override_that_ends_is_looked_at_when_it_ends(web):
    (link,) = make_links([web.url("/404")])
    until = timezone.now() + timedelta(hours=5)
    Link.objects.update(override=Override.WORKS_FOR_ME, override_until=until)
    run_round()
    link = reload(link)
    assert (link.verdict, link.mark) == ("suspect", "ok")
    assert link.next_check_at == until


@pytest.mark.django_db(transaction=True)
def test_batches_run_in_threads_as_the_embedded_worker_does(web):
    make_links([web.url(f"/page/{n}", host=n % 4) for n in range(40)])
    claim = claim_due(limit=100)
    failures = []

    def run(part: Claim) -> None:
        try:
            check_batch(part.as_message())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(part,)) for part in claim.split(10)]
    assert len(threads) == 4
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Check.objects.count() == 40
    assert not Link.objects.filter(leased_until__isnull=False).exists()


@pytest.mark.services
@pytest.mark.parametrize("hours", [-1, 1])
def test_what_a_worker_with_a_wrong_clock_saw_is_dated_by_the_database(web, hours):
    """A short rest that it wrote by its own clock would be over already, or last too long."""
    (link,) = make_links([web.url("/429?after=600")])
    claim = claim_due(limit=1)
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        check_claimed(claim)
    link.refresh_from_db()
    host = Host.objects.get()
    for at in (link.next_check_at, host.rests_until):
        assert timedelta(minutes=8) < at - timezone.now() < timedelta(minutes=15)
    assert abs(Check.objects.get().at - timezone.now()) < timedelta(minutes=1)
