"""Fingerprints of texts: near-equal texts have near-equal ones."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

_SKETCH_SIZE = 16  # words of a fingerprint; each is 8 hexadecimal digits
_TAG = re.compile(rb"<[^<>]*>")
#: Everything but letters becomes a space: clocks and counters change, words stay.
_LETTERS = bytes(sign if 97 <= sign <= 122 or sign >= 128 else 32 for sign in range(256))


def make_fingerprint(lowered: bytes) -> str:
    """Return a fingerprint of a text in lower case: near-equal texts have near-equal ones.

    A bottom-k sketch (Broder 1997): the least 16 of the CRC-32 sums of all different words, as
    hexadecimal digits, 128 at most. Empty for an empty text. ``compare_fingerprints`` reads it.
    """
    if not lowered:
        return ""
    return sketch(find_words(lowered) or {lowered})


def find_words(lowered: bytes) -> set[bytes]:
    """Return the different words of a text in lower case: runs of letters outside markup."""
    # What stands between tags repeats itself: menus, indentation, cells of tables.
    parts = {*_TAG.split(_without_programs(lowered))}
    return set(b" ".join(parts).translate(_LETTERS).split())


def sketch(words: Iterable[bytes]) -> str:
    """Return the fingerprint of a set of words; empty for none."""
    least = sorted(map(zlib.crc32, words))[:_SKETCH_SIZE]
    return struct.pack(f">{len(least)}I", *least).hex()


def fingerprint_page(lowered: bytes, words: set[bytes], url: str) -> str:
    """Return the fingerprint of a page without the words of its address.

    Many an error repeats the address that it was asked for: what is left is alike for all.
    """
    if not lowered:
        return ""
    own = unquote_to_bytes(url.partition("#")[0].lower().partition("://")[2].partition("/")[2])
    return sketch(words - set(own.lower().translate(_LETTERS).split()) or words or {lowered})


def _without_programs(lowered: bytes) -> bytes:
    """Return what stands outside of scripts and styles; linear whatever the input."""
    for element in (b"script", b"style"):
        if b"<" + element in lowered:
            lowered = b" ".join(_iterate_outside(lowered, b"<" + element, b"</" + element))
    return lowered


def _iterate_outside(text: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    """Yield the parts of ``text`` before, between and after the spans from opening to closing."""
    position = 0
    while (start := text.find(opening, position)) >= 0:
        yield text[position:start]
        position = text.find(closing, start)
        if position < 0:
            return
    yield text[position:]


def compare_fingerprints(first: str, second: str) -> float:
    """Return how alike two texts are, from 0 to 1 (an estimate of the Jaccard index)."""
    if not first or not second:
        return 0.0
    one, other = _split_sketch(first), _split_sketch(second)
    least = set(sorted(one | other)[:_SKETCH_SIZE])
    return len(least & one & other) / len(least)


def _split_sketch(fingerprint: str) -> set[str]:
    return {fingerprint[start : start + 8] for start in range(0, len(fingerprint), 8)}
