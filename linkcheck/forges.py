"""GitHub, GitLab and Codeberg: which links are repositories, and what the forges say of them.

The three APIs in their documented fields: GitHub "Get a repository", GitLab "Get a single project",
Gitea/Forgejo "Get a repository". Plain Python: no database, no Django.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

import ada_url

from linkcheck.probing.answers import parse_retry_after
from linkcheck.probing.fetching import Document, Fetcher, FetchError

#: This many requests of an hour's allowance are left to the token's owner.
RESERVE = 50
#: A forge that refuses without saying until when is left alone so long …
DEFAULT_REST = timedelta(hours=1)
#: … and none longer than this, whatever it says.
LONGEST_REST = timedelta(days=1)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_TEXT = 200


class Forge(StrEnum):
    """A place where repositories live; the values are stored."""

    GITHUB = "github"
    GITLAB = "gitlab"
    CODEBERG = "codeberg"


HOSTS: dict[str, Forge] = {
    "github.com": Forge.GITHUB,
    "www.github.com": Forge.GITHUB,
    "gitlab.com": Forge.GITLAB,
    "codeberg.org": Forge.CODEBERG,
}
_HOME = {
    Forge.GITHUB: "https://github.com",
    Forge.GITLAB: "https://gitlab.com",
    Forge.CODEBERG: "https://codeberg.org",
}
#: First segments of GitHub, GitLab and Codeberg that are nobody's name.
_RESERVED = frozenset(
    (
        *("about", "apps", "collections", "contact", "customer-stories", "dashboard", "enterprise"),
        *("explore", "features", "groups", "help", "issues", "login", "marketplace", "new"),
        *("notifications", "org", "organizations", "orgs", "pricing", "projects", "pulls"),
        *("readme", "search", "security", "settings", "site", "sponsors", "stars", "topics"),
        *("trending", "user", "users", "assets", "api", "-"),
    )
)
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.][A-Za-z0-9_.-]*")
#: SPDX identifiers of the licence keys of GitLab, which are in lower case.
_SPDX = {
    name.lower(): name
    for name in (
        *("AFL-3.0", "AGPL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause"),
        *("BSD-4-Clause", "BSL-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "EPL-1.0", "EPL-2.0"),
        *("EUPL-1.1", "EUPL-1.2", "GPL-2.0", "GPL-3.0", "ISC", "LGPL-2.1", "LGPL-3.0", "MIT"),
        *("MIT-0", "MPL-2.0", "MS-PL", "MulanPSL-2.0", "OFL-1.1", "PostgreSQL", "Unlicense"),
        *("UPL-1.0", "Vim", "WTFPL", "Zlib"),
    )
}


@dataclass(frozen=True, slots=True)
class ForgeAccess:
    """Where the API of a forge is, and the token to ask with; the token is in no ``repr``."""

    forge: Forge
    api_url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a forge says of a repository; ``full_name`` is what it is called today."""

    full_name: str
    is_archived: bool
    pushed_at: datetime | None
    license: str  # an SPDX identifier, or ""
    stars: int
    etag: str = ""


class Absence(StrEnum):
    """Why there are no facts; the values are stored."""

    UNCHANGED = "unchanged"  # 304: what was known still holds
    MISSING = "missing"  # deleted, or made private
    WITHHELD = "withheld"  # 451, 403 of this very repository


class RateLimitedError(Exception):
    """The forge wants no more requests before ``until`` (aware)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"until {until:%Y-%m-%d %H:%M}")
        self.until = until


class AccessDeniedError(Exception):
    """The token is not accepted (401): nothing can be asked until it is replaced."""


def find_repository(url: str) -> tuple[Forge, str] | None:
    """The forge and path ("owner/name") of the repository whose own page ``url`` is.

    None for a page within a repository, an owner, or anything else.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    forge = HOSTS.get(parts.netloc.lower())
    segments = parts.path.strip("/").removesuffix(".git").split("/")
    if forge is None or parts.query or not 2 <= len(segments) <= (20 if _has_groups(forge) else 2):
        return None
    if segments[0].lower() in _RESERVED or not all(map(_NAME.fullmatch, segments)):
        return None
    return forge, "/".join(segments)


def _has_groups(forge: Forge) -> bool:
    """Whether projects may lie in groups within groups."""
    return forge is Forge.GITLAB


def repository_url(forge: Forge, full_name: str) -> str:
    """The address at which people find a repository."""
    return f"{_HOME[forge]}/{full_name}"


