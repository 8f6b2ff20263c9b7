"""The embedded broker: kombu's transport made of files, its races closed.

kombu writes a message, and the table of an exchange, under the name that readers look for, so
that one can read it half written; and it takes a message by moving it to the system's folder for
temporary files, which, where that is another file system, is a copy that two readers can make.
Here a file gets its name when it is complete, and is taken by a rename within its own folder.
"""

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """One user's view of the folders."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Oldest first is sorted by name, a restart of the machine (of its monotonic clock) too.
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.part"
        unfinished.write_text(dumps(payload))
        unfinished.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in self._list(queue):
            taken = folder / f"{name}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another reader was quicker
            text = taken.read_text()
            taken.unlink()
            return loads(text)
        raise Empty

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        table: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # (stubs)
        if not table.exists():
            unfinished = table.with_suffix(f".{uuid.uuid4()}.part")
            unfinished.write_text(dumps([]))
            with suppress(FileExistsError):  # another process made it meanwhile
                os.link(unfinished, table)
            unfinished.unlink()
        super()._queue_bind(exchange, *args)

    def _list(self, queue: str) -> list[str]:
        names = [entry.name for entry in os.scandir(self.data_folder_in)]
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")


class Transport(filesystem.Transport):
    """What ``filesystem://`` means to us; :mod:`config.celery` tells kombu."""

    Channel = Channel
