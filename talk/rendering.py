"""A post's Markdown as safe HTML, and whom it mentions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from markup.mentions import fill_mentions, find_marked
from markup.rendering import find_mentions, render_markdown

MAX_MENTIONS: Final = 10  # in one post: more is nobody's question


def render_post(text: str) -> str:
    """The renderer of pages, without lists and wiki links: what is embedded stays literal.

    Mentions are marked; :func:`link_mentions` leads them to people as they are when it is shown.
    Raises :class:`markup.rendering.OutputTooLarge`.
    """
    with translation.override(settings.LANGUAGE_CODE):
        return render_markdown(text, most_mentions=MAX_MENTIONS)


def find_mentioned(text: str) -> list[User]:
    """The accounts that ``@name`` in ``text`` means, without code and links; one query."""
    return sorted(_find_named(find_mentions(text, MAX_MENTIONS)), key=lambda user: user.pk)


def link_mentions(htmls: Sequence[str], *, site_url: str = "") -> list[SafeString]:
    """HTML of posts with a link to each account that is mentioned; one query for all, if any.

    Of names that nobody has, or nobody any more, the text stands alone. With ``site_url`` the
    addresses are whole.
    """
    names = {name.lower() for html in htmls for name in find_marked(html)}
    people = {user.username.lower(): user for user in _find_named(names)}

    def link(name: str) -> str:
        user = people.get(name.lower())
        if user is None:
            return ""
        address = f"{site_url}{user.get_absolute_url()}"
        return format_html('<a class="user" href="{}"><bdi>@{}</bdi></a>', address, name)

    return [fill_mentions(html, link) for html in htmls]


def _find_named(names: Collection[str]) -> list[User]:
    """Accounts that somebody can sign in with, by their names in whatever case."""
    if not names:
        return []
    # Both sides by the database, which alone knows what its index takes for equal.
    wanted = [Lower(Value(name)) for name in sorted(names)]
    people = User.objects.annotate(lowered=Lower("username")).filter(is_active=True)
    return list(people.filter(lowered__in=wanted))


def quote(text: str) -> str:
    """``text`` as a quotation, to be answered below."""
    return "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines()[:200]) + "\n"
