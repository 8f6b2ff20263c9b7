"""Words of others inside a sentence of ours."""

from __future__ import annotations

import unicodedata


def isolated(text: str) -> str:
    """Text in another direction kept from turning what stands around it (UAX #9)."""
    turns = any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)
    return f"\u2068{text}\u2069" if turns else text
