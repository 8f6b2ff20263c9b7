"""Editing one part of a page: what the form shows, and where what it sends belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from markup.parts import Part, find_lines, find_part, replace_part

if TYPE_CHECKING:
    from wiki.models import Page

_BOXES: Final = "blockquote|ul|ol|div|section|table"
_BOX_OF_HEADING: Final = '<div class="heading">'
_MARKS: Final = re.compile(
    rf"(?!{_BOX_OF_HEADING})<(/?)(?:{_BOXES})\b[^>]*>"
    # Behind the heading; in pages that wait to be rendered again it is the last of the heading.
    r'|(<a class="heading-anchor" href="#[^"]*"[^>]*>(?:</a>|#</a>))(</div>|</h[1-6]>)'
)


@dataclass(frozen=True, kw_only=True)
class PartEdit:
    """The whole text with an edited part in its place, and what the part was called.

    ``lines`` are those of the part, from 0 and half open.
    """

    body: str
    title: str
    lines: tuple[int, int]


class PartGoneError(ValidationError):
    """The part that was edited stands in no text that it could be put into.

    ``body`` is the page's text as it stands with what was typed at its end.
    """

    def __init__(self, body: str) -> None:
        super().__init__(
            _(
                "The heading that you edited was renamed or removed meanwhile, so the whole page is"
                " below, with what you typed at its end. Put it where it belongs and save."
            )
        )
        self.body = body


def put_in_page(page: Page, base_version: int, part_id: str, source: str) -> PartEdit:
    """``source`` in the place of a part of the revision that it was written against.

    Of an unknown one, or one whose text is hidden, in the page as it stands: the edit then
    conflicts with that, since its base is unknown. Raises :class:`PartGoneError`.
    """
    text = _find_text(page, base_version)
    part = find_part(text, part_id)
    if part is None:
        raise PartGoneError(f"{page.body.rstrip()}\n\n{source}")
    return PartEdit(
        body=replace_part(text, part, source), title=part.title, lines=find_lines(part, source)
    )


def has_part(text: str, part_id: str) -> bool:
    """Whether a heading of ``text`` has that anchor."""
    return find_part(text, part_id) is not None


def _find_text(page: Page, version: int) -> str:
    if version == page.version:
        return page.body
    row: Any = page.history.filter(version=version).first()
    return page.body if row is None or row.hides_text else row.body


def add_edit_links(html: str, page: Page, contents: Sequence[Mapping[str, Any]]) -> SafeString:
    """A page's HTML with a link at each heading that edits its part.

    Not part of what is stored: it belongs to the page's own address. ``contents`` has the rows of
    the contents list, in the order of the headings.
    """
    address = reverse("wiki:page_edit", args=[page.slug])
    headings = iter(contents)
    depth = 0

    def link(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2] is None:
            depth += -1 if match[1] else 1
            return match[0]
        heading = next(headings, None)
        if depth or heading is None:
            return match[0]
        return match[2] + _edit_link(address, heading) + match[3]

    return mark_safe(_MARKS.sub(link, html))  # noqa: S308 (the renderer's HTML, and our link)


def _edit_link(address: str, heading: Mapping[str, Any]) -> str:
    return format_html(
        ' <a class="section-edit" href="{}?{}" rel="nofollow" aria-label="{}">{}</a>',
        address,
        urlencode({"section": heading["id"]}),
        _("Edit this part: %(heading)s") % {"heading": heading["text"]},
        _("Edit"),
    )


def explain_part(part: Part | None, is_asked: bool) -> str:
    """What is said where a part is asked for that the page does not have."""
    if part is not None or not is_asked:
        return ""
    return _("This part is not on the page any more: its heading was renamed or removed.")
