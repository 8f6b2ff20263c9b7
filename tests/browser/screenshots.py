"""Pages as build output, for people who look at them: nothing compares the pictures."""

from collections.abc import Sequence
from typing import Literal, Protocol

from django.conf import settings
from playwright.sync_api import Page

FOLDER = settings.BASE_DIR / "build" / "screenshots"

Theme = Literal["light", "dark"]
BOTH_THEMES: Sequence[Theme] = ("light", "dark")
WIDE_AND_NARROW = (1280, 390)


class Picture(Protocol):
    """What the fixture ``picture`` is."""

    def __call__(
        self, page: Page, name: str, *, themes: Sequence[Theme] = ..., widths: Sequence[int] = ...
    ) -> None: ...


def keep_picture(
    page: Page, name: str, *, themes: Sequence[Theme] = ("light",), widths: Sequence[int] = ()
) -> None:
    """Write a whole page, as it stands, into ``build/screenshots/``.

    In each of the ``themes``, and in windows of the ``widths`` instead of its own; it fails where
    the page is wider than the window.
    """
    size = page.viewport_size
    assert size is not None
    for width in widths or [size["width"]]:
        page.set_viewport_size({"width": width, "height": size["height"]})
        for theme in themes:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size(size)
