"""The guard: nothing but the public web may be reached, whatever the spelling (LINK_POLICY).

An address is judged three times: as it is written (``check_url``), as the resolver answers it
(``probing.connecting.GuardedResolver``) and as it is dialled (``GuardedConnector``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import NamedTuple

import ada_url

Network = IPv4Network | IPv6Network

REFUSAL = "target not allowed"
DEFAULT_PORTS = frozenset({80, 443})
MAX_URL_LENGTH = 8192

# The IANA IPv4 special-purpose registry whole, also where it says "globally reachable";
# multicast, the reserved 240/4, and one cloud's metadata address.
_DENIED_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# IPv6 the other way round: global unicast only, without protocol assignments (Teredo, ORCHID,
# benchmarking), documentation and 6to4.
_ALLOWED_IPV6 = IPv6Network("2000::/3")
_DENIED_IPV6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# RFC 6052: a host without IPv4 reaches IPv4 through these, so the address inside decides.
_NAT64 = IPv6Network("64:ff9b::/96")

# Names that mean the machine or the network we stand in (RFC 6761, 6762, 7686, 8375, 9476).
_DENIED_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "onion",
    "alt",
    "invalid",
    "home.arpa",
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_SCHEME_PORTS = {"http": 80, "https": 443}
# What the parser makes of an address that has no userinfo: its output needs no second parser.
_CANONICAL = re.compile(r"(https?)://(?:\[([0-9a-f:.]+)\]|([^/?#@:\[\]]+))(?::([0-9]+))?/")
# What a parser that knows neither "?" nor "#" nor "\" takes for the authority.
_NAIVE_AUTHORITY = re.compile(r"https?:/*([^/]*)", re.IGNORECASE)


_parse_address = lru_cache(maxsize=8192)(ip_address)


@lru_cache(maxsize=8192)
def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parse_address(address)
    return any(parsed in network for network in networks)


class TargetNotAllowed(PermissionError):  # noqa: N818 - says what is, not that it erred
    """The guard refuses. One text for every refusal, so that it tells nothing about a network.

    ``detail`` is for logs and tests only, never for the person who gave the address.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(REFUSAL)
        self.detail = detail


class SchemeNotSupported(TargetNotAllowed):
    """Not http or https: nothing that can be checked."""


class NotAUrl(TargetNotAllowed):
    """No parser that follows the WHATWG standard makes a URL of it."""


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What the guard admits beyond the public web, and what it denies by name.

    ``admit_networks`` and ``ports`` open exactly what they name (tests, benchmarks).
    ``own_hosts`` are lower-case names; one with a leading dot covers its subdomains too.
    """

    admit_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = DEFAULT_PORTS
    own_hosts: frozenset[str] = frozenset()

    def admits(self, address: str) -> bool:
        """Return whether ``address`` (text, without a scope) may be dialled."""
        return is_public_address(address) or self.opens(address)

    def opens(self, address: str) -> bool:
        """Return whether a setting admits ``address``, public or not."""
        return bool(self.admit_networks) and _is_within(address, self.admit_networks)

    def check_address(self, address: str, port: int) -> None:
        """Raise TargetNotAllowed unless ``address`` and ``port`` may be dialled."""
        try:
            is_admitted = self.admits(address)
        except ValueError as error:  # a scope, or no address at all
            raise TargetNotAllowed(f"not an address: {address!r}") from error
        if not is_admitted:
            raise TargetNotAllowed(f"not a public address: {address}")
        if port not in self.ports:
            raise TargetNotAllowed(f"port {port}")


class ParsedTarget(NamedTuple):
    """An address as browsers understand it; ``href`` is its normal spelling."""

    href: str
    scheme: str
    host: str  # lower case ASCII, an IPv6 address without brackets
    port: int
    is_literal: bool

    @property
    def authority(self) -> str:
        """The host as a Host header has it, with the port where it is not the scheme's own."""
        name = f"[{self.host}]" if ":" in self.host else self.host.rstrip(".")
        return name if self.port == _SCHEME_PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def path(self) -> str:
        """What a request asks for: the path with the query."""
        address = self.href.partition("#")[0]
        return address[address.index("/", len(self.scheme) + 3) :]


