"""The site's own settings for a server that a test starts: only static files are plainer."""

from config.settings import *  # noqa: F403
from config.settings import LOGGING, STORAGES

STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

LOGGING["loggers"]["django.request"] = {"level": "ERROR"}  # type: ignore[index]
