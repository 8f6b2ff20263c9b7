"""Names of hosts: what a link's server is called, and whose it is."""

from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_suffixes = PublicSuffixList()


@lru_cache(maxsize=2_000)  # a run asks for each several times
def host_name(url: str) -> str:
    """Name and port (where it is not the scheme's own) of a normalised URL."""
    return urlsplit(url).netloc.rpartition("@")[2]


@lru_cache(maxsize=10_000)
def registrable_domain(name: str) -> str:
    """The part of a host name that someone registered, with the port: the key of politeness.

    ``docs.ray.io`` → ``ray.io``; an address or a bare suffix stands for itself.
    """
    host, colon, port = name.rpartition(":") if not name.endswith("]") else (name, "", "")
    if not colon:
        host, port = name, ""
    if host.startswith("[") or host.replace(".", "").isdigit():
        return name
    domain = _suffixes.privatesuffix(host) or host
    return f"{domain}:{port}" if port else domain
