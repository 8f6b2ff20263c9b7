"""Words of others inside a sentence of ours."""

from __future__ import annotations

import unicodedata


def isolated(text: str) -> str:
    """Text in another direction kept from turning what stands around it (UAX #9)."""
    turns = any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)
    return f"\u2068{text}\u2069" if turns else text


def without_isolates(text: str) -> str:
    """``text`` for where such signs are shown as they are: the subject of a mail."""
    return text.replace("\u2068", "").replace("\u2069", "")
