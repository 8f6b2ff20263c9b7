"""A stranger's picture made into a file that can be served: decoded, and written anew.

Nothing of what was sent is kept but the pixels: no metadata (where, when and with what a
photograph was made), no second file behind the first. The name is made of the content.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageOps, ImageSequence

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
CONTENT_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
MAX_PIXELS: Final = 24_000_000  # of what is sent
MAX_SIDE: Final = 2_000  # of what is kept; larger ones are made smaller
MAX_FRAMES: Final = 100
MAX_ANIMATED_PIXELS: Final = 12_000_000  # of all frames together
_LONGEST_FRAME_MS: Final = 60_000
_DRAWING = (b"<svg", b"<?xml", b"<!doctype svg")


@dataclass(frozen=True)
class PreparedImage:
    """A picture as it is stored; ``name`` says its content, its size and its kind."""

    name: str
    data: bytes
    width: int
    height: int


def prepare_image(data: bytes) -> PreparedImage:
    """Return the picture in ``data`` ready to be stored.

    Upright, without metadata, no side over ``MAX_SIDE``. An animation stays one, as a GIF. Raises
    ValidationError, with words for people, for what is no picture, too large or no such kind.
    """
    if len(data) > settings.MAX_IMAGE_BYTES:
        raise ValidationError(too_large())
    _refuse_drawing(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            return _prepare(data)
    except ValidationError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:
        raise ValidationError(
            _("This file cannot be read as a PNG, JPEG, WebP or GIF picture.")
        ) from None


def too_large() -> str:
    """What is said of a file over the limit."""
    limit = settings.MAX_IMAGE_BYTES // 1024 // 1024
    return _("The file is too large: at most %(limit)d MB are possible.") % {"limit": limit}


def _refuse_drawing(data: bytes) -> None:
    beginning = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(_DRAWING) and b"<svg" in data[:65536].lower():
        raise ValidationError(
            _("SVG is not possible: it can hold programs. Save the drawing as PNG or WebP.")
        )


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has too many pixels: at most %(limit)d million are possible.")
        % {"limit": MAX_PIXELS // 1_000_000}
    )


def _prepare(data: bytes) -> PreparedImage:
    # Only the head is read here: what it says of the size is judged before anything is decoded.
    image = Pillow.open(BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    if getattr(image, "n_frames", 1) > 1:
        return _animation(image)
    kind = {"JPEG": "jpg", "WEBP": "webp"}.get(image.format or "", "png")
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is made smaller as it is decoded
    upright = ImageOps.exif_transpose(image)
    still = _bare(upright, has_alpha=kind != "jpg" and upright.has_transparency_data)
    still.thumbnail((MAX_SIDE, MAX_SIDE))
    out = BytesIO()
    options = {
        "jpg": {"format": "JPEG", "quality": 85, "optimize": True, "progressive": True},
        "webp": {"format": "WEBP", "quality": 85, "method": 4},
        "png": {"format": "PNG", "optimize": True},
    }[kind]
    still.save(out, **options)  # type: ignore[arg-type]
    return _named(out.getvalue(), still.size, kind)


def _bare(image: Pillow.Image, *, has_alpha: bool) -> Pillow.Image:
    """The pixels of ``image`` and nothing else."""
    bare = image.convert("RGBA" if has_alpha else "RGB")
    bare.info = {}
    return bare


def _animation(image: Pillow.Image) -> PreparedImage:
    frames = getattr(image, "n_frames", 1)
    if image.format != "GIF":
        raise ValidationError(_("An animation is possible as GIF only."))
    is_large = max(image.size) > MAX_SIDE
    if is_large or frames > MAX_FRAMES or frames * image.width * image.height > MAX_ANIMATED_PIXELS:
        raise ValidationError(
            _("The animation is too large: at most %(frames)d frames, %(pixels)d million pixels.")
            % {"frames": MAX_FRAMES, "pixels": MAX_ANIMATED_PIXELS // 1_000_000}
        )
    stills, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(min(max(int(frame.info.get("duration", 100)), 20), _LONGEST_FRAME_MS))
        stills.append(_bare(frame, has_alpha=True))
    out = BytesIO()
    stills[0].save(
        out,
        format="GIF",
        save_all=True,
        append_images=stills[1:],
        duration=durations,
        loop=0,
        disposal=2,
    )
    return _named(out.getvalue(), stills[0].size, "gif")


def _named(data: bytes, size: tuple[int, int], kind: str) -> PreparedImage:
    width, height = size
    digest = hashlib.sha256(data).hexdigest()[:32]
    return PreparedImage(f"{digest}-{width}x{height}.{kind}", data, width, height)


def image_path(name: str) -> Path:
    """Where the file of that name stands."""
    return Path(settings.MEDIA_ROOT) / "images" / name[:2] / name


def store_image(image: PreparedImage) -> None:
    """Write the file, whole or not at all; safe to run twice."""
    path = image_path(image.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(image.data)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