class ForgeClient:
    """Asks one forge about its repositories, one after the other."""

    def __init__(self, fetcher: Fetcher, access: ForgeAccess) -> None:
        self._fetcher = fetcher
        self._access = access
        #: Set when an answer said that the allowance is nearly used up.
        self.rests_until: datetime | None = None

    async def ask(self, path: str, *, etag: str = "") -> Facts | Absence:
        """What the forge says of the repository ``path`` ("owner/name"); followed if renamed.

        Raises RateLimitedError, AccessDeniedError, and FetchError where nothing usable came back.
        """
        document = await self._get(self._address(path), etag)
        if document.status in _REDIRECTS:
            # Renamed or moved: the API leads to where it is now, on the same server only, so that
            # the token goes nowhere else.
            document = await self._get(self._follow(document), "")
        if document.status == 304:
            return Absence.UNCHANGED
        if document.status in (404, 410):
            return Absence.MISSING
        if document.status in (403, 451):
            return Absence.WITHHELD
        if document.status != 200:
            raise FetchError(f"status {document.status}")
        answer = document.read_json()
        if not isinstance(answer, dict):
            raise FetchError("no answer of a forge")
        etag = document.headers.get("etag", "")
        return _READERS[self._access.forge](answer, etag if len(etag) <= _MAX_TEXT else "")

    def _address(self, path: str) -> str:
        base = self._access.api_url.rstrip("/")
        if self._access.forge is Forge.GITLAB:
            return f"{base}/projects/{quote(path, safe='')}?license=true"
        return f"{base}/repos/{quote(path)}"

    def _follow(self, document: Document) -> str:
        location = document.headers.get("location", "")
        try:
            url = str(ada_url.join_url(document.url, location)) if location else ""
        except ValueError:
            url = ""
        if not url or _origin(url) != _origin(self._access.api_url):
            raise FetchError("a redirect to another server")
        return url

    async def _get(self, url: str, etag: str) -> Document:
        headers = _authorization(self._access)
        if etag:
            headers["If-None-Match"] = etag
        document = await self._fetcher.fetch(url, headers)
        if document.status == 401:
            raise AccessDeniedError
        self._heed_limits(document)
        return document

    def _heed_limits(self, document: Document) -> None:
        """Remember, or raise, what an answer says of the allowance."""
        now = datetime.now(UTC)
        headers = document.headers
        remaining = _read_int(_first(headers, "x-ratelimit-remaining", "ratelimit-remaining"))
        reset = _read_int(_first(headers, "x-ratelimit-reset", "ratelimit-reset"))
        wait_s = parse_retry_after(
            headers.get("retry-after"), now, int(LONGEST_REST.total_seconds())
        )
        until = now + DEFAULT_REST
        if wait_s is not None:
            until = now + timedelta(seconds=wait_s)
        elif reset is not None:
            until = _as_time(reset, now)
        is_refused = document.status == 429 or (
            document.status == 403 and (remaining == 0 or wait_s is not None)
        )
        if is_refused:
            raise RateLimitedError(until)
        if remaining is not None and remaining <= RESERVE:
            self.rests_until = until


def _authorization(access: ForgeAccess) -> dict[str, str]:
    match access.forge:
        case Forge.GITHUB:
            return {
                "Authorization": f"Bearer {access.token}",
                "X-GitHub-Api-Version": "2022-11-28",
            }
        case Forge.GITLAB:
            return {"PRIVATE-TOKEN": access.token}
        case Forge.CODEBERG:
            return {"Authorization": f"token {access.token}"}


def _first(headers: Mapping[str, str], *names: str) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _read_int(text: str) -> int | None:
    return int(text[:12]) if text.isdecimal() and text.isascii() else None


def _as_time(epoch: int, now: datetime) -> datetime:
    """When an allowance begins anew: in seconds since 1970; neither past nor far away."""
    wait = timedelta(seconds=epoch) - timedelta(seconds=int(now.timestamp()))
    return now + max(timedelta(minutes=1), min(wait, LONGEST_REST))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _read_github(answer: dict[str, Any], etag: str) -> Facts:
    found = answer.get("license")
    spdx = _text(found.get("spdx_id")) if isinstance(found, dict) else ""
    return Facts(
        full_name=_name(answer.get("full_name")),
        is_archived=answer.get("archived") is True,
        pushed_at=_time(answer.get("pushed_at")),
        license="" if spdx == "NOASSERTION" else spdx,
        stars=_count(answer.get("stargazers_count")),
        etag=etag,
    )


def _read_gitlab(answer: dict[str, Any], etag: str) -> Facts:
    found = answer.get("license")
    key = _text(found.get("key")) if isinstance(found, dict) else ""
    return Facts(
        full_name=_name(answer.get("path_with_namespace")),
        is_archived=answer.get("archived") is True,
        pushed_at=_time(answer.get("last_activity_at")),
        license="" if key == "other" else _SPDX.get(key, key),
        stars=_count(answer.get("star_count")),
        etag=etag,
    )


def _read_gitea(answer: dict[str, Any], etag: str) -> Facts:
    licenses = answer.get("licenses")
    first = licenses[0] if isinstance(licenses, list) and licenses else ""
    return Facts(
        full_name=_name(answer.get("full_name")),
        is_archived=answer.get("archived") is True,
        pushed_at=_time(answer.get("updated_at")),
        license=_text(first),
        stars=_count(answer.get("stars_count")),
        etag=etag,
    )


_READERS = {
    Forge.GITHUB: _read_github,
    Forge.GITLAB: _read_gitlab,
    Forge.CODEBERG: _read_gitea,
}


def _name(value: Any) -> str:
    """The full name in an answer: without one it is no answer about a repository."""
    name = _text(value)
    segments = name.split("/")
    if len(segments) < 2 or not all(map(_NAME.fullmatch, segments)):
        raise FetchError("no answer of a forge")
    return name


def _text(value: Any) -> str:
    return value.replace("\0", "")[:_MAX_TEXT] if isinstance(value, str) else ""


def _count(value: Any) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return max(0, min(value, 2**31 - 1)) if is_count else 0


def _time(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
