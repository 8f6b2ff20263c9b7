"""The three APIs of forges on loopback, in the shapes that they document.

::

    with ForgeServer() as forges:
        forges.put("github", "ray/ray", archived=True)
        forges.api_url("github")    # for GITHUB_API_URL
        forges.rename("gitlab", "old/name", "new/name")

Requests without the right token are answered 401; ``ETag`` and ``If-None-Match`` work; ``limits``
are headers that every answer has.
"""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import unquote

from tests.linkcheck.playground import Answer, Behaviour, Playground, Request

TOKENS = {name: f"secret-token-of-{name}" for name in ("github", "gitlab", "codeberg")}
PREFIXES = {"github": "", "gitlab": "/api/v4", "codeberg": "/api/v1"}
PUSHED = "2026-01-10T09:00:00Z"


class ForgeServer(Playground):
    def __init__(self) -> None:
        super().__init__(hosts=3)
        self.repositories: dict[tuple[str, str], dict[str, Any]] = {}
        self.renamed: dict[tuple[str, str], str] = {}
        self.refused: dict[tuple[str, str], Answer] = {}
        self.limits: dict[str, str] = {}
        self.tokens = dict(TOKENS)

    def api_url(self, forge: str) -> str:
        return self.url(PREFIXES[forge], host=list(PREFIXES).index(forge))

    def put(
        self,
        forge: str,
        path: str,
        *,
        archived: bool = False,
        pushed: str = PUSHED,
        license: str = "Apache-2.0",
        stars: int = 1234,
    ) -> None:
        """Have a repository."""
        make = {"github": _github, "gitlab": _gitlab, "codeberg": _gitea}[forge]
        self.repositories[forge, path] = make(path, archived, pushed, license, stars)

    def rename(self, forge: str, old: str, new: str) -> None:
        """Have the repository ``new`` answer for ``old`` by the redirect of its forge."""
        self.renamed[forge, old] = new
        self.repositories.pop((forge, old), None)
        self.put(forge, new)

    def _find(self, request: Request) -> Answer | Behaviour:
        forge = list(PREFIXES)[self.hosts.index(request.host)]
        answer = self._answer(forge, request)
        if isinstance(answer, Answer):
            return Answer(answer.status, answer.body, {**self.limits, **answer.headers})
        return answer

    def _answer(self, forge: str, request: Request) -> Answer | Behaviour:
        if not _has_token(forge, self.tokens[forge], request.headers):
            return _json(401, {"message": "Bad credentials"})
        path = request.path.removeprefix(PREFIXES[forge])
        _, kind, name = path.split("/", 2)
        if kind == "repositories" or (kind == "projects" and name.isdecimal()):
            name = next(full for (f, full) in self.repositories if f == forge and _id(full) == name)
        name = unquote(name)
        if (forge, name) in self.refused:
            return self.refused[forge, name]
        if (forge, name) in self.renamed:
            return _redirect(forge, self.renamed[forge, name])
        if (forge, name) not in self.repositories:
            return _json(404, {"message": "Not Found"})
        body = json.dumps(self.repositories[forge, name]).encode()
        etag = f'W/"{zlib.crc32(body):x}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        return Answer(200, body, {"Content-Type": "application/json", "ETag": etag})


def _has_token(forge: str, token: str, headers: dict[str, str]) -> bool:
    if forge == "gitlab":
        return headers.get("private-token") == token
    word = "Bearer" if forge == "github" else "token"
    return headers.get("authorization") == f"{word} {token}"


def _json(status: int, value: Any, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})}
    )


def _redirect(forge: str, new: str) -> Answer:
    places = {
        "github": f"/repositories/{_id(new)}",
        "gitlab": f"/api/v4/projects/{_id(new)}?license=true",
        "codeberg": f"/api/v1/repos/{new}",
    }
    place = places[forge]
    message = {"message": "Moved Permanently", "url": place}
    return _json(301 if forge != "codeberg" else 307, message, {"Location": place})


def _id(name: str) -> str:
    return str(zlib.crc32(name.encode()))


def _github(path: str, archived: bool, pushed: str, license: str, stars: int) -> dict[str, Any]:
    return {
        "id": int(_id(path)),
        "name": path.rpartition("/")[2],
        "full_name": path,
        "private": False,
        "html_url": f"https://github.com/{path}",
        "fork": False,
        "pushed_at": pushed,
        "stargazers_count": stars,
        "archived": archived,
        "disabled": False,
        "license": {"key": license.lower(), "name": license, "spdx_id": license},
    }


def _gitlab(path: str, archived: bool, pushed: str, license: str, stars: int) -> dict[str, Any]:
    return {
        "id": int(_id(path)),
        "path_with_namespace": path,
        "web_url": f"https://gitlab.com/{path}",
        "last_activity_at": pushed.replace("Z", ".123Z"),
        "star_count": stars,
        "archived": archived,
        "license": {"key": license.lower(), "name": license, "html_url": "https://opensource.org/"},
    }


def _gitea(path: str, archived: bool, pushed: str, license: str, stars: int) -> dict[str, Any]:
    return {
        "id": int(_id(path)),
        "full_name": path,
        "html_url": f"https://codeberg.org/{path}",
        "stars_count": stars,
        "archived": archived,
        "archived_at": "1970-01-01T00:00:00Z",
        "updated_at": pushed,
        "licenses": [license],
    }
