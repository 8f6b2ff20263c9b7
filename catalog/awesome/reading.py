"""From the bytes of a file to text, or a clear refusal."""

import re
from pathlib import Path

from django.utils.translation import gettext as _

MAX_BYTES = 4 * 1024 * 1024
"""Many times the largest known awesome list: beyond it, a file is something else."""

BYTE_ORDER_MARK = "\ufeff"
LINE_END = re.compile(r"\r\n?")


class UnreadableList(ValueError):  # noqa: N818 (named for what it says, as the issue does)
    """The file is no list that can be read; the message is for a person."""


def read_list(path: Path) -> str:
    """The text of the file at `path`; raises `UnreadableList` where there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableList(
            _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": reason}
        ) from error
    return decode_list(data)


def decode_list(data: bytes) -> str:
    """UTF-8 text with `\\n` line ends and without byte order mark.

    Raises `UnreadableList` for anything that is too large, binary or in another encoding.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableList(
            _("The file is larger than %(limit)d MiB.") % {"limit": MAX_BYTES // 1024**2}
        )
    if b"\0" in data:
        raise UnreadableList(_("The file is binary, not UTF-8 text."))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableList(
            _("The file is not UTF-8 text: line %(line)d has a byte that does not belong.")
            % {"line": line}
        ) from error
    return normalise_lines(text)


def normalise_lines(text: str) -> str:
    """`text` without byte order mark and with `\\n` as the only line end."""
    return LINE_END.sub("\n", text.removeprefix(BYTE_ORDER_MARK))
