"""Bot walls: answers that stand in front of a page instead of it (policy 7)."""

from __future__ import annotations

from collections.abc import Mapping

#: A header that alone says it: name, beginning of the value, who.
_HEADER_MARKS = (
    ("cf-mitigated", "challenge", "cloudflare"),
    ("x-amzn-waf-action", "", "aws-waf"),
    ("x-vercel-mitigated", "", "vercel"),
    ("x-sucuri-block", "", "sucuri"),
)
#: Headers that say it only on an answer that refuses.
_REFUSING_HEADER_MARKS = (
    ("x-datadome", "", "datadome"),
    ("x-dd-b", "", "datadome"),
    ("x-iinfo", "", "imperva"),
    ("x-kpsdk-ct", "", "kasada"),
    ("server", "akamaighost", "akamai"),
    ("server", "ddos-guard", "ddos-guard"),
    ("server", "qrator", "qrator"),
)
_REFUSING_BODY_MARKS = (
    (b"captcha-delivery.com", "datadome"),
    (b"_incapsula_resource", "imperva"),
    (b"incapsula incident id", "imperva"),
    (b"errors.edgesuite.net", "akamai"),
    (b"/cdn-cgi/challenge-platform/", "cloudflare"),
    (b"attention required! | cloudflare", "cloudflare"),
    (b"gokuprops", "aws-waf"),
    (b"awswafintegration", "aws-waf"),
    (b"sucuri website firewall", "sucuri"),
    (b"px-captcha", "perimeterx"),
)
#: Marks of the machinery, not of the words: a page *about* such walls must stay alive.
_ANY_STATUS_BODY_MARKS = (
    (b'id="anubis_challenge"', "anubis"),
    (b'src="/.within.website/x/cmd/anubis/', "anubis"),
    (b"window._cf_chl_opt", "cloudflare"),
    (b'="/.well-known/.git.gammaspectra.live/git/go-away/', "go-away"),
    (b"_incapsula_resource?swudnsai=", "imperva"),
    (b"window.gokuprops", "aws-waf"),
    (b'="/.basedflare/', "basedflare"),
)
#: Whole titles, in lower case: a page with a longer one is about something else.
_TITLES = {
    "just a moment...": "cloudflare",
    "just a moment…": "cloudflare",
    "attention required! | cloudflare": "cloudflare",
    "making sure you're not a bot!": "anubis",
    "ddos-guard": "ddos-guard",
    "vercel security checkpoint": "vercel",
}
_REFUSING = frozenset({400, 401, 403, 405, 406, 418, 429, 444, 502, 503, 520})
_STATUS_OF_WALLS = 999


def find_wall(status: int, headers: Mapping[str, str], title: str, lowered: bytes) -> str:
    """Return which wall answered, or "" for none.

    ``headers`` have lower-case names; ``lowered`` is the beginning of the body in lower case.
    """
    if status == _STATUS_OF_WALLS:
        return "status-999"
    if wall := _find_header(headers, _HEADER_MARKS):
        return wall
    is_refusing = status in _REFUSING
    if is_refusing and (wall := _find_header(headers, _REFUSING_HEADER_MARKS)):
        return wall
    marks = _ANY_STATUS_BODY_MARKS + (_REFUSING_BODY_MARKS if is_refusing else ())
    for mark, wall in marks:
        if mark in lowered:
            return wall
    return _TITLES.get(title.lower(), "")


def _find_header(headers: Mapping[str, str], marks: tuple[tuple[str, str, str], ...]) -> str:
    for name, beginning, wall in marks:
        value = headers.get(name)
        if value is not None and value.lower().startswith(beginning):
            return wall
    return ""
