"""One attempt at an address: its redirects followed by hand, each hop guarded anew (policy 8)."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import ada_url
import aiohttp

from linkcheck.fingerprints import find_words, fingerprint_page
from linkcheck.guard import ParsedTarget, check_url
from linkcheck.observations import ErrorKind, Hop, Observation, Sign, TlsProblem
from linkcheck.probing.answers import (
    clean_location,
    clean_text,
    keep_headers,
    parse_retry_after,
)
from linkcheck.probing.bodies import find_title, is_html, read_start
from linkcheck.probing.cookies import TinyJar
from linkcheck.probing.exchange import Exchange, Reply
from linkcheck.probing.failures import classify_certificate, lacks_intermediate
from linkcheck.probing.fragments import check_fragments
from linkcheck.probing.parking import find_parking
from linkcheck.probing.settings import ProbeSettings
from linkcheck.probing.signs import find_signs
from linkcheck.probing.walls import find_wall

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WITHOUT_BODY = frozenset({204, 304})

#: Waits until an address may be asked; 0, or the seconds after which to try again instead.
WaitForTurn = Callable[[str], Awaitable[int]]


class Chain:
    """What one attempt has seen so far; whatever ends it, ``observe`` tells what there is."""

    def __init__(
        self,
        exchange: Exchange,
        settings: ProbeSettings,
        url: str,
        method: str,
        conditions: dict[str, str],
        clock: Callable[[], datetime],
        fragments: tuple[str, ...] = (),
    ) -> None:
        self._exchange = exchange
        self._fragments = fragments
        self._settings = settings
        self._url = url
        self._method = method
        self._conditions = conditions
        self._at = clock()
        self._jar = TinyJar()
        self._hops: list[Hop] = []
        self._asked = False
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._note = ""
        self._error = ErrorKind.NONE
        self._tls_problem = TlsProblem.NONE
        self._only_classifies = False
        self._rest_s = 0

    async def follow(self, wait_for_turn: WaitForTurn | None = None) -> None:
        """Ask, and follow redirects to their end. Raises what aiohttp and the guard raise.

        ``wait_for_turn`` is awaited before each request but the first.
        """
        url = self._url
        seen: set[tuple[str, str]] = set()
        while True:
            self._hops.append(Hop(clean_text(url), None))
            target = check_url(url, self._settings.guard)
            self._hops[-1] = Hop(target.href, None)
            if wait_for_turn and len(self._hops) > 1:
                self._rest_s = await wait_for_turn(target.href)
                if self._rest_s:
                    return self._fail(ErrorKind.TARGET_RESTS, "")
            cookie = self._jar.header_for(target.scheme, target.host)
            location = await self._ask(target, cookie)
            if location is None:
                return None
            # With another cookie the same address may answer otherwise: no loop yet.
            if (target.href, cookie) in seen:
                return self._fail(ErrorKind.REDIRECT_LOOP, "the addresses lead to each other")
            seen.add((target.href, cookie))
            if len(self._hops) > self._settings.max_redirects:
                return self._fail(
                    ErrorKind.TOO_MANY_REDIRECTS, f"over {self._settings.max_redirects}"
                )
            try:
                url = _join(target.href, location)
            except ValueError:
                return self._fail(ErrorKind.PROTOCOL, "a redirect to what is no address")

    def _fail(self, error: ErrorKind, note: str) -> None:
        self._error, self._note = error, note

    async def _ask(self, target: ParsedTarget, cookie: str) -> str | None:
        """Ask one hop; return where it leads, or None if it is the end."""
        headers = self._conditions
        if cookie:
            headers = {**headers, "Cookie": cookie}
        self._asked = True
        try:
            reply = await self._exchange.ask(self._method, target, headers)
        except aiohttp.ClientConnectorCertificateError as error:
            reply = await self._look_unverified(target, error.certificate_error)
        try:
            return await self._read(reply, target)
        finally:
            reply.release()

    async def _look_unverified(self, target: ParsedTarget, error: Exception) -> Reply:
        problem = classify_certificate(error)
        reply, leaf = await self._exchange.ask_unverified(self._method, target)
        if lacks_intermediate(error, leaf):
            problem = TlsProblem.MISSING_INTERMEDIATE
        else:
            self._only_classifies = True
        self._tls_problem = self._tls_problem or problem
        return reply

    async def _read(self, reply: Reply, target: ParsedTarget) -> str | None:
        status = reply.head.status
        self._status = status
        self._hops[-1] = Hop(target.href, status)
        self._headers = keep_headers(reply.head.fields)
        if self._only_classifies:
            return None
        if status in REDIRECTS:
            location = next(iter(reply.head.get_all("location")), None)
            if location is None:
                self._fail(ErrorKind.PROTOCOL, "a redirect without Location")
                return None
            for header in reply.head.get_all("set-cookie"):
                self._jar.store(header, target.host)
            return clean_location(location)
        if self._method != "HEAD" and status not in _WITHOUT_BODY:
            await self._read_body(reply)
        return None

    async def _read_body(self, reply: Reply) -> None:
        """Read the beginning; a body that breaks off does not undo the answer before it."""
        settings = self._settings
        try:
            await read_start(
                reply.stream,
                self._body,
                encoding=reply.head.get("content-encoding").strip().lower(),
                max_body=settings.max_body,
                max_wire=settings.max_wire_body,
            )
        except (aiohttp.ClientError, OSError, zlib.error) as error:
            self._note = f"the body broke off: {type(error).__name__}"

    @property
    def body(self) -> bytes:
        """The beginning of the last body, decoded."""
        return bytes(self._body)

    def observe(
        self, error: ErrorKind, detail: str, *, elapsed_ms: int, attempts: int
    ) -> Observation:
        """Return what was seen; ``error`` and ``detail`` say what ended the attempt, if so."""
        if error is ErrorKind.TIMEOUT and self._status is not None and self._answers_last_hop:
            # The deadline fell into the body: the answer itself is here.
            error, detail = ErrorKind.NONE, "the body did not end in time"
        status = self._status if self._answers_last_hop else None
        body = bytes(self._body)
        lowered = body.lower()
        words = find_words(lowered)
        page = self._read_page(body, lowered, len(words)) if status else {}
        retry_after = self._rest_s or None
        if status in (429, 503):
            retry_after = parse_retry_after(
                self._headers.get("retry-after"), self._at, self._settings.longest_rest_s
            )
        final_url = self._hops[-1].url if self._hops else self._url
        return Observation(
            url=clean_text(self._url),
            at=self._at,
            method=self._method if self._asked else "",
            status=status,
            error=error if error is not ErrorKind.NONE else self._error,
            error_detail=detail or self._note,
            hops=tuple(self._hops),
            headers=self._headers,
            fingerprint=fingerprint_page(lowered, words, self._url),
            elapsed_ms=elapsed_ms,
            tls_problem=self._tls_problem,
            retry_after=retry_after,
            attempts=attempts,
            parking=find_parking(self._url, final_url, lowered) if status else "",
            **page,
        )

    def _read_page(self, body: bytes, lowered: bytes, word_count: int) -> dict[str, Any]:
        """Return what the beginning of the body says about the page, as an observation has it."""
        content_type = self._headers.get("content-type", "")
        has_html = is_html(content_type, body)
        title = clean_text(find_title(body, lowered, content_type)) if has_html else ""
        is_cut = len(body) >= self._settings.max_body or bool(self._note)
        page: dict[str, Any] = {
            "title": title,
            "wall": find_wall(self._status or 0, self._headers, title, lowered),
        }
        if has_html:
            page["signs"] = find_signs(
                self._url, self._hops[-1].url, lowered, word_count, is_cut=is_cut
            )
        if self._fragments and body and 200 <= (self._status or 0) < 300:
            is_whole = not is_cut and Sign.SCRIPT_BUILT not in page.get("signs", ())
            page["fragments"] = check_fragments(
                self._fragments, body, is_html=has_html, is_whole=is_whole
            )
        return page

    @property
    def _answers_last_hop(self) -> bool:
        return bool(self._hops) and self._hops[-1].status is not None


def _join(base: str, location: str) -> str:
    """Return where ``location`` leads; without a fragment of its own it keeps the one before.

    Raises ValueError.
    """
    url = ada_url.join_url(base, location)
    _, mark, fragment = base.partition("#")
    return url if "#" in url or not fragment else f"{url}{mark}{fragment}"
