"""Many people at once."""

import threading
from collections import Counter
from collections.abc import Callable

from django.db import connection


def run_at_once(work: Callable[[int], object], people: int) -> Counter[str]:
    """What became of ``work(0)`` … in threads that begin together: "done" or the error's name."""
    start = threading.Barrier(people)
    outcomes: list[str] = []

    def one(number: int) -> None:
        try:
            start.wait()
            work(number)
            outcomes.append("done")
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)
