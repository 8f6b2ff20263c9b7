"""Twenty editors on one page: every accepted save stands in the history exactly once."""

import re
import threading
from collections import Counter
from itertools import pairwise

import pytest
from django.db import connection

from changes.editing import EditConflictError
from changes.models import Change
from changes.recording import Authorship
from tests.cast import make_user
from wiki.editing import create_page, edit_page
from wiki.models import Page

EDITORS = 20
SAVES_EACH = 4
PARAGRAPHS = 12


def sentence(editor: int, save: int) -> str:
    return f"Sentence {editor}-{save} of its author."


def write(editor: int, user, page_id: int, accepted: list, failures: list, start) -> None:
    """Each editor adds its sentences, one a save, and settles conflicts by taking both texts."""
    try:
        start.wait()
        for save in range(SAVES_EACH):
            add_one(page_id, user, sentence(editor, save), spot=(editor * 7 + save) % PARAGRAPHS)
            accepted.append(sentence(editor, save))
    except BaseException as error:
        failures.append(error)
        raise
    finally:
        connection.close()


def add_one(page_id: int, user, text: str, *, spot: int) -> None:
    page = Page.objects.get(pk=page_id)
    base, body = page.version, with_sentence(page.body, text, spot)
    while True:
        try:
            edit_page(
                page_id=page_id,
                base_version=base,
                values={"body": body},
                by=Authorship(actor=user, summary=text),
            )
            return
        except EditConflictError as conflict:
            base = conflict.current.version
            body = with_sentence(conflict.current.body, text, spot)


def with_sentence(body: str, text: str, spot: int) -> str:
    paragraphs = body.split("\n\n")
    paragraphs[spot] = f"{paragraphs[spot].rstrip()} {text}"
    return "\n\n".join(paragraphs)


@pytest.mark.django_db(transaction=True)
def test_no_accepted_sentence_is_lost_with_twenty_editors():
    users = [make_user(f"editor{n}", "Contributors") for n in range(EDITORS)]
    body = "\n\n".join(f"Paragraph {n}." for n in range(PARAGRAPHS)) + "\n"
    page = create_page(values={"title": "Hot page", "body": body}, by=Authorship(actor=users[0]))
    accepted: list[str] = []
    failures: list[BaseException] = []
    start = threading.Barrier(EDITORS)
    threads = [
        threading.Thread(target=write, args=(n, user, page.pk, accepted, failures, start))
        for n, user in enumerate(users)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(accepted) == EDITORS * SAVES_EACH
    page.refresh_from_db()
    in_text = Counter(re.findall(r"Sentence \d+-\d+ of its author\.", page.body))
    assert in_text == Counter(accepted)
    revisions = list(page.history.order_by("version"))
    assert [r.version for r in revisions] == list(range(1, len(accepted) + 2))
    assert Counter(r.summary for r in revisions[1:]) == Counter(accepted)
    for before, after in pairwise(revisions):
        assert after.summary in after.body
        assert after.summary not in before.body
    changes = Change.objects.of_object("page", page.pk)
    assert sorted(c.version_after for c in changes) == [r.version for r in revisions]
    assert page.rendered.version == page.version
