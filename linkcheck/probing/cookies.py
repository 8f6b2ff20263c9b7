"""A cookie jar for one check: many "loops" only want their cookie back (policy 8)."""

from __future__ import annotations

from publicsuffixlist import PublicSuffixList

MAX_COOKIES = 30
MAX_COOKIE = 4096
_suffixes = PublicSuffixList()


class TinyJar:
    """Cookies by host, kept for one redirect chain and never sent to a foreign host.

    Of RFC 6265 only what such a chain needs: Domain, Secure, and Max-Age of 0. Paths and dates
    are left out: the jar lives for seconds.
    """

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], tuple[str, bool, bool]] = {}

    def store(self, header: str, host: str) -> None:
        """Take one Set-Cookie header of an answer from ``host``."""
        if len(header) > MAX_COOKIE:
            return
        pair, *attributes = header.split(";")
        name, found, value = pair.strip().partition("=")
        if not found or not name:
            return
        options = {
            key.strip().lower(): text.strip()
            for key, _, text in (attribute.partition("=") for attribute in attributes)
        }
        domain = _pick_domain(options.get("domain", ""), host)
        if options.get("max-age", "").startswith(("0", "-")):
            self._cookies.pop((domain, name), None)
        elif len(self._cookies) < MAX_COOKIES or (domain, name) in self._cookies:
            is_wide = "domain" in options and domain != ""
            self._cookies[domain, name] = (value, "secure" in options, is_wide)

    def header_for(self, scheme: str, host: str) -> str:
        """Return the Cookie header for a request, empty if there is none to send."""
        if not self._cookies:
            return ""
        return "; ".join(
            f"{name}={value}"
            for (domain, name), (value, is_secure, is_wide) in self._cookies.items()
            if (host == domain or (is_wide and host.endswith("." + domain)))
            and (scheme == "https" or not is_secure)
        )


def _pick_domain(wanted: str, host: str) -> str:
    """Return the domain a cookie is for: the one it names if that is the host's own, else it."""
    domain = wanted.removeprefix(".").lower()
    if not domain or domain == host or not host.endswith("." + domain):
        return host
    return domain if _suffixes.privatesuffix(domain) else host
