"""Claims: leases, whole hosts, urgency, and that no two workers ever meet."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from linkcheck.claiming import MAX_LINKS_OF_DOMAIN, claim_due
from linkcheck.leases import LEASE, Claim, begin, count_leased, release, withdraw
from linkcheck.models import Host, Link
from tests.linkcheck.factories import make_links

pytestmark = pytest.mark.django_db


def make_many(hosts: int, links_a_host: int) -> list[Link]:
    return make_links(
        f"https://host{host}.example/{number}"
        for host in range(hosts)
        for number in range(links_a_host)
    )


def claimed_ids(claim: Claim) -> set[int]:
    return {link_id for link_id, _ in claim}


def test_a_claim_takes_whole_hosts_and_holds_them():
    links = make_many(3, 4)
    claim = claim_due(limit=100)
    assert claimed_ids(claim) == {link.pk for link in links}
    assert [len(group) for group in claim.groups] == [4, 4, 4]
    assert {number for _, number in claim} == {1}
    assert not claim_due(limit=100)
    assert count_leased() == 12


def test_all_hosts_of_a_domain_go_to_one_worker():
    make_links(["https://docs.site.example/a", "https://www.site.example/b"])
    claim = claim_due(limit=1)
    assert len(claim) == 1
    assert not claim_due(limit=10)


def test_a_lease_that_runs_out_is_claimed_again_with_a_higher_number():
    make_many(1, 2)
    now = timezone.now()
    assert {number for _, number in claim_due(limit=10, now=now)} == {1}
    assert not claim_due(limit=10, now=now + LEASE - timedelta(seconds=1))
    later = claim_due(limit=10, now=now + LEASE + timedelta(seconds=1))
    assert {number for _, number in later} == {2}


def test_urgent_links_come_first():
    links = make_many(5, 1)
    now = timezone.now()
    Link.objects.update(is_urgent=False, next_check_at=now - timedelta(days=9))
    Link.objects.filter(pk=links[3].pk).update(is_urgent=True, next_check_at=now)
    assert claimed_ids(claim_due(limit=1, now=now)) == {links[3].pk}


def test_what_is_not_due_or_not_used_is_left_alone():
    due, later, unused = make_many(1, 3)
    now = timezone.now()
    Link.objects.filter(pk=later.pk).update(next_check_at=now + timedelta(hours=1))
    Link.objects.filter(pk=unused.pk).update(is_used=False)
    assert claimed_ids(claim_due(limit=10, now=now)) == {due.pk}


def test_a_round_of_everything_takes_also_what_is_not_due():
    done, not_due = make_many(1, 2)
    now = timezone.now()
    Link.objects.update(next_check_at=now + timedelta(days=9))
    Link.objects.filter(pk=done.pk).update(last_checked_at=now + timedelta(seconds=1))
    assert not claim_due(limit=10, now=now)
    assert claimed_ids(claim_due(limit=10, now=now, not_since=now)) == {not_due.pk}


def test_a_resting_host_is_not_claimed_until_its_time():
    resting, other = make_links(["https://a.example/", "https://b.test/"])
    now = timezone.now()
    Host.objects.filter(name="a.example").update(rests_until=now + timedelta(hours=1))
    assert claimed_ids(claim_due(limit=10, now=now)) == {other.pk}
    assert claimed_ids(claim_due(limit=10, now=now + timedelta(hours=2))) >= {resting.pk}


def test_one_host_can_be_claimed_alone():
    wanted, _ = make_links(["https://a.example/", "https://b.test/"])
    assert claimed_ids(claim_due(limit=10, host="a.example")) == {wanted.pk}


def test_a_large_host_gives_a_part_at_a_time():
    make_many(1, MAX_LINKS_OF_DOMAIN + 10)
    claim = claim_due(limit=1000)
    assert len(claim) == MAX_LINKS_OF_DOMAIN
    release(begin(claim))
    assert Link.objects.filter(leased_until__isnull=False).count() == 0


def test_claiming_costs_the_same_for_few_and_many(django_assert_max_num_queries):
    make_many(2, 2)
    with django_assert_max_num_queries(12) as few:
        claim_due(limit=500)
    make_links((f"https://more{n}.example/{m}" for n in range(40) for m in range(5)), object_id=2)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(claim_due(limit=500)) == 200


def test_a_claim_begins_once():
    make_many(1, 2)
    claim = claim_due(limit=10)
    assert len(begin(claim).links) == 2
    assert begin(claim).links == ()


def test_what_was_claimed_anew_meanwhile_does_not_begin():
    make_many(1, 1)
    now = timezone.now()
    old = claim_due(limit=10, now=now)
    new = claim_due(limit=10, now=now + LEASE * 2)
    assert begin(old).links == ()
    assert len(begin(new).links) == 1


def test_a_withdrawn_claim_is_due_again():
    make_many(2, 2)
    withdraw(claim_due(limit=10))
    assert len(claim_due(limit=10)) == 4


def test_releasing_late_does_not_free_what_another_holds():
    make_many(1, 1)
    now = timezone.now()
    late = begin(claim_due(limit=10, now=now))
    claim_due(limit=10, now=now + LEASE * 2)
    release(late)
    assert not claim_due(limit=10, now=now + LEASE * 2)


def test_a_split_claim_keeps_hosts_together_and_survives_the_message():
    make_many(5, 3)
    claim = claim_due(limit=100)
    parts = list(claim.split(7))
    assert [len(part) for part in parts] == [6, 6, 3]
    assert [Claim.from_message(part.as_message()) for part in parts] == parts


@pytest.mark.django_db(transaction=True)
def test_many_claims_at_once_never_share_a_link_or_a_host():
    make_many(30, 4)
    claims: list[Claim] = []
    start = threading.Barrier(6)

    def claim_until_empty():
        try:
            start.wait(10)
            misses = 0
            while misses < 3:
                claim = claim_due(limit=16)
                misses += not claim
                claims.append(claim)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim_until_empty) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    taken = [link_id for claim in claims for link_id, _ in claim]
    assert len(taken) == len(set(taken)) == 120
    hosts = [{Link.objects.get(pk=i).host_id for i, _ in claim} for claim in claims]
    held = [host for group in hosts for host in group]
    assert len(held) == len(set(held)) == 30
