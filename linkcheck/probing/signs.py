"""What a page gives away about itself: built by a program, a gate in front of it, cut short."""

from __future__ import annotations

import re
from urllib.parse import unquote

from linkcheck.observations import Sign
from linkcheck.places import place_of

#: A page of fewer different words whose program would write the others.
_FEW_WORDS = 25
_MOUNT_POINTS = re.compile(
    rb"<(?:div|main|section)\s[^<>]{0,200}\bid\s*=\s*[\"']?"
    rb"(?:root|app|__next|__nuxt|___gatsby|q-app|svelte|react-root|main-app|app-root)\b"
    rb"[^<>]{0,200}>\s*</|<app-root[^<>]{0,200}>\s*(?:loading[^<>]{0,40})?</app-root"
)
_GATES = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|logon|sso|saml2?|oauth2?|oidc|openid|idp|cas|adfs|shibboleth"
    r"|auth|authenticate|authorize|account|accounts|session|wp-login)(?:$|[/._-])"
)
_CONSENTS = re.compile(
    r"(?:^|[/._-])(?:consent|cookie-?wall|gdpr|privacy-?gate|age-?gate|age-?check)(?:$|[/._-])"
)
_PASSWORD = re.compile(rb"<input[^<>]{0,300}type\s*=\s*[\"']?password")


def find_signs(
    url: str, final_url: str, lowered: bytes, word_count: int, *, is_cut: bool
) -> frozenset[Sign]:
    """Return the signs of an HTML page; ``lowered`` is the beginning of its body, lower case."""
    signs = {Sign.CUT} if is_cut else set()
    if b"<script" in lowered and (word_count < _FEW_WORDS or _MOUNT_POINTS.search(lowered)):
        signs.add(Sign.SCRIPT_BUILT)
    if final_url != url:
        signs |= _find_gates(final_url, lowered)
    return frozenset(signs)


def _find_gates(final_url: str, lowered: bytes) -> set[Sign]:
    try:
        place = place_of(final_url)
    except ValueError:
        return set()
    where = unquote(f"{place.host}/{'/'.join(place.segments)}").lower()
    if _CONSENTS.search(where):
        return {Sign.CONSENT}
    # A box to log in stands on many a front page too.
    has_form = bool(place.segments) and _PASSWORD.search(lowered) is not None
    return {Sign.GATE} if has_form or _GATES.search(where) else set()
