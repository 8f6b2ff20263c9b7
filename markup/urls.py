"""Addresses: one spelling, one identity, read the way browsers read them (WHATWG, ada-url)."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import ada_url
from django.utils.translation import gettext as _

MAX_URL_LENGTH = 2000
# Addresses whose reading is remembered. A text is read again at each preview and save, and by
# several readers each time; one kept is at most MAX_URL_LENGTH long.
REMEMBERED = 2048

_WEB_PROTOCOLS = ("http:", "https:")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}(?=[/?#]|\Z)")
_TYPED_HOST = re.compile(r"[^\s/?#:.]+(?:\.[^\s/?#:.]+)+\.?(?=[:/?#]|\Z)|localhost(?=[:/?#]|\Z)")
_SEGMENT_END = re.compile(r"[/?#]")
_BLANK = re.compile(r"[\s\x00-\x20]")
_EDGES = "".join(map(chr, range(0x21)))
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NON_ASCII_ESCAPES = re.compile(r"(?:%[89A-F][0-9A-F])+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TRACKING = re.compile(
    r"utm_[^=]*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id",
    re.IGNORECASE,
)


class InvalidUrl(ValueError):  # noqa: N818 (a state, as in Django's DoesNotExist)
    """The text is no address of the web; the message tells a person why."""


def normalise_url(text: str) -> str:
    """Return the canonical spelling of the http or https address ``text``.

    Scheme and host in lower case, the host as punycode, the default port and dot segments gone,
    escapes in upper case and none where a character needs none (RFC 3986 §6.2.2), an empty path
    as ``/``, an empty fragment dropped; the query keeps its order. Normalising twice changes
    nothing. Raises InvalidUrl.
    """
    return _normalise(_check_length(text.strip(_EDGES)))


@lru_cache(REMEMBERED)
def _normalise(text: str) -> str:
    url = _parse(text)
    for part in ("pathname", "search", "hash"):
        value = getattr(url, part)
        normal = _normalise_escapes(value)
        if normal != value:
            setattr(url, part, normal)
    return _check_length(_href(url))


def parse_typed_url(text: str) -> str:
    """Return what a person means who types ``example.com/x``: as ``normalise_url``, with https.

    Raises InvalidUrl.
    """
    typed = text.strip(_EDGES)
    if typed.startswith("//"):
        return normalise_url("https:" + typed)
    is_host = _HOST_AND_PORT.match(typed) or not _SCHEME.match(typed)
    if is_host and (_HOST_AND_PORT.match(typed) or _TYPED_HOST.match(typed)):
        return normalise_url("https://" + typed)
    return normalise_url(typed)


def url_key(url: str) -> str:
    """Return the identity under which two spellings are one resource; idempotent.

    An https URL without ``www.``, a trailing slash, tracking parameters and GitHub's ``#readme``;
    another fragment and ``index.html`` stay. Raises InvalidUrl.
    """
    parsed = ada_url.URL(normalise_url(url))
    parsed.protocol = "https:"
    _set_host(parsed, parsed.hostname)
    parsed.pathname = parsed.pathname.rstrip("/") or "/"
    kept = [part for part in parsed.search[1:].split("&") if not _is_tracking(part)]
    parsed.search = "&".join(kept)
    if parsed.hostname == "github.com" and parsed.hash.lower() == "#readme":
        parsed.hash = ""
    return _href(parsed)


def link_url(url: str) -> tuple[str, str]:
    """Return the identity of a link that is checked: (URL without fragment, fragment).

    Unlike ``url_key`` it keeps scheme, ``www.`` and slash: a server may answer each differently.
    The fragment comes without ``#``, "" where there is none. Raises InvalidUrl.
    """
    address, _sign, fragment = normalise_url(url).partition("#")
    return address, fragment


def display_url(url: str) -> str:
    """Return ``url`` as people read it: without scheme, host and path in their own script.

    For the eye only: escape it, and never parse it again. Text that is no address comes back as
    it is.
    """
    try:
        parsed = ada_url.URL(normalise_url(url))
    except InvalidUrl:
        return url
    port = f":{parsed.port}" if parsed.port else ""
    rest = _NON_ASCII_ESCAPES.sub(_readable, parsed.pathname + parsed.search + parsed.hash)
    return _display_host(parsed.hostname) + port + (rest if rest != "/" else "")


def is_web_url(url: str) -> bool:
    """Say whether ``url`` as it stands is an address that ``normalise_url`` takes."""
    try:
        _parse(url)
    except InvalidUrl:
        return False
    return True


def is_allowed_address(url: str) -> bool:
    """Say whether ``url`` is http, https (well-formed), mailto, relative or a fragment."""
    return len(url) <= MAX_URL_LENGTH and _is_allowed(url)


@lru_cache(REMEMBERED)
def _is_allowed(url: str) -> bool:
    scheme = _SCHEME.match(url)
    if scheme is None:
        # RFC 3986 §4.2: a relative address has no colon in its first segment.
        if ":" in _SEGMENT_END.split(url, maxsplit=1)[0]:
            return False
        # Browsers read "//host" as an address of another site.
        return not url.startswith("//") or is_web_url("https:" + url)
    name = scheme[1].lower()
    if name in ("http", "https"):
        return url[scheme.end() :].startswith("//") and is_web_url(url)
    return name == "mailto"


def is_internal(url: str, site_url: str) -> bool:
    """Say whether ``url`` (absolute or relative) leads to the site at ``site_url``."""
    look = _leads_to if len(url) <= MAX_URL_LENGTH else _leads_to.__wrapped__
    return look(url, site_url)


@lru_cache(REMEMBERED)
def _leads_to(url: str, site_url: str) -> bool:
    try:
        site = ada_url.URL(site_url)
        target = ada_url.URL(url, base=site_url)
    except ValueError:  # UnicodeEncodeError of a lone surrogate is one
        return False
    return target.protocol in _WEB_PROTOCOLS and target.host == site.host


def _parse(text: str) -> ada_url.URL:
    """Return the parsed web address, or raise InvalidUrl with the reason."""
    text = text.strip(_EDGES)
    if not text:
        raise InvalidUrl(_("Please enter an address."))
    _check_length(text)
    if _BLANK.search(text):
        raise InvalidUrl(_("An address cannot contain spaces or line breaks."))
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise InvalidUrl(_("The address must begin with https:// or http://."))
    if f"{scheme[1].lower()}:" not in _WEB_PROTOCOLS:
        raise InvalidUrl(
            _("Addresses that begin with “%(scheme)s:” are not supported; use https:// or http://.")
            % {"scheme": scheme[1][:40]}
        )
    try:
        url = ada_url.URL(text)
    except ValueError:  # what ada refuses, and the UnicodeEncodeError of a lone surrogate
        raise InvalidUrl(_explain_refusal(text[scheme.end() :])) from None
    if any(_is_broken_punycode(label) for label in url.hostname.split(".")):
        raise InvalidUrl(_explain_refusal(url.hostname))
    if url.username or url.password:
        raise InvalidUrl(_("The address must not contain a user name or password."))
    return url


def _is_broken_punycode(label: str) -> bool:
    # Ada lets these pass where the standard (UTS #46) and browsers fail.
    return label.startswith("xn--") and ada_url.idna_to_unicode(label) == label


def _explain_refusal(rest: str) -> str:
    if not rest.strip("/\\") or re.match(r"[/\\]*[?#:]", rest):
        return _("The address names no host, such as example.org.")
    return _("This is not a valid address: its host name or port cannot be read.")


def _check_length(text: str) -> str:
    if len(text) > MAX_URL_LENGTH:
        raise InvalidUrl(
            _("The address is too long: at most %(limit)s characters are possible.")
            % {"limit": MAX_URL_LENGTH}
        )
    return text


def _href(url: ada_url.URL) -> str:
    return url.href.removesuffix("#")


def _normalise_escapes(part: str) -> str:
    if _LONE_PERCENT.search(part):
        # "%%41": decoding could build an escape that was none.
        return _ESCAPE.sub(lambda escape: escape[0].upper(), part)
    return _ESCAPE.sub(_normalise_escape, part)


def _normalise_escape(escape: re.Match[str]) -> str:
    char = chr(int(escape[1], 16))
    return char if char in _UNRESERVED else escape[0].upper()


def _set_host(url: ada_url.URL, host: str) -> None:
    host = host.rstrip(".") or host
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    url.hostname = host


def _is_tracking(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.partition("=")[0]) is not None


def _readable(escapes: re.Match[str]) -> str:
    try:
        text = unquote(escapes[0], errors="strict")
    except UnicodeDecodeError:
        return escapes[0]
    # Invisible and direction-changing characters stay escaped.
    return text if all(unicodedata.category(char)[0] in "LMNPS" for char in text) else escapes[0]


def _display_host(host: str) -> str:
    labels = (_display_label(label) for label in host.split("."))
    return ".".join(labels)


def _display_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    text = str(ada_url.idna_to_unicode(label))
    scripts = {unicodedata.name(char, "?").split()[0] for char in text if char.isalpha()}
    # Latin mixed with look-alikes of it is shown as it is on the wire.
    is_mixed = "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
    return label if is_mixed else text
