"""From which address a request comes, and what counts as one address for a limit or a block."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX = 64  # what one subscriber is given at least (RFC 6177): all of it is one client

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever sent ``request``, in its shortest spelling; "" if unknown.

    ``X-Forwarded-For`` is believed only as far as proxies of ``TRUSTED_PROXIES`` wrote it: it is
    read from the right, and the first address that is no such proxy is the client's. What stands
    further left the client may have written itself, and moves nothing.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_trusted(address):
        further = _parse(hops.pop())
        if further is None:  # a proxy of ours wrote no address: it is the last one known
            break
        address = further
    return str(address)


@lru_cache(maxsize=4096)
def limited_as(address: str) -> str:
    """Return what ``address`` counts as: an IPv4 address itself, of IPv6 its /64."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed or "")


def sort_key(address: str) -> str:
    """Return ``address`` as 32 digits that sort as addresses do; "" if it is none.

    IPv4 stands within IPv6 (RFC 4291, 2.5.5.2), so that one column holds both.
    """
    parsed = _parse(address)
    if parsed is None:
        return ""
    number = int(parsed) | 0xFFFF << 32 if isinstance(parsed, IPv4Address) else int(parsed)
    return f"{number:032x}"


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _parse(text: str) -> Address | None:
    """An address as it stands in a header, perhaps with a port; IPv4 within IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
