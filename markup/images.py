"""Pictures of the site itself: their names say how large they are.

So that a page that shows one asks nobody, and nothing on it moves while the picture comes.
"""

import re
from dataclasses import dataclass

IMAGES_PATH = "/images/"
#: The beginning of the SHA-256 of the file, width and height, and the kind.
IMAGE_NAME = r"[0-9a-f]{32}-[1-9][0-9]{0,3}x[1-9][0-9]{0,3}\.(?:png|jpg|webp|gif)"

_SOURCE = re.compile(
    rf"{IMAGES_PATH}(?P<name>[0-9a-f]{{32}}-(?P<width>\d+)x(?P<height>\d+)\.\w+)", re.ASCII
)
_NAME = re.compile(IMAGE_NAME)


@dataclass(frozen=True, slots=True)
class Picture:
    """An uploaded picture as a text names it; sizes in pixels."""

    name: str
    width: int
    height: int


def find_picture(source: str) -> Picture | None:
    """Return the uploaded picture at the address ``source``, None where it is none."""
    found = _SOURCE.fullmatch(source)
    if found is None or _NAME.fullmatch(found["name"]) is None:
        return None
    return Picture(found["name"], int(found["width"]), int(found["height"]))
