"""How a log line looks."""

import logging
import re
import time
from typing import Final

#: What stands in these addresses is a key (``changes/urls.py``).
_KEYS: Final = re.compile(r"/(feeds|mail/unsubscribe)/[^/\s?\"']+")


class LineFormatter(logging.Formatter):
    """UTC time, level, logger, message; control characters of the message are escaped.

    A user name or an address with a line break in it cannot forge a line (RELIABILITY §6); a
    traceback, which is ours, keeps its lines. Keys in addresses are left out.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        line = super().formatMessage(record)
        return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in line)

    def format(self, record: logging.LogRecord) -> str:
        return _KEYS.sub(r"/\1/…", super().format(record))
