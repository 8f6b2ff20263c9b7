"""Which links to other sites an edit adds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markup.rendering import find_links
from markup.urls import InvalidUrl, is_internal, is_web_url, normalise_url, url_key


def find_outside_urls(values: Iterable[str], *, site_url: str) -> list[str]:
    """Return the addresses of other sites in ``values``, normalised, each once, in reading order.

    A value is an address itself (that of a resource) or Markdown, read by the page's own parser:
    what it makes no link of is none. Raises TextTooLong.
    """
    found: dict[str, str] = {}
    for value in values:
        for url in (value,) if is_web_url(value) else _links_of(value):
            if not is_internal(url, site_url):
                found.setdefault(_key(url), _normalised(url))
    return list(found.values())


def find_added_urls(before: Iterable[str], after: Iterable[str], *, site_url: str) -> list[str]:
    """Return the addresses of other sites that stand in ``after`` and under no spelling before."""
    known = {_key(url) for url in find_outside_urls(before, site_url=site_url)}
    return [url for url in find_outside_urls(after, site_url=site_url) if _key(url) not in known]


@lru_cache(8)  # an edit's texts are asked for by more than one rule
def _links_of(text: str) -> tuple[str, ...]:
    return tuple(link.url for link in find_links(text))


def _key(url: str) -> str:
    try:
        return url_key(url)
    except InvalidUrl:
        return url


def _normalised(url: str) -> str:
    try:
        return normalise_url(url)
    except InvalidUrl:
        return url
