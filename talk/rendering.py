"""A post's Markdown as safe HTML, and whom it mentions."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import translation

from accounts.models import User
from markup.rendering import render_markdown

MAX_MENTIONS: Final = 10  # in one post: more is nobody's question
_MENTION: Final = re.compile(r"(?<![\w/.@-])@(?P<name>\w[\w.-]{1,38}\w)")
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def render_post(text: str) -> str:
    """The renderer of pages, without lists and wiki links: what is embedded stays literal.

    Raises :class:`markup.rendering.OutputTooLarge`.
    """
    with translation.override(settings.LANGUAGE_CODE):
        return render_markdown(text)


def find_mentioned(text: str) -> list[User]:
    """The accounts that ``@name`` in ``text`` means, without code; one query."""
    found = (match["name"].casefold() for match in _MENTION.finditer(_CODE.sub(" ", text)))
    names = list(dict.fromkeys(found))[:MAX_MENTIONS]
    if not names:
        return []
    condition = Q()
    for name in names:
        condition |= Q(Exact(Lower("username"), Lower(Value(name))))
    return list(User.objects.filter(condition, is_active=True).order_by("pk"))


def quote(text: str) -> str:
    """``text`` as a quotation, to be answered below."""
    return "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines()[:200]) + "\n"
