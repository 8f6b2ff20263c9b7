"""Where the tests look for a PostgreSQL and a Redis."""

import os

import redis

DATABASE_URL = os.environ.get("TEST_DATABASE_URL") or "postgres://root@127.0.0.1:5432/root"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
#: Whether this run is on them (``tests/run.py`` sets it), or on SQLite and a broker made of files.
ON_SERVICES = os.environ.get("TEST_SERVICES") == "1"


def forget_keys(prefix: str) -> None:
    """Delete every key of Redis that begins with ``prefix``: another run may use the rest."""
    with redis.Redis.from_url(REDIS_URL) as client:
        keys = list(client.scan_iter(match=f"{prefix}*", count=1000))
        if keys:
            client.delete(*keys)
