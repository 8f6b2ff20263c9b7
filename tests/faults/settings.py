"""The site's own settings for a server that a test starts: plainer static files, a quiet log."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, LOGGING, STORAGES

STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
LOGGING["root"]["level"] = "CRITICAL"  # type: ignore[index]  # faults are what these tests make

if "FAULTS_LOCK_WAIT" in os.environ:
    _seconds = float(os.environ["FAULTS_LOCK_WAIT"])
    _database = DATABASES["default"]
    if _database["ENGINE"].endswith("sqlite3"):
        _database["OPTIONS"]["timeout"] = _seconds
    else:
        _database["OPTIONS"]["options"] += f" -c lock_timeout={_seconds * 1000:.0f}ms"
