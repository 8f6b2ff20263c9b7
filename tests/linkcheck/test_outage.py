"""Rule 13: our own outage writes nothing, and is over by itself."""

import pytest
from django.utils import timezone

from linkcheck import outage
from linkcheck.models import Host, Outage
from linkcheck.outage import Contact, is_outage

KNOWN_OK, KNOWN_FAILED = Contact(False, True), Contact(True, True)
NEW_OK, NEW_FAILED = Contact(False, False), Contact(True, False)


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ([], False),
        ([KNOWN_FAILED] * 2, False),  # two dead hosts are two dead hosts
        ([NEW_FAILED] * 3, True),
        ([NEW_FAILED] * 2 + [NEW_OK], False),
        ([NEW_FAILED] * 6 + [NEW_OK] * 4, True),  # more than half of hosts never seen
        ([NEW_FAILED] * 5 + [NEW_OK] * 5, False),  # an old list may be half dead
        ([KNOWN_FAILED] * 3 + [KNOWN_OK] * 7, True),  # 30 % of hosts that answered before
        ([KNOWN_FAILED] * 2 + [KNOWN_OK] * 8, False),
        ([NEW_FAILED] * 50 + [KNOWN_OK] * 10, False),  # the known ones vouch for us
    ],
)
def test_when_failures_are_ours(contacts, expected):
    assert is_outage(contacts) is expected


def make_hosts(count, **values):
    return [
        Host.objects.create(name=f"h{n}.example", domain=f"h{n}.example", **values)
        for n in range(count)
    ]


@pytest.mark.django_db
def test_an_outage_begins_once_and_ends_when_a_host_answers(caplog):
    hosts = make_hosts(5)
    now = timezone.now()
    assert outage.judge({host.pk: False for host in hosts}, now)
    assert outage.judge({hosts[0].pk: False}, now)
    assert caplog.text.count("own connection seems to be down") == 1
    assert Outage.objects.count() == 1
    assert not Host.objects.filter(last_contact_at__isnull=False).exists()
    assert not outage.judge({hosts[0].pk: True, hosts[1].pk: False}, now)
    assert outage.find_open() is None
    assert Host.objects.get(pk=hosts[0].pk).has_answered


@pytest.mark.django_db
def test_failures_add_up_over_batches():
    now = timezone.now()
    hosts = make_hosts(20, has_answered=True, last_contact_at=now)
    batches = [outage.judge({host.pk: False}, now) for host in hosts[:5]]
    assert batches == [False, False, False, False, True]
