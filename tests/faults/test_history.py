"""People at work through the forms of a running site: no promise about their edits is broken."""

from pathlib import Path

import pytest

from tests.faults.history_checker import find_violations, read_stored
from tests.faults.journal import Journal, Outcome
from tests.faults.load import after, make_people, make_places, run_clients
from tests.faults.sites import serve
from wiki.integrity import find_damage
from wiki.rendering import render_stale_pages

CLIENTS = 8
MOST_SECONDS = 120
EVERY_ACT = {"edit", "revert", "rename", "delete", "retire", "restore", "create"}


def done_in(journal: Journal) -> set[str]:
    """What was accepted at least once."""
    return {write.name for write in journal.writes if write.outcome is Outcome.OK}


@pytest.mark.django_db(transaction=True)
def test_no_promise_is_broken_with_eight_clients_on_few_pages(tmp_path: Path) -> None:
    people = make_people(CLIENTS)
    places = make_places(people[0])
    journal, is_late = Journal(), after(MOST_SECONDS)

    def has_enough_happened() -> bool:
        return is_late() or (
            done_in(journal) == EVERY_ACT
            and journal.count(Outcome.OK) > 10 * CLIENTS
            and journal.count(Outcome.CONFLICT) > 0
        )

    with serve(tmp_path) as site:
        run_clients(
            journal,
            port=site.port,
            people=people,
            places=places,
            is_over=has_enough_happened,
            seed=1,
        )
    render_stale_pages()
    assert journal.failures == []
    assert "\n".join(find_violations(journal, read_stored())) == ""
    assert "\n".join(map(str, find_damage())) == ""
    assert journal.count(Outcome.UNKNOWN) == 0
    # Enough happened for the promises to mean something.
    assert journal.count(Outcome.OK) > 10 * CLIENTS
    assert journal.count(Outcome.CONFLICT) > 0
    assert done_in(journal) == EVERY_ACT
    assert len(journal.reads) > CLIENTS
