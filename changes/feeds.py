"""Recent changes as entries of a feed, each with what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changes.comparing import FieldDiff, compare_many, find_revisions
from changes.diff_html import feed_table
from changes.feed_formats import ChangeFeed, Entry
from changes.filters import ChangeQuery
from changes.lines import ChangeLine, make_lines
from changes.objects import get_tracked
from changes.writing_direction import isolated

# A text longer than this (characters) is not compared in a feed: the entry leads to the site.
MAX_COMPARED: Final = 64_000
MAX_BODY: Final = 16_000  # characters of HTML for each field
# RFC 4151: an authority and a date on which it was ours.
_TAG_DATE: Final = "2026"
_NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)


def build_feed(query: ChangeQuery, *, address: str, home_url: str, title: str) -> ChangeFeed:
    """One page of the feed that answers ``query``.

    ``address`` (that of its first page) and ``home_url`` are addresses on this site. The number of
    queries does not depend on the number of changes: one for the changes, for each type of object
    one for its addresses and one for its revisions, and one for each field that is looked up.
    """
    changes, next_before = query.find_page()
    lines = make_lines(changes)
    diffs = _find_diffs(lines)
    return make_feed(
        tag_uri(f"changes{query.query_string()}"),
        title=title,
        subtitle=_("Who changed what, the newest first."),
        address=address,
        home_url=home_url,
        entries=[_entry(line, diffs.get(line.change.pk, [])) for line in lines],
        before=query.before,
        next_before=next_before,
    )


def make_feed(
    id: str,
    *,
    title: str,
    subtitle: str,
    address: str,
    home_url: str,
    entries: Sequence[Entry],
    before: int | None = None,
    next_before: int | None = None,
    language: str = "",
) -> ChangeFeed:
    """A page of a feed of this site, with the newest of ``entries`` first.

    ``address`` is that of its first page, and ``before`` (a number) says where this page and the
    next one begin, if there is one. Without ``language`` it is in that of the site.
    """
    return ChangeFeed(
        id=id,
        title=f"{title} · {settings.SITE_NAME}",
        subtitle=subtitle,
        language=language or settings.LANGUAGE_CODE,
        site_name=settings.SITE_NAME,
        site_url=f"{settings.SITE_URL}/",
        home_url=absolute(home_url),
        self_url=_page_url(address, before),
        first_url=_page_url(address, None),
        next_url=_page_url(address, next_before) if next_before else None,
        updated=max((entry.at for entry in entries), default=_NEVER),
        entries=entries,
    )


def absolute(path: str) -> str:
    """``path`` with the site's address. Never the request's host: that is anybody's to choose."""
    return f"{settings.SITE_URL}{path}"


def _page_url(address: str, before: int | None) -> str:
    sign = "&" if "?" in address else "?"
    return absolute(f"{address}{sign}before={before}" if before else address)


def tag_uri(specific: str) -> str:
    """An id that outlives addresses (RFC 4151)."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    authority = "localhost" if ":" in host else host.encode("idna").decode()
    return f"tag:{authority},{_TAG_DATE}:{specific}"


def _entry(line: ChangeLine, diffs: Sequence[FieldDiff]) -> Entry:
    change = line.change
    author = change.actor_label or _("somebody")
    title = change.object_title or _("untitled")
    words = _("%(title)s: %(kind)s by %(author)s") % {
        "title": isolated(title),
        "kind": change.get_kind_display(),
        "author": isolated(author),
    }
    return Entry(
        id=tag_uri(f"change/{change.pk}"),
        title=words,
        url=absolute(line.url),
        at=change.at,
        author=author,
        author_url=absolute(change.actor.get_absolute_url()) if change.actor else None,
        categories=[change.kind, change.object_type],
        summary=change.summary or line.details or words,
        html=_body(line, diffs),
    )


def _body(line: ChangeLine, diffs: Sequence[FieldDiff]) -> SafeString:
    paragraphs = [text for text in (line.change.summary, line.details) if text]
    said = format_html_join("", "<p>{}</p>", ((text,) for text in paragraphs))
    tables = format_html_join(
        "",
        "<h3>{}</h3>{}",
        ((diff.label, feed_table(diff.diff, max_length=MAX_BODY)) for diff in diffs),
    )
    link = format_html(
        '<p><a href="{}">{}</a></p>', absolute(line.url), _("See this change on the site")
    )
    return said + tables + link


def _find_diffs(lines: Sequence[ChangeLine]) -> dict[int, list[FieldDiff]]:
    """What each revision changed, by the id of its change; not for what is closed to readers."""
    by_type: dict[str, list[ChangeLine]] = {}
    for line in lines:
        if line.is_open and line.is_revision:
            by_type.setdefault(line.change.object_type, []).append(line)
    found: dict[int, list[FieldDiff]] = {}
    for object_type, of_type in by_type.items():
        found |= _find_diffs_of_type(object_type, of_type)
    return found


def _find_diffs_of_type(
    object_type: str, lines: Sequence[ChangeLine]
) -> dict[int, list[FieldDiff]]:
    tracked = get_tracked(object_type)
    wanted: dict[int, set[int]] = {}
    for line in lines:
        numbers = {line.change.version_before, line.change.version_after} - {None}
        wanted.setdefault(line.change.object_id, set()).update(n for n in numbers if n)
    rows = find_revisions(tracked, wanted, max_length=MAX_COMPARED)
    pairs = []
    compared = []
    for line in lines:
        change = line.change
        old = rows.get((change.object_id, change.version_before or 0))
        new = rows.get((change.object_id, change.version_after or 0))
        if new is not None and (old is not None or change.version_before is None):
            pairs.append((old, new))
            compared.append(change.pk)
    return dict(zip(compared, compare_many(tracked, pairs), strict=True))
