"""From which address a request comes."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from accounts.addresses import client_address, limited_as

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]


def address_of(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))


def test_without_a_proxy_a_header_moves_nothing(settings):
    settings.TRUSTED_PROXIES = []
    assert address_of("198.51.100.7", "203.0.113.9") == "198.51.100.7"
    assert address_of("127.0.0.1", "203.0.113.9") == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the client wrote 1.1.1.1
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # not a proxy of ours
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8:ffff::1", "2001:DB8:0::7", "2001:db8::7"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_a_header_is_believed_as_far_as_our_proxies_wrote_it(settings, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = PROXIES
    assert address_of(peer, forwarded) == expected


def test_a_limit_takes_a_subscriber_of_ipv6_as_one():
    assert limited_as("2001:db8:1:2:3:4:5:6") == limited_as("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert limited_as("2001:db8:1:3::") != limited_as("2001:db8:1:2::")
    assert limited_as("203.0.113.9") == limited_as("::ffff:203.0.113.9") == "203.0.113.9"
