"""The proof of the proof: with a safeguard taken out on purpose the history checker must object.

People work at the level of the operations, in threads, on one hot page; each mutant breaks the
site's own code while they do.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import MultipleObjectsReturned
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.cache import cache_page

import changes.editing
import changes.recording
import wiki.editing
import wiki.urls
from accounts.models import User
from accounts.roles import CONTRIBUTORS
from changes.editing import EditConflictError
from changes.models import Change
from changes.recording import Authorship, NothingChangedError, StaleVersionError
from markup.merging import merge_texts
from tests.cast import make_user
from tests.faults.history_checker import find_violations, read_stored
from tests.faults.journal import Journal, Outcome
from tests.faults.load import run_threads
from wiki.models import Page

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, TABS, WRITES, PARAGRAPHS = 3, 2, 12, 8
_acting = threading.local()  # whose attempt this thread makes: what a session would say
Mutant = Callable[[pytest.MonkeyPatch], None]


@dataclass
class Tab:
    """One person's browser tab, without the browser."""

    number: int
    user: User
    page_id: int
    journal: Journal
    reader: Client = field(default_factory=Client)

    def work(self) -> None:
        _acting.user_id = self.user.pk
        chance = random.Random(self.number)
        for _write in range(WRITES):
            if chance.random() < 0.2:
                self.revert(chance)
            else:
                self.edit(chance)

    def edit(self, chance: random.Random) -> None:
        page = Page.objects.get(pk=self.page_id)
        token = self.journal.make_token()
        paragraphs = page.body.rstrip("\n").split("\n\n")
        paragraphs[chance.randrange(len(paragraphs))] += f" {token}"
        time.sleep(chance.random() / 200)  # another thread's turn
        values = {"body": "\n\n".join(paragraphs) + "\n"}
        outcome = self._write(
            "edit",
            token,
            lambda: wiki.editing.edit_page(
                page_id=self.page_id, base_version=page.version, values=values, by=self._by(token)
            ),
        )
        if outcome is Outcome.OK:
            text = self.reader.get("/wiki/hot/source/").content.decode()
            self.journal.read(client=self.number, token=token, text=text)

    def revert(self, chance: random.Random) -> None:
        newest = Page.objects.get(pk=self.page_id).version
        number, token = chance.randint(max(1, newest - 3), newest), self.journal.make_token()
        self._write(
            "revert",
            token,
            lambda: wiki.editing.revert_page(
                page_id=self.page_id, to_version=number, by=self._by(token)
            ),
        )

    def _by(self, token: str) -> Authorship:
        return Authorship(actor=self.user, summary=token)

    def _write(self, name: str, token: str, operate: Callable[[], object]) -> Outcome:
        def act() -> Outcome:
            try:
                operate()
            except NothingChangedError:
                return Outcome.UNCHANGED
            except (EditConflictError, StaleVersionError):
                return Outcome.CONFLICT
            except (IntegrityError, MultipleObjectsReturned):
                return Outcome.UNKNOWN  # a page 500
            return Outcome.OK

        return self.journal.write(
            act,
            client=self.number,
            user_id=self.user.pk,
            name=name,
            token=token,
            adds_text=name == "edit",
        )


def find_broken_rules() -> set[str]:
    """The numbers of the rules that do not hold after everybody has worked."""
    people = [make_user(f"person{n}", CONTRIBUTORS) for n in range(PEOPLE)]
    body = "\n\n".join(f"Paragraph {n}." for n in range(PARAGRAPHS)) + "\n"
    by = Authorship(actor=people[0], summary="made")
    page = wiki.editing.create_page(values={"title": "Hot", "body": body}, by=by)
    journal = Journal()
    tabs = [Tab(n, people[n % PEOPLE], page.pk, journal) for n in range(PEOPLE * TABS)]
    run_threads(journal, [tab.work for tab in tabs])
    assert journal.failures == []
    assert len(journal.writes) == PEOPLE * TABS * WRITES
    return {violation.partition(":")[0] for violation in find_violations(journal, read_stored())}


# --- The safeguards, and what takes them out ------------------------------------------------------


def drop_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is read before the transaction that writes it, and not held."""
    for name in ("edit_page", "revert_page"):
        unlocked = getattr(wiki.editing, name).__wrapped__
        monkeypatch.setattr(wiki.editing, name, unlocked)
    write = wiki.editing.write_page
    monkeypatch.setattr(wiki.editing, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(wiki.editing, "write_page", transaction.atomic(write))


def drop_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is raised whatever it was."""

    def swap_blindly(instance: Any) -> None:
        row = type(instance)._base_manager.filter(pk=instance.pk)
        row.update(version=F("version") + 1)
        instance.version = row.values_list("version", flat=True).first() or 1

    monkeypatch.setattr(changes.recording, "_swap_version", swap_blindly)


def count_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next number is made up from the one that was read."""

    def count(instance: Any) -> None:
        instance.version += 1

    monkeypatch.setattr(changes.recording, "_swap_version", count)


def drop_lock_and_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_lock(monkeypatch)
    drop_swap(monkeypatch)


def compare_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base is known by its time, which has a resolution of one second."""

    def find_base(page: Any, base_version: int) -> int:
        times = dict(page.history.values_list("version", "history_date"))
        base, newest = (times[v].replace(microsecond=0) for v in (base_version, page.version))
        current: int = page.version
        return current if base == newest else base_version

    _replace_base(monkeypatch, find_base)


