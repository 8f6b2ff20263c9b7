"""Pictures made for tests."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image as Pillow

from accounts.models import User
from wiki.image_models import Image
from wiki.images import upload_image


def draw(size: tuple[int, int] = (8, 6), *, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture of that size, red on the left half."""
    image = Pillow.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def upload(by: User, data: bytes | None = None, *, alt: str = "A diagram") -> Image:
    """A picture that is here."""
    return upload_image(data=data or draw(), alt=alt, credit="Ana, CC BY 4.0", by=by)[0]
