"""How a log line looks."""

import logging
import time


class LineFormatter(logging.Formatter):
    """UTC time, level, logger, message; control characters of the message are escaped.

    A user name or an address with a line break in it cannot forge a line (RELIABILITY §6); a
    traceback, which is ours, keeps its lines.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        line = super().formatMessage(record)
        return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in line)
