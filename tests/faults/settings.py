"""The site's own settings for what a test starts: plainer static files, a quiet log, faults."""

import os
from datetime import UTC, datetime, timedelta

from accounts.rates import read_rates
from config.settings import *  # noqa: F403
from config.settings import (
    CELERY_BEAT_SCHEDULE,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    LOGGING,
    STORAGES,
)

RATE_LIMITS = read_rates(["off"])  # a flood by few people is what these tests are
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
LOGGING["root"]["level"] = "CRITICAL"  # type: ignore[index]  # faults are what these tests make

if "FAULTS_LOCK_WAIT" in os.environ:
    _seconds = float(os.environ["FAULTS_LOCK_WAIT"])
    _database = DATABASES["default"]
    if _database["ENGINE"].endswith("sqlite3"):
        _database["OPTIONS"]["timeout"] = _seconds
    else:
        _database["OPTIONS"]["options"] += f" -c lock_timeout={_seconds * 1000:.0f}ms"

if "FAULTS_REDIS_PREFIX" in os.environ:
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = os.environ["FAULTS_REDIS_PREFIX"]

if "FAULTS_BEAT_EVERY" in os.environ:
    # Only what looks after links: all the others so often would be a flood before it.
    CELERY_BEAT_SCHEDULE = {
        _name: {**_entry, "schedule": float(os.environ["FAULTS_BEAT_EVERY"])}
        for _name, _entry in CELERY_BEAT_SCHEDULE.items()
        if _entry["task"].startswith("linkcheck.")
    }

if "FAULTS_CLOCK_AHEAD" in os.environ:
    import time_machine

    # The whole process, and those it forks, live so many seconds later (or earlier).
    _ahead = timedelta(seconds=int(os.environ["FAULTS_CLOCK_AHEAD"]))
    time_machine.travel(datetime.now(UTC) + _ahead, tick=True).start()
