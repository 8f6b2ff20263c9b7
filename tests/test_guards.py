"""What holds for every address and every module of the site, also those that come tomorrow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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


@pytest.fixture
def site(alice, erin, maria) -> dict[str, str]:
    """Addresses by name, of a site that has everything."""
    make_site(contributor=alice, editor=erin, moderator=maria)
    return addresses()


def clients(alice, maria, root) -> dict[str, Client]:
    found = {"anonymous": Client(raise_request_exception=False)}
    for user in (alice, maria, root):
        found[user.username] = Client(raise_request_exception=False)
        found[user.username].force_login(user)
    return found


@pytest.fixture
def visitors(alice, maria, root) -> dict[str, Client]:
    return clients(alice, maria, root)


def find_weakness(response: Any) -> str:
    """What is wrong with the headers of an answer."""
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy:
        return f"policy {policy!r}"
    if "unsafe" in policy or "*" in policy or "data:" in policy:
        return f"loose policy {policy!r}"
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        return "may be sniffed"
    return ""


def test_every_address_answers_everyone_under_a_strict_policy(site, visitors):
    faults = []
    for who, client in visitors.items():
        for name, url in site.items():
            for method in ("get", "post"):
                response = getattr(client, method)(url)
                if response.status_code >= 500:
                    faults.append((who, method, name, response.status_code))
                if weakness := find_weakness(response):
                    faults.append((who, method, name, weakness))
    assert faults == []


@pytest.mark.parametrize("url", ["/nothing/", "/wiki/%00/", "/wiki/none/", "/users/none/", "/x"])
def test_refusals_are_under_a_strict_policy_too(client, db, url):
    response = client.get(url)
    assert response.status_code in (400, 404)
    assert find_weakness(response) == ""


def test_only_some_addresses_refuse_get(site, visitors):
    refused = {n for n, url in site.items() if visitors["maria"].get(url).status_code == 405}
    assert refused == POST_ONLY


def test_head_answers_as_get(site, visitors):
    for name, url in site.items():
        client = visitors["maria"]
        assert client.head(url).status_code == client.get(url).status_code, name


def rows() -> dict[str, list[Any]]:
    """All that the database holds, without sessions."""
    kept = [m for m in apps.get_models(include_auto_created=True) if m._meta.label != LOG]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in kept}


LOG = "sessions.Session"


def links_in(html: str) -> set[str]:
    """Addresses on this site that a page leads to."""
    found = re.findall(r'(?:href|src|action|data-[a-z-]+)="(/[^"#]*)', html)
    return {url.replace("&amp;", "&") for url in found if not url.startswith("/static/")}


def crawl(client: Client, start: Iterator[str] | list[str], limit: int = 400) -> dict[str, int]:
    """Statuses by address of everything that can be reached from ``start`` by GET."""
    waiting, seen = sorted(start), {}
    while waiting and len(seen) < limit:
        url = waiting.pop(0)
        if url in seen:
            continue
        response = client.get(url)
        seen[url] = response.status_code
        if response.headers.get("Content-Type", "").startswith("text/html"):
            waiting += sorted(links_in(response.content.decode()) - seen.keys())
    return seen


def test_reading_everything_changes_nothing_and_no_link_of_ours_is_broken(site, visitors):
    client = visitors["maria"]
    client.get(site["account_email"])  # allauth writes down here what the account's address is
    before = rows()
    statuses = crawl(client, list(site.values()))
    assert [url for url, status in statuses.items() if status >= 500] == []
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
    everywhere = find_asked(client, site["account_inactive"], patch)
    readers = {}
    for name, url in site.items():
        asked, status = ask(client, url, patch)
        if status not in (403, 405) and (asked - everywhere or name.startswith("search:")):
            readers[name] = asked
    return {"account_inactive": everywhere, **readers}


def test_no_parameter_breaks_an_address(site, visitors, monkeypatch):
    """All of them at once, and names that some view reads besides, in whatever view reads any."""
    faults = []
    for who in ("anonymous", "maria"):
        readers = find_readers(visitors[who], site, monkeypatch)
        assert len(readers) > 30
        for name, asked in readers.items():
            for what, value in NONSENSE.items():
                query = dict.fromkeys([*READ_PARAMETERS, *asked], value)
                response = visitors[who].get(site[name], query)
                if response.status_code >= 500:
                    faults.append((who, name, what, response.status_code))
    assert faults == []


def test_no_parameter_alone_breaks_a_list(site, visitors, monkeypatch):
    """What refuses one parameter of many would hide what another does."""
    kinds = ("_list", "_feed", "_compare", "_history", "_revert", "_create", "section_detail")
    faults, tried = [], 0
    client = visitors["maria"]
    for url in (url for name, url in site.items() if name.endswith(kinds)):
        for parameter in sorted(find_asked(client, url, monkeypatch)):
            for name in ("too large for a key", "signs"):
                response = client.get(url, {parameter: NONSENSE[name]})
                tried += 1
                if response.status_code >= 500:
                    faults.append((url, parameter, response.status_code))
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
    faults = []
    for value in ("a\0b", "x" * 3000, "9" * 30, "\ufffe\u2028", "'\""):
        for name, url in site.items():
            with transaction.atomic():  # each on the same site: nothing is kept of what it did
                response = visitors["maria"].post(url, dict.fromkeys(WRITTEN_FIELDS, value))
                transaction.set_rollback(True)
            if response.status_code >= 500:
                faults.append((name, value, response.status_code))
    assert faults == []


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in OUR_APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


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
    found = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver = ast.unparse(node.func.value)
                if node.func.attr in WRITES and HISTORIED.search(receiver):
                    found.append(f"{path}: {ast.unparse(node)[:80]}")
    assert [line for line in found if not line.startswith(OPERATIONS)] == []


def test_views_save_nothing_themselves():
    """The one form that saves is that of a profile, which has no history."""
    found = []
    for path, tree in modules():
        if not path.endswith("views.py"):
            continue
        for node in ast.walk(tree):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr in {"save", "delete", *WRITES}:  # type: ignore[attr-defined]
                found.append(f"{path}: {ast.unparse(node)}")
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
