"""The site's own settings in a folder of its own, quick where speed does not change meaning.

``TEST_SERVICES=1`` (set by ``tests/run.py``) runs on the PostgreSQL and Redis of
``tests/services.py``; otherwise on SQLite and a broker made of files.
Nothing that a developer's environment says of the real site reaches a test.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

from tests import services

TRUST_NUMBERS = re.compile(r"^ +\(\"([A-Z_]+)\", \d", re.MULTILINE)  # rows of its table
READS = re.compile(r"(?:env\.\w+|read_networks)\(\s*\"([A-Z_]+)\"")


def find_variables() -> list[str]:
    """Return the names of the environment variables that the site's settings read."""
    source = (Path(__file__).parent.parent / "config" / "settings.py").read_text()
    numbers = {f"TRUST_{name}" for name in TRUST_NUMBERS.findall(source)}
    return sorted({*READS.findall(source), *numbers})


def make_data_dir() -> str:
    """Return this run's folder, shared with the processes that the run starts, and removed by it.

    Our own, not pytest's ``tmp_path``: settings are read before any fixture.
    """
    existing = os.environ.get("PERENNIAL_TEST_DATA_DIR")
    if existing is not None:
        return existing
    made = tempfile.mkdtemp(prefix="perennial-tests-")
    os.environ["PERENNIAL_TEST_DATA_DIR"] = made
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


for _name in find_variables():
    os.environ.pop(_name, None)
os.environ["DATA_DIR"] = make_data_dir()
RUN_NAME = Path(os.environ["DATA_DIR"]).name.replace("-", "_").lower()
if services.ON_SERVICES:
    os.environ["DATABASE_URL"] = services.DATABASE_URL
    os.environ["REDIS_URL"] = services.REDIS_URL

from accounts.rates import read_rates  # noqa: E402 (after the environment is set)
from config.settings import *  # noqa: E402, F403 (after the environment is set)
from config.settings import CACHES, CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, LOGGING, STORAGES  # noqa: E402

if services.ON_SERVICES:
    # Two runs, and the processes of one, must not meet: a database and a prefix for each.
    DATABASES["default"]["TEST"] = {"NAME": f"test_{RUN_NAME}"}
    # No test ends the server itself; waiting for the disk only makes a slow one fail.
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
    REDIS_PREFIX = f"{RUN_NAME}_{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    CACHES["default"]["KEY_PREFIX"] = REDIS_PREFIX
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{REDIS_PREFIX}:"

# Counted as on a real site, but tests write faster than people do.
RATE_LIMITS = read_rates(["edit.user=99999/1m"])
LOGGING["loggers"]["django.request"] = {"level": "ERROR"}  # not every refusal, with its traceback
FORM_TRAP_SECONDS = 0  # and they send forms faster
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
Path(os.environ["DATA_DIR"], "static").mkdir(exist_ok=True)  # or WhiteNoise warns of its absence
