"""The badge that a README shows: how many of the links were verified."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Final

from django.utils.translation import gettext as _

from insights.link_figures import Share

GOOD: Final = 95  # per cent from which the badge is green
FAIR: Final = 80
_COLOURS: Final = {"good": "#1f7a4d", "fair": "#8a6100", "poor": "#b3261e", "unknown": "#5c6660"}
# Widths in Verdana 11 px, the font of such badges, by sorts of characters.
_NARROW: Final = frozenset("fijlrt .,:;|!'()[]")
_WIDE: Final = frozenset("mwMW%@")
_PADDING: Final = 10


@dataclass(frozen=True)
class Badge:
    """Two words side by side with their widths in pixels; all text is over its middle."""

    label: str
    value: str
    colour: str
    label_width: int
    value_width: int

    @property
    def width(self) -> int:
        return self.label_width + self.value_width

    @property
    def label_middle(self) -> float:
        return self.label_width / 2

    @property
    def value_middle(self) -> float:
        return self.label_width + self.value_width / 2


def make_badge(share: Share | None) -> Badge:
    """The badge of some links; an honest one where nothing was looked at yet.

    The per cent are rounded down: 99.9 % verified are not all.
    """
    percent = share.verified_percent if share else None
    if percent is None:
        return _badge(_("not verified yet"), "unknown")
    name = "good" if percent >= GOOD else "fair" if percent >= FAIR else "poor"
    return _badge(_("%(percent)d %% verified") % {"percent": floor(percent)}, name)


def _badge(value: str, name: str) -> Badge:
    label = _("links")
    return Badge(label, value, _COLOURS[name], _width(label), _width(value))


def _width(text: str) -> int:
    return 2 * _PADDING + round(sum(_width_of(char) for char in text))


def _width_of(char: str) -> float:
    if char in _NARROW:
        return 4.2
    if ord(char) > 0x2E7F:
        return 11.0
    return 10.2 if char in _WIDE else 7.0
