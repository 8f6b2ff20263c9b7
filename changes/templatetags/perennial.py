"""Small parts that templates of all apps share."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import Page
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeData, SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.models import User
from changes.diff_html import inline_table, split_table
from config.structured import card
from markup.diffing import Diff

register = template.Library()

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_MONTH: Final = 30 * _DAY
_YEAR: Final = 365 * _DAY

_PAST: Final = {
    _MINUTE: ngettext_lazy("%d minute ago", "%d minutes ago"),
    _HOUR: ngettext_lazy("%d hour ago", "%d hours ago"),
    _DAY: ngettext_lazy("%d day ago", "%d days ago"),
    _MONTH: ngettext_lazy("%d month ago", "%d months ago"),
    _YEAR: ngettext_lazy("%d year ago", "%d years ago"),
}
_FUTURE: Final = {
    _MINUTE: ngettext_lazy("in %d minute", "in %d minutes"),
    _HOUR: ngettext_lazy("in %d hour", "in %d hours"),
    _DAY: ngettext_lazy("in %d day", "in %d days"),
    _MONTH: ngettext_lazy("in %d month", "in %d months"),
    _YEAR: ngettext_lazy("in %d year", "in %d years"),
}

# The order in which a meter shows them, and how much of its height (8) each takes: what needs
# help stands out by its size too, not by its colour alone.
_METER_HEIGHTS: Final = {"ok": 4, "unsure": 2, "moved": 6, "dead": 8}


@register.simple_tag
def ago(value: datetime | None) -> str:
    """Return a ``time`` element: how long ago (or how soon), exact time and zone on hover."""
    if value is None:
        return _("never")
    exact = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        exact.isoformat(timespec="seconds"),
        date_format(exact, "DATETIME_FORMAT"),
        describe_distance(value - timezone.now()),
    )


def describe_distance(distance: timedelta) -> str:
    """Say a distance in time in words, in its largest unit: ``3 days ago``, ``in 2 hours``."""
    seconds = int(abs(distance.total_seconds()))
    is_past = distance <= timedelta(0)
    if seconds < _MINUTE:
        return _("just now") if is_past else _("in a moment")
    unit = next(unit for unit in (_YEAR, _MONTH, _DAY, _HOUR, _MINUTE) if seconds >= unit)
    count = seconds // unit
    return (_PAST if is_past else _FUTURE)[unit] % count


@register.simple_tag
def duration(length: timedelta) -> str:
    """Return how long something took in words, in days from two of them on: ``5 hours``."""
    seconds = int(length.total_seconds())
    if seconds < _MINUTE:
        return _("less than a minute")
    if seconds < 2 * _HOUR:
        count = round(seconds / _MINUTE)
        return ngettext("%d minute", "%d minutes", count) % count
    if seconds < 2 * _DAY:
        count = round(seconds / _HOUR)
        return ngettext("%d hour", "%d hours", count) % count
    count = round(seconds / _DAY)
    return ngettext("%d day", "%d days", count) % count


@register.simple_tag
def user_link(user: User | None, label: str = "") -> SafeString:
    """Return the name of an account, leading to its profile; bots are marked in words.

    ``label`` is what a revision stored as its author's name; without ``user`` (an account that is
    no more) it stands alone. Both empty: the words for nobody in particular.
    """
    if user is None:
        return format_html("<bdi>{}</bdi>", label or _("somebody"))
    link = format_html(
        '<a class="user" href="{}"><bdi>{}</bdi></a>', user.get_absolute_url(), label or user.label
    )
    return format_html('{} <span class="tag">{}</span>', link, _("bot")) if user.is_bot else link


@register.simple_tag(takes_context=True)
def next_query(context: template.Context) -> str:
    """Return ``?next=…`` that leads back to this page after signing in; empty where it should not.

    Not back to a form that was posted (its text is gone), nor to the account pages themselves.
    """
    request = context.get("request")
    if request is None or request.method != "GET" or request.path.startswith("/accounts/"):
        return ""
    address = request.get_full_path()
    return "" if address == "/" else "?" + urlencode({"next": address})


@register.simple_tag
def page_numbers(page: "Page[object]") -> Iterator[str | int]:
    """Return the numbers to link to around ``page``, with an ellipsis where some are left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.simple_tag
def meter(ok: int = 0, moved: int = 0, dead: int = 0, unsure: int = 0) -> SafeString:
    """Return a bar of how many links are in which health; nothing where there are none.

    An SVG, since the Content-Security-Policy allows no ``style`` attribute for the widths.
    """
    counts = {"ok": ok, "unsure": unsure, "moved": moved, "dead": dead}
    total = sum(counts.values())
    if not total:
        return SafeString("")
    words = {
        "ok": _("%d verified") % ok,
        "unsure": _("%d could not be verified") % unsure,
        "moved": _("%d moved") % moved,
        "dead": _("%d dead") % dead,
    }
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>',
        ", ".join(words[name] for name, count in counts.items() if count),
        format_html_join(
            "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', _bars(counts, total)
        ),
    )


def _bars(counts: dict[str, int], total: int) -> Iterator[tuple[str, str, float, str, int]]:
    """Yield class, x, y, width and height of each bar; a count is never too thin to be seen."""
    shown = {name: max(count / total * 100, 2.5) for name, count in counts.items() if count}
    scale, x = 100 / sum(shown.values()), 0.0
    for name, share in shown.items():
        height, width = _METER_HEIGHTS[name], share * scale
        gap = 0.8 if x + width < 99.9 else 0
        yield name, f"{x:.2f}", (8 - height) / 2, f"{width - gap:.2f}", height
        x += width


@register.simple_tag
def diff_table(diff: Diff, view: str = "inline", label: str = "") -> SafeString:
    """Return what changed in a text as a table: ``inline`` or ``split`` (side by side)."""
    draw = split_table if view == "split" else inline_table
    return draw(diff, label or _("What changed"))


@register.simple_tag
def json_ld(data: dict[str, Any]) -> SafeString:
    """Return a block of structured data; nothing in it ends the element or begins another."""
    text = json.dumps(data, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return SafeString(f'<script type="application/ld+json">{text}</script>')


@register.inclusion_tag("_social_card.html", takes_context=True)
def social_card(context: template.Context, title: str, about: str) -> dict[str, Any]:
    """Return the description of a page and its card, as views give them where they show objects.

    What ``blocktranslate`` made is escaped already, and is escaped once more where it is shown.
    """
    words = [unescape(text) if isinstance(text, SafeData) else text for text in (title, about)]
    known = {name: context.get(name, "") for name in ("canonical_url", "site_name")}
    return {"card": card(title=words[0], description=words[1]), **known}


@register.simple_tag
def size_difference(count: int) -> SafeString:
    """Return by how many bytes a text grew or shrank: a sign, and words for screen readers."""
    if not count:
        return format_html('<span title="{}">±0</span>', _("no change in size"))
    words = ngettext("%d byte more", "%d bytes more", count) % count
    if count < 0:
        words = ngettext("%d byte less", "%d bytes less", -count) % -count
    return format_html(
        '<span class="{}" title="{}">{}{}</span>',
        "size-more" if count > 0 else "size-less",
        words,
        "+" if count > 0 else "−",
        intcomma(abs(count)),
    )
