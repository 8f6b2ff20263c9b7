"""What is said of an edit whose author said nothing: a page is new, emptied, or another text."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from markup.matching import find_matches

QUOTED: Final = 120  # characters of the new text
LEAST: Final = 200  # characters of an old text that is worth the word "replaced"
KEPT: Final = 0.1  # the part of an old text up to which it counts as replaced
MAX_COMPARED: Final = 100_000


def summarise(before: str | None, after: str) -> str:
    """A summary in the site's language, "" where an edit explains itself; None is a new page."""
    with translation.override(settings.LANGUAGE_CODE):
        if before is None:
            text = _("New page: “%(start)s”") if after.strip() else _("New page")
        elif before.strip() and not after.strip():
            text = _("Emptied the page")
        elif _is_replaced(before, after):
            text = _("Replaced the text by “%(start)s”")
        else:
            return ""
        start = Truncator(" ".join(after[: 4 * QUOTED].split())).chars(QUOTED)
        return text % {"start": start}


def _is_replaced(before: str, after: str) -> bool:
    if not LEAST <= len(before) <= MAX_COMPARED or len(after) > MAX_COMPARED:
        return False
    old, new = before.split(), after.split()
    kept = sum(length for _old, _new, length in find_matches(old, new))
    return kept <= KEPT * len(old)
