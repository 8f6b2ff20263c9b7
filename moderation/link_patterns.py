"""How a blocked link is written, and finding the one that matches an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import re2
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from markup.urls import InvalidUrl, normalise_url, parse_typed_url

HOST: Final = "host"
PREFIX: Final = "prefix"
EXPRESSION: Final = "expression"
MAX_PATTERN: Final = 500


@dataclass(frozen=True)
class Pattern:
    """One pattern in its plain spelling."""

    kind: str
    text: str


def parse_pattern(text: str) -> Pattern:
    """Return what ``text`` means; ValidationError for what means nothing.

    ``example.org`` is a host with all below it, ``example.org/shop`` what begins so there, and
    ``/buy-.*-now/`` an expression (RE2's syntax: time grows with the address, never beyond), looked
    for anywhere in an address in whatever case.
    """
    text = text.strip()
    if not text or len(text) > MAX_PATTERN or "\0" in text:
        raise ValidationError(_("Write a host, the beginning of an address or an expression."))
    if text.startswith("/"):
        return _parse_expression(text)
    try:
        parsed = urlsplit(parse_typed_url(text))
    except InvalidUrl as error:
        raise ValidationError(str(error)) from error
    host = _plain_host(parsed.hostname or "")
    if "." not in host:
        raise ValidationError(_("This would match too much: write a whole host name."))
    rest = _rest(parsed.path, parsed.query)
    return Pattern(PREFIX, host + rest) if rest != "/" else Pattern(HOST, host)


def _parse_expression(text: str) -> Pattern:
    source = text[1:].removesuffix("/")
    compiled = compile_expression(source)
    if not source or compiled.search("https://"):
        raise ValidationError(_("This expression would match every address."))
    return Pattern(EXPRESSION, f"/{source}/")


def compile_expression(source: str) -> Any:
    """The expression, which takes bounded memory and a time that grows with the text alone.

    In whatever case. ValidationError for what RE2 cannot read.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(source, options)
    except re2.error as error:
        message = error.args[0] if error.args else ""
        words = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
        raise ValidationError(
            _("This expression cannot be read: %(why)s") % {"why": words}
        ) from error


class Matcher:
    """Many patterns, ready to be asked about addresses."""

    def __init__(self, patterns: Iterable[tuple[int, str, str]]) -> None:
        self._hosts: dict[str, int] = {}
        self._prefixes: dict[str, list[tuple[str, int]]] = {}
        self._expressions: list[tuple[Any, int]] = []
        for pk, kind, text in patterns:
            if kind == HOST:
                self._hosts[text] = pk
            elif kind == PREFIX:
                host, slash, path = text.partition("/")
                self._prefixes.setdefault(host, []).append((slash + path, pk))
            else:
                self._expressions.append((compile_expression(text[1:-1]), pk))

    def find(self, url: str) -> int | None:
        """Return the id of a pattern that matches ``url``, None where none does."""
        try:
            url = normalise_url(url)
        except InvalidUrl:
            return self._find_expression(url)
        parsed = urlsplit(url)
        rest = _rest(parsed.path, parsed.query)
        for host in _with_parents(_plain_host(parsed.hostname or "")):
            if host in self._hosts:
                return self._hosts[host]
            for prefix, pk in self._prefixes.get(host, ()):
                if rest.startswith(prefix):
                    return pk
        return self._find_expression(url)

    def _find_expression(self, url: str) -> int | None:
        return next((pk for known, pk in self._expressions if known.search(url)), None)


def _with_parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _plain_host(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def _rest(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")
