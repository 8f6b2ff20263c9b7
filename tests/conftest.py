"""What holds for every test: which run it belongs to, and a database as migrations leave it."""

import os

import pytest

ON_SERVICES = os.environ.get("TEST_SERVICES") == "1"
COMMITTING_FIXTURES = {"transactional_db", "live_server"}
DATABASE_FIXTURES = COMMITTING_FIXTURES | {"db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what never asks a database; on SQLite skip what is not about it."""
    if ON_SERVICES:
        _deselect(config, items, [item for item in items if not _belongs_on_services(item)])
    for item in items:
        if item.get_closest_marker("services") and not ON_SERVICES:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL and Redis: make test"))
        if _commits(item):
            # Emptying the tables afterwards would lose what migrations put there (the groups).
            item.fixturenames.insert(0, "django_db_serialized_rollback")


def _belongs_on_services(item: pytest.Item) -> bool:
    if item.get_closest_marker("embedded"):
        return False
    asks_database = item.get_closest_marker("django_db") or _uses(item, DATABASE_FIXTURES)
    return bool(asks_database or item.get_closest_marker("services"))


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or _uses(item, COMMITTING_FIXTURES)


def _uses(item: pytest.Item, fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


def _deselect(config: pytest.Config, items: list[pytest.Item], unwanted: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in set(unwanted)]
