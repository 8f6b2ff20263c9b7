"""What holds for every test: which run it belongs to, and a database as migrations leave it."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.utils import translation
from pytest_django import DjangoDbBlocker

from accounts.models import User
from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS
from tests import services
from tests.cast import make_user
from tests.emptying import empty_in_our_way, keep_first_rows

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


empty_in_our_way()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The database of the run, and what the migrations wrote into it."""
    with django_db_blocker.unblock():
        keep_first_rows()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what never asks a database; on SQLite skip what is not about it."""
    if services.ON_SERVICES:
        _deselect(config, items, [item for item in items if not _belongs_on_services(item)])
    for item in items:
        if item.get_closest_marker("services") and not services.ON_SERVICES:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL and Redis: make test"))


def _belongs_on_services(item: pytest.Item) -> bool:
    if item.get_closest_marker("embedded"):
        return False
    asks_database = item.get_closest_marker("django_db") or _uses(item, DATABASE_FIXTURES)
    return bool(asks_database or item.get_closest_marker("services"))


def _uses(item: pytest.Item, fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


def _deselect(config: pytest.Config, items: list[pytest.Item], unwanted: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in set(unwanted)]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test finds what another left in the cache: sessions, limits on sign-ins."""
    yield
    caches["readers"].clear()
    if services.ON_SERVICES:
        services.forget_keys(settings.REDIS_PREFIX)
    else:
        cache.clear()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """No test speaks the language that a visitor of another asked for."""
    yield
    translation.deactivate()


# The fixed cast: alice and bob contribute, erin edits, maria and mika moderate, root administers.
# None of them has a password: `client.force_login(alice)`.


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice", CONTRIBUTORS)


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob", CONTRIBUTORS)


@pytest.fixture
def erin(db: None) -> User:
    return make_user("erin", CONTRIBUTORS, EDITORS)


@pytest.fixture
def maria(db: None) -> User:
    return make_user("maria", CONTRIBUTORS, MODERATORS)


@pytest.fixture
def mika(db: None) -> User:
    return make_user("mika", CONTRIBUTORS, MODERATORS)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser(username="root", email="root@example.org")
