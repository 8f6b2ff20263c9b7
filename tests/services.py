"""Where the tests look for a PostgreSQL and a Redis."""

import os

DATABASE_URL = os.environ.get("TEST_DATABASE_URL") or "postgres://root@127.0.0.1:5432/root"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
