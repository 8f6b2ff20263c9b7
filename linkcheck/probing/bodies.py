"""The beginning of a body: decoded within bounds, its title, and a fingerprint of its text."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from html import unescape
from typing import Protocol

MAX_TITLE = 200
_SKETCH_SIZE = 16  # words of a fingerprint; each is 8 hexadecimal digits
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_TAG = re.compile(rb"<[^<>]*>")
#: Everything but letters becomes a space: clocks and counters change, words stay.
_LETTERS = bytes(sign if 97 <= sign <= 122 or sign >= 128 else 32 for sign in range(256))


class ByteStream(Protocol):
    """What is needed of aiohttp's StreamReader."""

    async def readany(self) -> bytes: ...


class Inflater:
    """Decodes gzip and deflate into ``output`` bit by bit, never beyond ``limit`` bytes."""

    def __init__(self, encoding: str, limit: int, output: bytearray) -> None:
        self._limit = limit
        self._output = output
        self._is_deflate = encoding == "deflate"
        self._decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by header
        self._is_begun = False

    def feed(self, chunk: bytes) -> bool:
        """Add ``chunk``; return whether more is wanted. Raises zlib.error for what is neither."""
        room = self._limit - len(self._output)
        try:
            self._output += self._decoder.decompress(chunk, room)
        except zlib.error:
            if self._is_begun or not self._is_deflate:
                raise
            # Half of the servers that say "deflate" send it without the zlib header.
            self._decoder = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
            self._output += self._decoder.decompress(chunk, room)
        self._is_begun = True
        return len(self._output) < self._limit and not self._decoder.eof


async def read_start(
    stream: ByteStream, body: bytearray, *, encoding: str, max_body: int, max_wire: int
) -> None:
    """Read ``stream`` into ``body`` until it ends or ``max_body`` decoded bytes are there.

    ``body`` keeps what came before an error or a deadline. An encoding we never asked for
    (brotli) is not decoded at all: nothing is inflated, ``body`` stays empty.
    """
    if encoding in ("", "identity"):
        while len(body) < max_body and (chunk := await stream.readany()):
            body += chunk[: max_body - len(body)]
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return
    inflater = Inflater(encoding, max_body, body)
    wire = 0
    while wire < max_wire and (chunk := await stream.readany()):
        wire += len(chunk)
        if not inflater.feed(chunk):
            return


def is_html(content_type: str, body: bytes | bytearray) -> bool:
    """Return whether a body is to be read as HTML; without a type, by its first characters."""
    if content_type:
        return "html" in content_type[:100].lower()
    return body[:200].lstrip()[:1] == b"<"


def find_title(body: bytes, lowered: bytes, content_type: str = "") -> str:
    """Return the text of the first ``<title>`` in one line, at most MAX_TITLE characters.

    ``lowered`` is ``body`` in lower case. Plain searches instead of a parser: 64 KiB of hostile
    markup cost no more than 64 KiB.
    """
    start = lowered.find(b"<title")
    if start < 0 or (opened := lowered.find(b">", start)) < 0:
        return ""
    end = lowered.find(b"<", opened)
    raw = body[opened + 1 : end if end >= 0 else opened + 4 * MAX_TITLE][: 8 * MAX_TITLE]
    text = unescape(_decode(raw, body[:1024], content_type))
    return " ".join(text.replace("\0", "").split())[:MAX_TITLE]


def _decode(raw: bytes, head: bytes, content_type: str) -> str:
    declared = _CHARSET.search(content_type.encode("ascii", "replace")) or _CHARSET.search(head)
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return raw.decode(encoding, "replace")
    except (LookupError, UnicodeError):  # no such encoding, or one that is not for text
        return raw.decode("utf-8", "replace")


def make_fingerprint(lowered: bytes) -> str:
    """Return a fingerprint of a text in lower case: near-equal texts have near-equal ones.

    A bottom-k sketch (Broder 1997): the least 16 of the CRC-32 sums of all different words, as
    hexadecimal digits, 128 at most. Empty for an empty text. ``compare_fingerprints`` reads it.
    """
    if not lowered:
        return ""
    words = set(_strip_markup(lowered).translate(_LETTERS).split()) or {lowered}
    least = sorted(map(zlib.crc32, words))[:_SKETCH_SIZE]
    return struct.pack(f">{len(least)}I", *least).hex()


def _strip_markup(lowered: bytes) -> bytes:
    """Return what stands between tags, without scripts and styles; linear whatever the input."""
    for element in (b"script", b"style"):
        if b"<" + element in lowered:
            lowered = b" ".join(_iterate_outside(lowered, b"<" + element, b"</" + element))
    return _TAG.sub(b" ", lowered)


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
