"""One revision as it was."""

import pytest

from tests.changes.content import edit, make_page, make_page_with_revisions

pytestmark = pytest.mark.django_db


def test_an_old_revision_says_that_it_is_old_and_shows_its_text(client, alice, bob):
    page = make_page(alice, body="The *first* text.\n")
    edit(page, "The second text.\n", bob)
    text = client.get("/wiki/tasks/revisions/1/").content.decode()
    assert "An old revision" in text
    assert "The <em>first</em> text." in text
    assert "The *first* text." in text  # as it was written
    assert "second text" not in text
    assert '<meta name="robots" content="noindex">' in text


def test_revisions_lead_to_their_neighbours(client, alice):
    make_page_with_revisions(alice, 3)
    text = client.get("/wiki/tasks/revisions/2/").content.decode()
    assert 'rel="prev" href="/wiki/tasks/revisions/1/"' in text
    assert 'rel="next" href="/wiki/tasks/revisions/3/"' in text
    newest = client.get("/wiki/tasks/revisions/3/").content.decode()
    assert "The current revision" in newest
    assert 'rel="next"' not in newest


def test_a_revision_cannot_attack_its_reader(client, alice):
    attack = "<script>alert(1)</script> [x](javascript:alert(1))\n"
    page = make_page(alice, title='<img src=x onerror="alert(1)">Ray', body=attack)
    text = client.get(f"{page.get_absolute_url()}revisions/1/").content.decode()
    assert "<script>alert" not in text
    assert 'href="javascript' not in text
    assert "<img src=x" not in text


@pytest.mark.parametrize("number", ["0", "2", "999999999999999999999999", "-1", "abc"])
def test_unknown_numbers_answer_404(client, alice, number):
    make_page(alice)
    assert client.get(f"/wiki/tasks/revisions/{number}/").status_code == 404


def test_nothing_is_posted_to_a_revision(client, alice):
    make_page(alice)
    assert client.post("/wiki/tasks/revisions/1/").status_code == 405
