"""What is taken from the wire before aiohttp's parser sees it: bounds, and a second chance."""

from __future__ import annotations

from typing import Any

from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

#: All header bytes of one answer, with the interim (1xx) answers before it.
MAX_HEAD = 128 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class BoundedHandler(ResponseHandler):
    """Hands the head of an answer to the parser apart from its body, and not without end.

    Apart, because a body where none may be (204), or one longer than was promised, makes the
    parser fail and lose the answer with it; every browser shows such a page.
    """

    #: Whether another answer came over this connection before.
    is_reused = False
    _is_in_head = False
    _head_left = 0

    def set_response_params(self, **parameters: Any) -> None:
        """Begin a new answer on this connection."""
        self.is_reused = self._head_left > 0
        self._is_in_head = True
        self._head_left = MAX_HEAD
        super().set_response_params(**parameters)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a parsed head; only a final one ends the counting."""
        self._is_in_head = data[0].code < 200
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        while self._is_in_head and data and self._exception is None:
            end = data.find(_END_OF_HEAD)
            part = data if end < 0 else data[: end + len(_END_OF_HEAD)]
            self._head_left -= len(part)
            self.read_timeout = None  # it was for the first byte; the deadline is for the rest
            if self._head_left < 0:
                self._give_up()
                return
            super().data_received(part)
            data = data[len(part) :]
            if not data:
                return
        if self._exception is None:
            super().data_received(data)

    def _give_up(self) -> None:
        if self.transport is not None:
            self.transport.close()
        self.set_exception(HttpProcessingError(message="headers without end"))