def skip_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who saved last is not warned of it: two tabs of one person."""

    def find_base(page: Any, base_version: int) -> int:
        newest: int = page.version
        is_own = page.history.get(version=newest).history_user_id == _acting.user_id
        return newest if is_own else base_version

    _replace_base(monkeypatch, find_base)


def _replace_base(monkeypatch: pytest.MonkeyPatch, find_base: Callable[[Any, int], int]) -> None:
    merge = changes.editing.merge_edit

    def merge_edit(current: Any, *, base_version: int, **more: Any) -> Any:
        return merge(current, base_version=find_base(current, base_version), **more)

    monkeypatch.setattr(wiki.editing, "merge_edit", merge_edit)


def let_the_last_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge that takes one side."""
    monkeypatch.setattr(
        changes.editing, "merge_texts", lambda _base, _theirs, mine: merge_texts(mine, mine, mine)
    )


def confirm_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then the answer is given and the transaction undone."""
    edit, calls = wiki.editing.edit_page, iter(range(10**6))

    @transaction.atomic
    def edit_page(**values: Any) -> Any:
        result = edit(**values)
        transaction.set_rollback(next(calls) % 7 == 3)
        return result

    monkeypatch.setattr(wiki.editing, "edit_page", edit_page)


def write_in_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conflict is shown, and mine is saved nevertheless."""
    edit = wiki.editing.edit_page

    def edit_page(**values: Any) -> Any:
        try:
            return edit(**values)
        except EditConflictError as conflict:
            edit(**{**values, "base_version": conflict.current.version})
            raise

    monkeypatch.setattr(wiki.editing, "edit_page", edit_page)


def cache_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers get what was there a minute ago."""
    patterns = [p for p in wiki.urls.urlpatterns if isinstance(p, URLPattern)]
    (pattern,) = (p for p in patterns if p.name == "page_source")
    monkeypatch.setattr(pattern, "callback", cache_page(60)(pattern.callback))


def credit_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is by the same person."""
    _change_columns(monkeypatch, lambda: {"history_user": get_user_model().objects.earliest("pk")})


def be_an_hour_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes wrong."""
    now = timezone.now
    _change_columns(monkeypatch, lambda: {"history_date": now() - timedelta(hours=1)})


def _change_columns(monkeypatch: pytest.MonkeyPatch, more: Callable[[], dict[str, Any]]) -> None:
    columns = changes.recording._revision_columns
    monkeypatch.setattr(
        changes.recording, "_revision_columns", lambda step, by: columns(step, by) | more()
    )


def revert_to_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by one."""
    revert = wiki.editing.revert_page

    def revert_page(*, page_id: int, to_version: int, by: Authorship) -> Page:
        page = revert(page_id=page_id, to_version=max(1, to_version - 1), by=by)
        Change.objects.filter(object_id=page_id, version_after=page.version).update(
            details={"to": to_version}
        )
        return page

    monkeypatch.setattr(wiki.editing, "revert_page", revert_page)


# --- What each must lead to -----------------------------------------------------------------------

CAUGHT: dict[str, tuple[Mutant, str]] = {
    "lock and swap dropped": (drop_lock_and_swap, "10"),
    "timestamps compared instead of ids": (compare_seconds, "10"),
    "check skipped for the same user": (skip_own, "10"),
    "the last one wins": (let_the_last_win, "10"),
    "confirmed early": (confirm_early, "1"),
    "written in spite of a conflict": (write_in_conflict, "3"),
    "stale cache read": (cache_reads, "5"),
    "another's name": (credit_the_first, "6"),
    "another's time": (be_an_hour_late, "6"),
    "a revert to another revision": (revert_to_the_one_before, "10"),
}
# Each of these alone is made good by the safeguard behind it.
HARMLESS: dict[str, Mutant] = {
    "nothing": lambda monkeypatch: None,
    "lock dropped": drop_lock,
    "swap dropped": drop_swap,
}


@pytest.mark.parametrize("name", CAUGHT)
def test_a_broken_safeguard_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate, rule = CAUGHT[name]
    mutate(monkeypatch)
    assert rule in find_broken_rules()


@pytest.mark.parametrize("name", HARMLESS)
def test_no_single_safeguard_holds_everything(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    HARMLESS[name](monkeypatch)
    assert find_broken_rules() == set()


def test_the_constraints_hold_where_lock_and_swap_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_lock(monkeypatch)
    count_alone(monkeypatch)
    assert find_broken_rules() == set()


def test_dropped_constraints_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_lock(monkeypatch)
    count_alone(monkeypatch)
    with without_constraints():
        assert "2" in find_broken_rules()


@contextmanager
def without_constraints() -> Iterator[None]:
    """A database that takes two revisions of one number."""
    with ExitStack() as restored:
        for model in (Page.history.model, Change):
            restored.enter_context(_without_constraints_of(model))
        yield


@contextmanager
def _without_constraints_of(model: type[Model]) -> Iterator[None]:
    constraints = model._meta.constraints
    model._meta.constraints = []  # SQLite makes the table anew, by what stands here
    try:
        for constraint in constraints:
            with connection.schema_editor() as editor:
                editor.remove_constraint(model, constraint)
        yield
    finally:
        model._base_manager.all().delete()
        model._meta.constraints = constraints
        for constraint in constraints:
            with connection.schema_editor() as editor:
                editor.add_constraint(model, constraint)
