"""The embedded broker, used by several processes at once."""

import json
import subprocess
import sys
from pathlib import Path

from config import broker

# Each process puts its share and takes until none has come for a second.
PROGRAM = """
import json, sys, time
from queue import Empty
from kombu import Connection
from config.celery import app  # names our transport
folder, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder + "/c",
           "polling_interval": 0.01}
taken, quiet_since = [], time.monotonic()
with Connection("filesystem://localhost", transport_options=options) as connection:
    queue = connection.SimpleQueue("letters")
    while time.monotonic() - quiet_since < 1:
        if count:
            count -= 1
            queue.put({"text": f"{name} {count} " + "x" * 20_000})
        try:
            message = queue.get(block=False)
        except Empty:
            time.sleep(0.001)
            continue
        taken.append(message.payload["text"].rsplit(" ", 1)[0])
        message.ack()
        quiet_since = time.monotonic()
print(json.dumps(taken))
"""


def test_every_message_is_taken_exactly_once_by_processes_that_put_and_take_at_the_same_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "c").mkdir()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), name, "150"],
            stdout=subprocess.PIPE,
            cwd=Path(broker.__file__).parent.parent,
        )
        for name in ("ann", "ben", "cleo")
    ]
    taken = [text for process in processes for text in json.loads(process.communicate()[0])]

    assert sorted(taken) == sorted(f"{n} {i}" for n in ("ann", "ben", "cleo") for i in range(150))
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == []
    assert [file.name for file in (tmp_path / "c").iterdir()] == ["letters.exchange"]
