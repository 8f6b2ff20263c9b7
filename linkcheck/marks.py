"""What a reader is told of a link: from a verdict to a shape and a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linkcheck.models import Link, Mark
from linkcheck.verdicts import Verdict
from markup.rendering import LinkMark
from markup.urls import InvalidUrl, link_url

# LINK_POLICY, Verdicts: the column "reader sees".
MARK_OF: dict[Verdict, Mark] = {
    Verdict.UNCHECKED: Mark.NONE,
    Verdict.OK: Mark.OK,
    Verdict.MOVED: Mark.MOVED,
    Verdict.RESTRICTED: Mark.OK,
    Verdict.BLOCKED: Mark.UNSURE,
    Verdict.UNSTABLE: Mark.OK,
    Verdict.SUSPECT: Mark.SUSPECT,
    Verdict.DEAD: Mark.DEAD,
    Verdict.SOFT_404: Mark.SUSPECT,
    Verdict.PARKED: Mark.SUSPECT,
    Verdict.TLS_INVALID: Mark.SUSPECT,
    Verdict.EXCLUDED: Mark.NONE,
}
# Inside running text only what a reader must know before a click is said.
_SAID_IN_TEXT = (Mark.DEAD, Mark.SUSPECT)


def mark_of(link: Link, now: datetime) -> Mark:
    """What a reader is told of ``link`` at ``now``, by its verdict and what a person decided."""
    return MARK_OF[link.effective_verdict(now)]


def find_marks(urls: Sequence[str]) -> Mapping[str, LinkMark]:
    """Marks of those of a text's outside links that are dead or may be; one query."""
    return _find(urls, _SAID_IN_TEXT)


def find_source_marks(urls: Sequence[str]) -> Mapping[str, LinkMark]:
    """Marks of all those links that were verified, whatever came of it; one query."""
    return _find(urls, [mark for mark in Mark if mark != Mark.NONE])


def mark_in_text(link: Link) -> LinkMark | None:
    """What is said of ``link`` in running text: only that it is dead, or may be."""
    return _text_mark(link) if link.mark in _SAID_IN_TEXT else None


def _find(urls: Sequence[str], marks: Sequence[Mark]) -> Mapping[str, LinkMark]:
    addresses: dict[str, list[str]] = {}
    for url in urls:
        try:
            addresses.setdefault(link_url(url)[0], []).append(url)
        except InvalidUrl:
            continue
    links = Link.objects.filter(url__in=list(addresses), mark__in=marks)
    return {url: _text_mark(link) for link in links for url in addresses[link.url]}


def _text_mark(link: Link) -> LinkMark:
    if link.mark == Mark.DEAD:
        day = date_format(link.verdict_since, "j F Y")
        return LinkMark(state="dead", label=_("dead since %(day)s") % {"day": day})
    if link.mark == Mark.SUSPECT:
        return LinkMark(state="unsure", label=_("may be broken"))
    return LinkMark(state=link.mark, label=str(Mark(link.mark).label))
