"""What holds for every address and every module of the site, also those that come tomorrow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from tests.addresses import addresses, make_site, patterns
from tests.services import ON_SERVICES
from tests.strictness import find_weakness
from tests.sweeping import visitors_read_once, without_frame

ROOT = Path(settings.BASE_DIR)
OUR_APPS = tuple(name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir())

# Addresses that only take POST: a new one goes here, or it answers GET.
POST_ONLY = {
    "changes:notification_read",
    "changes:notification_read_all",
    "catalog:description_preview",
    "catalog:introduction_preview",
    "catalog:resource_restore",
    "catalog:section_dismiss",
    "changes:change_patrol",
    "changes:change_rollback",
    "changes:feed_token_change",
    "changes:group_undo",
    "changes:watch_change",
    "changes:watch_seen",
    "insights:redirects_straighten",
    "wiki:image_restore",
    "linkcheck:batch_undo",
    "linkcheck:host_moves",
    "linkcheck:host_override",
    "linkcheck:host_withdraw",
    "linkcheck:link_check",
    "linkcheck:link_confirm",
    "linkcheck:link_override",
    "linkcheck:link_withdraw",
    "moderation:blocked_link_remove",
    "moderation:case_assign",
    "moderation:case_claim",
    "moderation:case_decide",
    "moderation:case_note",
    "moderation:case_prioritise",
    "moderation:case_release",
    "moderation:case_snooze",
    "moderation:decision_undo",
    "moderation:rule_hit_mark",
    "moderation:rule_switch_off",
    "moderation:rule_switch_on",
    "moderation:proposal_answer",
    "moderation:proposal_withdraw",
    "wiki:page_preview",
    "talk:thread_resolve",
    "wiki:page_restore",
    "wiki:path_progress",
    "wiki:path_restore",
}
# Parameters that some view reads.
READ_PARAMETERS = (
    "draft",
    *("try", "amend", "proposal", "token", "words", "days"),
    *("q", "page", "from", "to", "view", "redirect", "title", "url", "section", "parent", "kind"),
    *("level", "language", "tag", "health", "order", "status", "type", "user", "minor", "object"),
    *(
        "patrolled",
        "after",
        "before",
        "mark",
        "verdict",
        "host",
        "next",
        "state",
        "moderator",
        "action",
        "since",
        "accounts",
        "kinds",
        "hidden",
        "about",
        "quote",
        "vote",
        "noted",
    ),
)
WRITTEN_FIELDS = (
    "part",
    *("title", "body", "url", "section", "parent", "language", "description", "introduction"),
    *("reason", "summary", "username", "version", "action", "base_revision", "to", "kind"),
    *("change", "up_to", "user", "patrolled", "object", "through"),
    *("level", "tags", "about", "login", "email", "override", "days", "new_host", "only"),
    *("target", "duration", "pattern", "text"),
    *("level", "reviewer", "group"),
    *("condition", "condition-0-kind", "condition-0-number", "condition-0-text", "do", "name"),
    *("confirmed", "new_condition", "standings", "match", "label", "message"),
    *("takes_over", "until", "assignee", "priority", "case"),
    *("since", "accounts", "kinds", "last", "parts"),
    *("password", "is_meant"),
    *("done", "undo", "reset", "steps", "vote"),
    *("step_key", "step_target", "step_title", "step_minutes", "step_text", "step_removed"),
)
# Parameters of an address that are numbers.
NUMBERS = {
    *("number", "link_id", "case_id", "notification_id", "mass_revert_id", "object_id"),
    *("rule_id", "hit_id", "group_id", "proposal_id", "block_id", "thread_id", "post_id"),
}
NONSENSE = {
    "nothing": "",
    "words": "abc",
    "number": "1",
    "minus": "-1",
    "too large": "9" * 30,
    "too large for a row": str(2**31),
    "too large for a key": str(2**63),
    "signs": "' \" ) ( \\ % _ <>&;--",
    "long": "x" * 5000,
    "other digits": "\u0661\u00b2",
    "nul": "a\0b",
    "separators": "\u2028\r\nX: y",
}
# Those to which another database could answer otherwise; on PostgreSQL no other is tried, since
# what a view makes of a value before it asks is the same there.
ASKED_OF_DATABASES = {
    *("number", "minus", "too large", "too large for a row", "too large for a key"),
    *("signs", "long", "nul"),
}
TRIED = {n: v for n, v in NONSENSE.items() if not ON_SERVICES or n in ASKED_OF_DATABASES}


@pytest.fixture
def site(alice, erin, maria) -> dict[str, str]:
    """Addresses by name, of a site that has everything."""
    make_site(contributor=alice, editor=erin, moderator=maria)
    return addresses()


@pytest.fixture
def visitors(alice, maria, root) -> dict[str, Client]:
    found = {"anonymous": Client(raise_request_exception=False)}
    for user in (alice, maria, root):
        found[user.username] = Client(raise_request_exception=False)
        found[user.username].force_login(user)
    return found


@pytest.mark.parametrize("url", ["/nothing/", "/wiki/%00/", "/wiki/none/", "/users/none/", "/x"])
def test_refusals_are_under_a_strict_policy_too(client, db, url):
    response = client.get(url)
    assert response.status_code in (400, 404)
    assert find_weakness(response) == ""


def rows() -> dict[str, list[Any]]:
    """All that the database holds, without sessions."""
    kept = [m for m in apps.get_models(include_auto_created=True) if m._meta.label != LOG]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in kept}


LOG = "sessions.Session"


def links_in(html: str) -> set[str]:
    """Addresses on this site that a page leads to; the languages without the way back."""
    found = re.findall(r'(?:href|src|action|data-[a-z-]+)="(/[^"#]*)', html)
    found = [url for url in found if not url.startswith(("/static/", "/language/?next="))]
    return {url.replace("&amp;", "&") for url in found}


def crawl(client: Client, start: list[str], limit: int = 600) -> dict[str, int]:
    """Statuses by address of everything that can be reached from ``start`` by GET."""
    waiting, seen = sorted(start), {}
    while waiting:
        assert len(seen) < limit, waiting
        url = waiting.pop(0)
        if url in seen:
            continue
        response = client.get(url)
        seen[url] = response.status_code
        if response.headers.get("Content-Type", "").startswith("text/html"):
            waiting += sorted(links_in(response.content.decode()) - seen.keys())
    return seen


def find_other_heads(client: Client, statuses: dict[str, int]) -> dict[str, int]:
    """The addresses that answer HEAD otherwise than GET; no question to a database."""
    if ON_SERVICES:
        return {}
    with without_frame():
        return {url: found for url in statuses if (found := head(client, url)) != statuses[url]}


def head(client: Client, url: str) -> int:
    return client.head(url).status_code


def test_reading_everything_changes_nothing_and_no_link_of_ours_is_broken(site, visitors):
    """By GET and by HEAD, which answer alike; and what only takes POST refuses both."""
    client = visitors["maria"]
    client.get(site["account_email"])  # allauth writes down here what the account's address is
    before = rows()
    statuses = crawl(client, list(site.values()))
    assert [url for url, status in statuses.items() if status >= 500] == []
    assert {name for name, url in site.items() if statuses[url] == 405} == POST_ONLY
    assert find_other_heads(client, {url: statuses[url] for url in site.values()}) == {}
    reached = {u: s for u, s in statuses.items() if u not in site.values()}
    assert len(reached) > 40
    # A link on a page may lead to a page that nobody wrote yet, to nothing else that is missing.
    broken = {u: s for u, s in reached.items() if s in (400, 404) and "nowhere" not in u}
    broken = {u: s for u, s in broken.items() if u != "/wiki/editing-help/"}
    assert broken == {}
    assert rows() == before


class AskedDict(dict[str, Any]):
    """As :class:`Asked`, for a view that takes them as a plain dictionary."""

    def __getitem__(self, key: str) -> Any:
        Asked.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        Asked.names.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        Asked.names.add(key)
        return super().get(key, default)


class Asked(QueryDict):
    """The parameters of an address, which note by what names a view asks for them."""

    names: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> Any:
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().getlist(key, default)

    def dict(self) -> AskedDict:
        return AskedDict(super().dict())


def find_asked(client: Client, url: str, patch: pytest.MonkeyPatch) -> set[str]:
    """As :func:`ask`, without the status."""
    return ask(client, url, patch)[0]


def ask(client: Client, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], int]:
    """By which names a view asks for parameters where it is given none; the status.

    One alone, of another name, cannot make a difference: nobody reads it.
    """
    Asked.names.clear()
    with monkeypatch.context() as patched:
        made = property(lambda request: Asked(request.META.get("QUERY_STRING", "")))
        patched.setattr(WSGIRequest, "GET", made)
        status = client.get(url).status_code
    return set(Asked.names), status


def find_readers(client: Client, site: dict[str, str], patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The addresses that read parameters, with the names; without what every page reads.

    Who is refused, or sent to sign in, reads none.
    """
    everywhere = find_asked(client, site[PLAIN], patch)
    readers = {}
    for name, url in site.items():
        asked, status = ask(client, url, patch)
        if status not in (403, 405) and asked - everywhere:
            readers[name] = asked
    return readers


