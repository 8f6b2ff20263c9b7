"""The public log as entries of a feed: what everyone may know, whoever asks."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changes.feed_formats import ChangeFeed, Entry
from changes.feeds import absolute, make_feed, tag_uri
from changes.writing_direction import isolated
from moderation.log_filters import LogQuery
from moderation.presenting import LogLine, present_decisions


def build_log_feed(query: LogQuery, *, address: str, home_url: str, log_url: str) -> ChangeFeed:
    """One page of the feed that answers ``query``, in a number of queries that does not grow.

    ``address`` is that of its first page, ``home_url`` that of the same list as a page, and
    ``log_url`` that of the log without filters. ``query`` must not see what is private.
    """
    page = query.find_page()
    title = _("Decisions")
    filters = ", ".join(value for value in query.given.values() if value)
    return make_feed(
        tag_uri(f"decisions{query.query_string()}"),
        title=f"{title}: {filters}" if filters else title,
        subtitle=_("Everything that moderators decided, and why."),
        address=address,
        home_url=home_url,
        entries=[_entry(line, log_url) for line in present_decisions(page.decisions)],
        before=query.before,
        next_before=page.next_before,
    )


def _entry(line: LogLine, log_url: str) -> Entry:
    decision = line.decision
    author = decision.actor_label or _("somebody")
    words = _("%(decision)s: %(kind)s, %(title)s") % {
        "decision": line.action_label,
        "kind": line.kind_label,
        "title": isolated(line.title) if line.title else _("untitled"),
    }
    return Entry(
        id=tag_uri(f"decision/{decision.pk}"),
        title=words,
        url=absolute(f"{log_url}?before={decision.pk + 1}#decision-{decision.pk}"),
        at=decision.at,
        author=author,
        author_url=absolute(decision.actor.get_absolute_url()) if decision.actor else None,
        categories=[decision.kind, decision.action],
        summary=line.reason or line.sentence or words,
        html=_body(line),
    )


def _body(line: LogLine) -> SafeString:
    said = format_html("<p>{}</p>", line.sentence) if line.sentence else SafeString("")
    if line.reason:
        said += format_html('<blockquote dir="auto">{}</blockquote>', line.reason)
    if line.ref is None:
        return said + format_html("<p>{}</p>", line.title)
    return said + format_html('<p><a href="{}">{}</a></p>', absolute(line.ref.url), line.title)
