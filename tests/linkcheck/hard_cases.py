"""Sites that are hard to tell alive from dead, each as a function of the playground's.

A case is a link on a name of its own. The living must never be called dead, the dead never alive:
at first sight and for months after (``test_hard_cases``).
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from tests.linkcheck.playground import BEHAVIOURS, Answer, Behaviour, Request, Site, redirect


@dataclass(frozen=True)
class HardCase:
    """A link at ``path`` of a site; ``then`` is the site from the second look on.

    ``verdicts`` are those that may be given at any time; ``ending`` is that after months.
    ``names`` are further hosts that the site leads to; ``wildcard`` says that every name below
    its own resolves as well.
    """

    name: str
    site: Site
    path: str = "/docs/guide"
    then: Site | None = None
    ending: str = "ok"
    names: dict[str, Site] = field(default_factory=dict)
    wildcard: bool = False
    has_name: bool = True
    domain: str = ""
    spelling: str = ""

    @property
    def host(self) -> str:
        """The name as it stands on the wire."""
        return self.domain or f"{self.name}.example"

    @property
    def typed_host(self) -> str:
        """The name as it stands in the link."""
        return self.spelling or self.host


# --- Building blocks -----------------------------------------------------------------------------

NAVIGATION = "<nav>home products about us contact imprint privacy careers press blog</nav>"
ESSAY = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" for n in range(200))


def page(title: str, text: str = ESSAY, *, head: str = "") -> Answer:
    body = (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body>{NAVIGATION}<main><p>{text}</p></main></body></html>"
    )
    return Answer(200, body.encode())


def missing(status: int = 404, text: str = "Sorry, there is nothing at this address.") -> Answer:
    return replace(page("Page not found", text), status=status)


HOME = page("Welcome to our site", "Everything that we do, on one page, with pictures of us.")
GUIDE = page("A guide to gardening")


def site(
    pages: dict[str, Answer | Behaviour] | None = None,
    otherwise: Answer | Behaviour | Callable[[Request], Answer] | None = None,
) -> Site:
    """Return a site with ``pages``, a front page, and what it says to everything else."""
    known: dict[str, Answer | Behaviour] = {"/": HOME, "/docs/guide": GUIDE, **(pages or {})}
    rest = otherwise or missing()

    def answer(request: Request) -> Answer | Behaviour:
        if request.path in known:
            return known[request.path]
        if isinstance(rest, Answer) or asyncio.iscoroutinefunction(rest):
            return rest
        return rest(request)

    return answer


def always(answer: Answer | Behaviour) -> Site:
    return lambda request: answer


def refuse(status: int, body: bytes = b"no", **headers: str) -> Site:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return always(Answer(status, body, named))


def slowly(seconds: float, answer: Answer) -> Behaviour:
    async def wait(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer.encode(request))
        await writer.drain()

    return wait


def no_head(request: Request) -> Answer | Behaviour:
    if request.path != "/docs/big.zip":
        return missing()
    if request.method == "HEAD":
        return Answer(404, b"")
    return Answer(200, b"PK\x03\x04" + b"x" * 100, {"Content-Type": "application/zip"})


def cookie_loop(request: Request) -> Answer:
    if "seen=1" in request.headers.get("cookie", ""):
        return GUIDE
    return Answer(302, b"", {"Location": request.target, "Set-Cookie": "seen=1; Path=/"})


def login(request: Request) -> Answer:
    if request.path == "/login":
        return page("Sign in", 'Please sign in <form><input type="password" name="p"></form>')
    return redirect(f"/login?next={request.path}", 302)


def other_text(request: Request) -> Answer:
    """200 for everything, with a text made from the address, as calculators and the like do."""
    letters = random.Random(request.path)
    words = ("".join(letters.choices(string.ascii_lowercase, k=6)) for _ in range(100))
    return page(f"Results for {request.path}", " ".join(words))


def by_number(request: Request) -> Answer:
    """Only the number counts: what stands behind it in the address is for people."""
    parts = request.path.strip("/").split("/")
    if len(parts) >= 2 and parts[0] == "questions" and parts[1] == "4711":
        return page("How do I prune roses?")
    return missing()


def by_number_moved(request: Request) -> Answer:
    answer = by_number(request)
    proper = "/questions/4711/how-do-i-prune-roses"
    if answer.status == 200 and request.path != proper:
        return redirect(proper)
    return answer


def shell(text: str = "") -> Answer:
    body = (
        "<!doctype html><html><head><title>Garden</title></head><body>"
        "<noscript>You need to enable JavaScript to run this app.</noscript>"
        f'<div id="root"></div>{text}<script src="/static/main.js"></script></body></html>'
    )
    return Answer(200, body.encode())


def docs_versions(request: Request) -> Answer:
    pages: dict[str, Answer] = {
        "/docs/guide": redirect("/docs/", 302),
        "/docs/": page("Documentation, version 7"),
    }
    return pages.get(request.path, missing())


def echoing(title: str) -> Callable[[Request], Answer]:
    """An error page of 200 that repeats what was asked for."""

    def answer(request: Request) -> Answer:
        asked = unquote(request.path)
        return page(title.format(asked), f"We looked everywhere for {asked} but in vain. " * 3)

    return answer


def go_home(status: int) -> Site:
    def answer(request: Request) -> Answer:
        return HOME if request.path == "/" else redirect("/", status)

    return answer


def chain(request: Request) -> Answer:
    steps = {"/docs/guide": "/a/1", "/a/1": "/b/2", "/b/2": "/c/3", "/c/3": "/d/4"}
    if request.path in steps:
        return redirect(steps[request.path], 302)
    return GUIDE if request.path == "/d/4" else missing()


def encoded(body: bytes, encoding: str, **headers: str) -> Answer:
    return Answer(200, body, {"Content-Encoding": encoding, **headers})


def for_sale(mark: str) -> Answer:
    text = f"This domain may be for sale. Related searches: garden, roses. {mark}"
    return page("Domain", text)


SEDO = '<script src="https://img.sedoparking.com/js/park.js"></script>'
PARKED = page("garden.example", "Related links: roses, tulips, spades, insurance, credit, flights")

# --- The living ----------------------------------------------------------------------------------

CHALLENGE = b"<html><head><title>Just a moment...</title></head><body>wait</body></html>"
DATADOME = b'<html><script src="https://ct.captcha-delivery.com/c.js"></script></html>'
ANUBIS = b'<html><title>Making sure</title><script id="anubis_challenge">{}</script></html>'
GARBLED = b"\x1f\x8b\x08\x00 this is not gzip at all"

LIVING = [
    HardCase("cloudflare-403", refuse(403, CHALLENGE, cf_mitigated="challenge"), ending="blocked"),
    HardCase("cloudflare-503", refuse(503, CHALLENGE, cf_mitigated="challenge"), ending="blocked"),
    HardCase("cloudflare-429", refuse(429, CHALLENGE, cf_mitigated="challenge"), ending="blocked"),
    HardCase("cloudflare-404", refuse(404, CHALLENGE, cf_mitigated="challenge"), ending="blocked"),
    HardCase("moment-200", always(Answer(200, CHALLENGE)), ending="blocked"),
    HardCase("datadome", refuse(403, DATADOME), ending="blocked"),
    HardCase("imperva", refuse(403, b"Incapsula incident ID: 1-2"), ending="blocked"),
    HardCase("akamai", refuse(403, b"denied", Server="AkamaiGHost"), ending="blocked"),
    HardCase("aws-waf", refuse(405, b"", x_amzn_waf_action="captcha"), ending="blocked"),
    HardCase("proof-of-work", always(Answer(200, ANUBIS)), ending="blocked"),
    HardCase("status-999", refuse(999, b""), ending="blocked"),
    HardCase("plain-403", refuse(403), ending="blocked"),
    HardCase(
        "honest-403", site({"/docs/guide": Answer(403, b"members only")}), ending="restricted"
    ),
    HardCase("needs-401", refuse(401, WWW_Authenticate="Basic"), ending="restricted"),
    HardCase("needs-402", refuse(402), ending="restricted"),
    HardCase("legal-451", refuse(451), ending="restricted"),
    HardCase("too-many-429", refuse(429), ending="unchecked"),
    HardCase("retry-503", refuse(503, Retry_After="3600"), ending="unchecked"),
    HardCase("cookie-loop", cookie_loop),
    HardCase("hates-head", no_head, path="/docs/big.zip"),
    HardCase("slow", site({"/docs/guide": slowly(0.4, GUIDE)})),
    HardCase("slow-body", site({"/docs/guide": BEHAVIOURS["slow-body"]})),
    HardCase("chain", chain),
    HardCase("script-shell", always(shell())),
    HardCase("script-shell-below", always(shell()), path="/a/b/c/d"),
    HardCase("title-not-found", site({"/docs/guide": page("404 Not Found: a history")})),
    HardCase(
        "title-not-found-everywhere",
        site({"/docs/guide": page("Why pages are not found")}, other_text),
    ),
    HardCase("login", login, ending="restricted"),
    HardCase(
        "login-elsewhere",
        lambda request: redirect(f"http://sso.login-elsewhere.example:PORT/?to={request.path}"),
        names={"sso.login-elsewhere.example": always(page("Sign in"))},
        ending="restricted",
    ),
    HardCase(
        "consent",
        lambda request: (
            page("Before you go on")
            if request.path == "/consent"
            else redirect(f"/consent?to={request.path}", 302)
        ),
        ending="blocked",
    ),
    HardCase("empty-200", always(Answer(200, b""))),
    HardCase("no-content", always(Answer(204, b""))),
    HardCase("gzip", site({"/docs/guide": encoded(gzip.compress(GUIDE.body), "gzip")})),
    HardCase("not-gzip", site({"/docs/guide": encoded(GARBLED, "gzip")})),
    HardCase("raw-deflate", site({"/docs/guide": encoded(zlib.compress(GUIDE.body), "deflate")})),
    HardCase("brotli", site({"/docs/guide": encoded(b"\x0b\x02\x80abc\x03", "br")})),
    HardCase("gzip-cut", site({"/docs/guide": encoded(gzip.compress(GUIDE.body)[:60], "gzip")})),
    HardCase("length-lie", site({"/docs/guide": BEHAVIOURS["content-length-lie"]})),
    HardCase("percent", site({"/a%20b/%E4%BD%A0%20100%25": GUIDE}), path="/a%20b/你%20100%25"),
    HardCase("percent-lone", site({"/100%/x": GUIDE}), path="/100%/x"),
    HardCase("percent-slash", site({"/a%2Fb/c": GUIDE}), path="/a%2Fb/c"),
    HardCase("query", site({"/docs/guide": GUIDE}), path="/docs/guide?a=1&b=%20x|y"),
    HardCase("docs-version", docs_versions),
    HardCase("other-text", other_text),
    HardCase("number-only", by_number, path="/questions/4711/prune"),
    HardCase("number-moved", by_number_moved, path="/questions/4711/prune", ending="moved"),
    HardCase("idn", site(), domain="xn--bcher-kva.example", spelling="b\u00fccher.example"),
    HardCase("wide", site(), domain="idn.example", spelling="\uff29\uff24\uff2e\u3002example"),
    HardCase("front-page", always(HOME), path="/"),
    HardCase("front-page-new", site(), path="/", then=site({"/": page("Anew", "All " + ESSAY)})),
    HardCase("text-new", site(), then=site({"/docs/guide": page("Anew", "other words " * 30)})),
    HardCase(
        "slash",
        site({"/docs/guide": redirect("/docs/guide/"), "/docs/guide/": GUIDE}),
        ending="moved",
    ),
    HardCase("about-parking", site({"/docs/guide": page("Sedoparking and hugedomains.com")})),
    HardCase("soft-sibling", site(otherwise=missing(200))),
]

# --- The dead ------------------------------------------------------------------------------------

GONE_TEXT = "The article was taken down, or has never been. Try our search instead."

DEAD = [
    HardCase("not-found", site({"/docs/guide": missing()}), ending="dead"),
    HardCase("gone", site({"/docs/guide": missing(410)}), ending="dead"),
    HardCase("not-found-rich", site({"/docs/guide": missing(404, ESSAY)}), ending="dead"),
    HardCase("server-error", refuse(500), ending="dead"),
    HardCase("plain-503", refuse(503), ending="dead"),
    HardCase("redirect-to-404", site({"/docs/guide": redirect("/no/such")}), ending="dead"),
    HardCase("soft-404", site({"/docs/guide": missing(200)}, missing(200)), ending="soft_404"),
    HardCase(
        "soft-404-title",
        always(page("Seite nicht gefunden", GONE_TEXT)),
        ending="soft_404",
    ),
    HardCase("soft-404-plain-title", always(page("Our magazine", GONE_TEXT)), ending="soft_404"),
    HardCase(
        "soft-404-echo",
        site(
            {"/docs/guide": echoing("{} – nothing")(Request("GET", "/docs/guide", "", {}))},
            echoing("{} – nothing"),
        ),
        ending="soft_404",
    ),
    HardCase(
        "soft-404-scripted",
        always(page("Page not found", "Oops.", head="<script>track()</script>")),
        ending="soft_404",
    ),
    HardCase(
        "soft-404-text",
        always(Answer(200, b"no such thing here", {"Content-Type": "text/plain"})),
        ending="soft_404",
    ),
    HardCase("home-302", go_home(302), ending="soft_404"),
    HardCase("home-301", go_home(301), ending="soft_404"),
    HardCase(
        "home-elsewhere",
        lambda request: redirect("http://new.home-elsewhere.example:PORT/"),
        names={"new.home-elsewhere.example": always(HOME)},
        ending="soft_404",
    ),
    HardCase(
        "error-page-302",
        site({"/error": page("Something went astray")}, lambda r: redirect("/error", 302)),
        path="/docs/lost",
        ending="soft_404",
    ),
    HardCase("parked-mark", always(for_sale(SEDO)), ending="parked"),
    HardCase("parked-mark-root", always(for_sale(SEDO)), path="/", ending="parked"),
    HardCase(
        "parked-redirect",
        lambda request: redirect("http://www.hugedomains.com:PORT/profile.cfm?d=garden", 302),
        names={"www.hugedomains.com": always(page("garden.example is for sale"))},
        ending="parked",
    ),
    HardCase("expired", site(), then=always(PARKED), wildcard=True, ending="parked"),
    HardCase("expired-root", site(), path="/", then=always(PARKED), wildcard=True, ending="parked"),
    HardCase("expired-alone", site(), then=always(PARKED), ending="soft_404"),
    HardCase("no-such-host", site(), has_name=False, ending="dead"),
    HardCase("reset", always(BEHAVIOURS["rst"]), ending="dead"),
    HardCase("empty-reply", always(BEHAVIOURS["empty-reply"]), ending="dead"),
    HardCase("silent", always(BEHAVIOURS["no-response"]), ending="dead"),
    HardCase("loop", always(redirect("/docs/guide", 302)), ending="dead"),
]


def with_port(site: Site, port: int) -> Site:
    """Return ``site`` with the true port in its redirects."""

    def answer(request: Request) -> Answer | Behaviour:
        found = site(request)
        if isinstance(found, Answer) and "PORT" in found.headers.get("Location", ""):
            location = re.sub("PORT", str(port), found.headers["Location"])
            return replace(found, headers={**found.headers, "Location": location})
        return found

    return answer
