"""The beginning of a body: decoded within bounds, and its title."""

from __future__ import annotations

import re
import zlib
from html import unescape
from typing import Protocol

MAX_TITLE = 200
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)


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