@lru_cache(maxsize=8192)
def is_public_address(address: str) -> bool:
    """Return whether ``address`` is public unicast by the rules of LINK_POLICY.

    ``ipaddress.is_global`` is not asked: on Python 3.11 it passes 27 of 60 addresses that must be
    denied. IPv4-mapped, -compatible and SIIT forms are denied whatever is inside.
    Raises ValueError for what is not an address.
    """
    parsed = _parse_address(address)
    if isinstance(parsed, IPv4Address):
        return _is_public_ipv4(parsed)
    if parsed.scope_id is not None:
        return False
    if parsed in _NAT64:
        return _is_public_ipv4(IPv4Address(int(parsed) & 0xFFFFFFFF))
    return parsed in _ALLOWED_IPV6 and not any(parsed in network for network in _DENIED_IPV6)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in _DENIED_IPV4)


def check_url(url: str, policy: GuardPolicy) -> ParsedTarget:
    """Parse ``url`` the way browsers do and return it if its spelling may be asked.

    For a host name this decides by the name alone; its addresses are checked when it is resolved
    and dialled. Raises TargetNotAllowed, or its subclasses SchemeNotSupported and NotAUrl.
    """
    _check_spelling(url)
    target = _parse(url)
    if target.port not in policy.ports:
        raise TargetNotAllowed(f"port {target.port}")
    if target.is_literal:
        policy.check_address(target.host, target.port)
    else:
        _check_name(target.host)
    if _is_own(target, policy):
        raise TargetNotAllowed(f"own host: {target.host}")
    return target


def _check_spelling(url: str) -> None:
    """Refuse what parsers disagree about: then the one that checks is not the one that dials."""
    if len(url) > MAX_URL_LENGTH:
        raise TargetNotAllowed("too long")
    if _CONTROL.search(url):
        raise TargetNotAllowed("control character")
    if authority := _NAIVE_AUTHORITY.match(url):
        text = authority[1]
        if "@" in text or "\\" in text or " " in text:
            raise TargetNotAllowed("userinfo, backslash or space in the authority")


def _parse(url: str) -> ParsedTarget:
    try:
        href = ada_url.normalize_url(url)
    except (ValueError, UnicodeError) as error:
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in ("http", "https"):
            raise SchemeNotSupported(f"scheme {scheme[1]}") from error
        raise NotAUrl("not a URL") from error
    parts = _CANONICAL.match(href)
    if parts is None:
        if not href.startswith(("http:", "https:")):
            raise SchemeNotSupported(f"scheme {href.partition(':')[0]}")
        raise TargetNotAllowed("userinfo")
    scheme_name, bracketed, name, port = parts.groups()
    host = bracketed or name
    return ParsedTarget(
        href=href,
        scheme=scheme_name,
        host=host,
        port=int(port) if port else _SCHEME_PORTS[scheme_name],
        # A host whose last label is a number is an IPv4 address, or the parser refused it.
        is_literal=bracketed is not None or host.rpartition(".")[2].isdecimal(),
    )


def _check_name(host: str) -> None:
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(labels) < 2:
        raise TargetNotAllowed(f"single label: {host!r}")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise TargetNotAllowed(f"not a host name: {host!r}")
    if any(name.endswith("." + suffix) for suffix in _DENIED_SUFFIXES):
        raise TargetNotAllowed(f"denied name: {host}")


def _is_own(target: ParsedTarget, policy: GuardPolicy) -> bool:
    if not policy.own_hosts or (target.is_literal and policy.opens(target.host)):
        return False
    name = target.host.removesuffix(".")
    labels = name.split(".")
    return name in policy.own_hosts or any(
        "." + ".".join(labels[start:]) in policy.own_hosts for start in range(len(labels))
    )
