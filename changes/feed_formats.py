"""A feed as Atom (RFC 4287, paged by RFC 5005), RSS 2.0 and JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

# What XML 1.0 (section 2.2) has no way to write, not even as a reference.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change. ``summary`` is plain text, ``html`` is ready to show, addresses are whole."""

    id: str
    title: str
    url: str
    at: datetime
    author: str
    author_url: str | None
    categories: Sequence[str]
    summary: str
    html: str


@dataclass(frozen=True, kw_only=True)
class ChangeFeed:
    """A page of a feed. ``id`` is that of the whole feed, on each of its pages the same."""

    id: str
    title: str
    subtitle: str
    language: str
    site_name: str
    site_url: str
    home_url: str
    self_url: str
    first_url: str
    next_url: str | None
    updated: datetime
    entries: Sequence[Entry]


def write_atom(feed: ChangeFeed) -> str:
    """The feed as an Atom document."""
    return _write(_Atom, feed)


def write_rss(feed: ChangeFeed) -> str:
    """The feed as an RSS 2.0 document."""
    return _write(_Rss, feed)


def write_json(feed: ChangeFeed) -> str:
    """The feed as a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.first_url,
        "description": feed.subtitle,
        "language": feed.language,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    if feed.next_url:
        document["next_url"] = feed.next_url
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(entry: Entry) -> dict[str, Any]:
    author = {"name": entry.author}
    if entry.author_url:
        author["url"] = entry.author_url
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "date_published": rfc3339_date(entry.at),
        "authors": [author],
        "tags": list(entry.categories),
    }


class _Dated:
    """A feed without entries is as old as its question, not as new as the clock."""

    feed: dict[str, Any]

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


class _Atom(_Dated, Atom1Feed):
    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        for rel in ("first", "next"):
            if url := self.feed[f"{rel}_url"]:
                handler.addQuickElement("link", "", {"rel": rel, "href": url})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": None})
        handler.addQuickElement("summary", item["summary"], {"type": "text"})
        handler.addQuickElement("content", item["description"], {"type": "html"})


class _Rss(_Dated, Rss201rev2Feed):
    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if url := self.feed["next_url"]:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": url})


def _write(kind: type[Atom1Feed] | type[Rss201rev2Feed], feed: ChangeFeed) -> str:
    document = kind(
        title=_xml(feed.title),
        link=feed.home_url,
        description=_xml(feed.subtitle),
        subtitle=_xml(feed.subtitle),
        language=feed.language,
        author_name=_xml(feed.site_name),
        author_link=feed.site_url,
        feed_url=feed.self_url,
        feed_guid=feed.id,
        first_url=feed.first_url,
        next_url=feed.next_url,
        updated=feed.updated,
    )
    for entry in feed.entries:
        document.add_item(
            title=_xml(entry.title),
            link=entry.url,
            description=_xml(entry.html),
            summary=_xml(entry.summary),
            author_name=_xml(entry.author),
            author_link=entry.author_url,
            pubdate=entry.at,
            updateddate=entry.at,
            unique_id=entry.id,
            unique_id_is_permalink=False,
            categories=[_xml(category) for category in entry.categories],
        )
    return document.writeString("utf-8")


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)


@dataclass(frozen=True)
class FeedFormat:
    """A way to write a feed, and what to call the result (RFC 7303: XML says its own encoding)."""

    content_type: str
    write: Callable[[ChangeFeed], str]


FORMATS: Final = {
    "atom": FeedFormat("application/atom+xml; charset=utf-8", write_atom),
    "rss": FeedFormat("application/rss+xml; charset=utf-8", write_rss),
    "json": FeedFormat("application/feed+json; charset=utf-8", write_json),
}
