"""The kinds of cases that links open."""

from typing import Final

DEAD_LINK: Final = "dead_link"
MOVED_LINK: Final = "moved_link"