def find_broken(client: Client, url: str, queries: dict[str, Any]) -> list[tuple[str, str, int]]:
    """With which of ``queries``, each under a word for it, an address fails."""
    found = [(what, client.get(url, query).status_code) for what, query in queries.items()]
    return [(url, what, status) for what, status in found if status >= 500]


PLAIN = "account_inactive"  # a page that reads no more than every page does


NUMERIC = ("number", "minus", "too large", "too large for a row", "too large for a key")
TEXTUAL = ("words", "signs", "long", "other digits", "separators")


def each_another(names: list[str], kind: tuple[str, ...], first: int) -> dict[str, str]:
    """Another value of one kind for each name, in turn."""
    return {name: NONSENSE[kind[(first + n) % len(kind)]] for n, name in enumerate(names)}


def test_no_parameter_breaks_an_address(site, visitors, monkeypatch):
    """All of them at once, and names that some view reads besides, in whatever view reads any.

    Who is not signed in tries every value where they are asked for other names than a moderator,
    and so by other code; elsewhere each name gets a number, a text and nothing. What stands around
    every page is tried at two.
    """
    faults, known = [], {}
    with without_frame(), visitors_read_once():
        for who in ("maria", "anonymous"):
            readers = find_readers(visitors[who], site, monkeypatch)
            assert len(readers) > 30
            for number, (name, asked) in enumerate(readers.items()):
                names = [*READ_PARAMETERS, *asked]
                queries = {what: dict.fromkeys(names, value) for what, value in TRIED.items()}
                if known.get(name) == asked:
                    kinds = {"a number": NUMERIC, "a text": TEXTUAL, "nothing": ("nothing",)}
                    queries = {w: each_another(names, kind, number) for w, kind in kinds.items()}
                faults += find_broken(visitors[who], site[name], queries)
            known = readers
    queries = {what: dict.fromkeys(READ_PARAMETERS, value) for what, value in TRIED.items()}
    for who in ("maria", "anonymous"):
        for name in (PLAIN, "search:search_help"):
            faults += find_broken(visitors[who], site[name], queries)
    assert faults == []


