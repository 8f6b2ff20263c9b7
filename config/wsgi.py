"""WSGI entry point: ``granian --interface wsgi config.wsgi:application``."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is imported now lives as long as the process. Left to the collector it is looked through
# again and again, some 50 ms each time, and mostly in the midst of saving a long page.
import_module("config.urls")
gc.collect()
gc.freeze()