def test_no_parameter_alone_breaks_a_list(site, visitors, monkeypatch):
    """What refuses one parameter of many would hide what another does."""
    kinds = ("_list", "_feed", "_compare", "_history", "_revert", "_create", "section_detail")
    faults, tried = [], 0
    client = visitors["maria"]
    with without_frame(), visitors_read_once():
        for url in (url for name, url in site.items() if name.endswith(kinds)):
            for parameter in sorted(find_asked(client, url, monkeypatch)):
                values = {w: NONSENSE[w] for w in ("too large for a key", "signs")}
                queries = {f"{parameter}: {w}": {parameter: v} for w, v in values.items()}
                faults += find_broken(client, url, queries)
                tried += len(queries)
    assert faults == []
    assert tried > 100


def test_what_a_view_asks_for_is_seen(client, db, monkeypatch):
    assert {"page", "q", "kind"} <= find_asked(client, "/resources/", monkeypatch)


def test_no_number_in_an_address_breaks_it(site, visitors):
    faults = []
    for name, parameters in patterns():
        if not NUMBERS & set(parameters):
            continue
        for number in ("0", "999", str(2**31), str(2**63), "9" * 30):
            url = re.sub(r"/\d+/", f"/{number}/", site[name])
            response = visitors["root"].get(url)
            if response.status_code not in (404, 405):
                faults.append((url, response.status_code))
    assert faults == []


def test_no_text_in_a_form_breaks_an_address(site, visitors):
    """Nor weakens the policy that the answer is under."""
    takes_posts, faults = sorted(set(site.values())), []
    tries = [("maria", text) for text in TEXTS] + [("alice", TEXTS[-1])]  # whose page it is
    with without_frame(), visitors_read_once():
        for who, text in tries:
            answers = {url: post_and_forget(visitors[who], url, text) for url in takes_posts}
            for url, response in answers.items():
                if response.status_code >= 500 or find_weakness(response):
                    faults.append((who, text, url, response.status_code, find_weakness(response)))
            # What refuses a method does so whatever it is sent.
            takes_posts = [url for url in takes_posts if answers[url].status_code != 405]
    assert faults == []


TEXTS = ("a\0b", "x" * 3000, "9" * 30, "\ufffe\u2028", "'\"")


def post_and_forget(client: Client, url: str, text: str) -> Any:
    """The answer to a form full of ``text``; each on the same site: nothing is kept of it."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = client.post(url, dict.fromkeys(WRITTEN_FIELDS, text))
        transaction.set_rollback(True)
    client.cookies = cookies  # one of the addresses signs out
    return response


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in OUR_APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


@cache
def calls() -> list[tuple[str, ast.Call, str]]:
    """Each call ``something.name(…)`` of ours, with its module and its name; found once."""
    return [
        (path, node, node.func.attr)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def receiver_of(call: ast.Call) -> str:
    return ast.unparse(call.func.value)  # type: ignore[attr-defined]


HISTORIED = re.compile(
    r"\b(Page|Section|Resource|Path)\.(_base_manager|objects|_default_manager)\b"
)
WRITES = {"update", "delete", "create", "bulk_create", "bulk_update", "get_or_create"}
WRITES |= {"update_or_create"}
# The operations; each of their writes makes a revision, or derives what is no part of one.
OPERATIONS = (
    "wiki/editing.py",
    "wiki/restoring.py",
    "wiki/paths/editing.py",
    "catalog/editing/",
    "changes/recording.py",
)


def test_historied_models_are_written_by_their_operations_only():
    found = [
        f"{path}: {ast.unparse(call)[:80]}"
        for path, call, name in calls()
        if name in WRITES and HISTORIED.search(receiver_of(call))
    ]
    assert [line for line in found if not line.startswith(OPERATIONS)] == []


def test_views_save_nothing_themselves():
    """The one form that saves is that of a profile, which has no history."""
    found = [
        f"{path}: {ast.unparse(call)}"
        for path, call, name in calls()
        if path.endswith("views.py") and name in {"save", "delete", *WRITES}
    ]
    assert found == ["accounts/views.py: form.save()"]


TRANSLATED = re.compile(
    r"{%\s*(blocktranslate|comment).*?{%\s*end\1\s*%}|<(script|style|kbd)\b.*?</\2>", re.DOTALL
)
SPOKEN = re.compile(r'\b(?:title|aria-label|placeholder|alt)="([^"]*)"')
MARKUP = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->|<[^>]*>|&[a-z]+;|&#\d+;", re.DOTALL)
NAMES = {"Atom", "RSS", "JSON", "UTC", "ms"}  # of formats, and a unit


def words_outside_translation(template: str) -> set[str]:
    """Words that a reader would see in English whatever the language."""
    shown = TRANSLATED.sub(" ", template)
    spoken = " ".join(MARKUP.sub(" ", text) for text in SPOKEN.findall(shown))
    text = f"{MARKUP.sub(' ', re.sub(r'{%.*?%}|{{.*?}}', ' ', shown))} {spoken}"
    return set(re.findall(r"[^\W\d_]{2,}", text)) - NAMES


def test_every_word_of_a_template_is_translated():
    found = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        words = words_outside_translation(path.read_text())
        if words:
            found[path.relative_to(ROOT).as_posix()] = sorted(words)
    assert found == {}


def test_the_search_for_words_finds_them():
    assert words_outside_translation("<p>Hello {{ x }}</p>") == {"Hello"}
    assert words_outside_translation('<p title="Hello">{% translate "Bye" %}</p>') == {"Hello"}
    assert words_outside_translation("{% blocktranslate %}A word{% endblocktranslate %}") == set()


def test_an_image_holds_every_app() -> None:
    taken = (ROOT / ".dockerignore").read_text().splitlines()
    assert [name for name in OUR_APPS if f"!{name}" not in taken] == []
