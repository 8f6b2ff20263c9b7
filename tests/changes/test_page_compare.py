"""Two revisions side by side, or one below the other."""

import re

import pytest

from tests.changes.content import edit, make_page, make_page_with_revisions

pytestmark = pytest.mark.django_db


def compare(client, slug="tasks", **params):
    return client.get(f"/wiki/{slug}/compare/", params)


def test_words_that_changed_are_marked(client, alice):
    page = make_page(alice, body="The quick fox.\n")
    edit(page, "The slow fox.\n", alice)
    text = compare(client, **{"from": 1, "to": 2}).content.decode()
    assert "The <del>quick</del> fox." in text
    assert "The <ins>slow</ins> fox." in text
    assert '−<span class="visually-hidden">removed</span>' in text
    assert '+<span class="visually-hidden">added</span>' in text


def test_side_by_side_shows_the_same(client, alice):
    page = make_page(alice, body="The quick fox.\n")
    edit(page, "The slow fox.\n", alice)
    text = compare(client, view="split").content.decode()
    assert 'class="diff side"' in text
    assert re.search(r"<del>quick</del>.*?</td>.*<ins>slow</ins>", text)
    assert "view=inline" in text


def test_fields_that_are_the_same_are_not_shown(client, alice):
    page = make_page(alice)
    edit(page, "Another text.\n", alice)
    assert [field.name for field in compare(client).context["fields"]] == ["body"]


def test_the_older_revision_comes_first_whatever_was_asked(client, alice):
    make_page_with_revisions(alice, 3)
    context = compare(client, **{"from": 3, "to": 1}).context
    assert (context["old"].number, context["new"].number) == (1, 3)
    assert context["between"] == 1


def test_without_numbers_the_newest_change_is_shown(client, alice):
    make_page_with_revisions(alice, 3)
    context = compare(client).context
    assert (context["old"].number, context["new"].number) == (2, 3)
    context = compare(client, to=2).context
    assert (context["old"].number, context["new"].number) == (1, 2)


def test_neighbouring_changes_are_linked(client, alice):
    make_page_with_revisions(alice, 4)
    text = compare(client, **{"from": 2, "to": 3, "view": "split"}).content.decode()
    links = dict(re.findall(r'rel="(prev|next)" href="\?([^"]+)"', text))
    assert links["prev"] == "from=1&amp;to=2&amp;view=split"
    assert links["next"] == "from=3&amp;to=4&amp;view=split"


def test_revisions_that_say_the_same_are_told(client, alice):
    page = make_page(alice, body="One.\n")
    edit(page, "Two.\n", alice)
    edit(page, "One.\n", alice)
    assert "say the same" in compare(client, **{"from": 1, "to": 3}).content.decode()
    assert "one and the same" in compare(client, **{"from": 1, "to": 1}).content.decode()


@pytest.mark.parametrize(
    "params",
    [
        {"from": "abc"},
        {"from": "0", "to": "1"},
        {"to": "99"},
        {"from": "-1"},
        {"from": "1" * 40},
        {"from": "٣"},
    ],
)
def test_unknown_revisions_answer_404(client, alice, params):
    make_page_with_revisions(alice, 2)
    assert compare(client, **params).status_code == 404


def test_an_unknown_view_is_the_usual_one(client, alice):
    make_page_with_revisions(alice, 2)
    assert compare(client, view="<script>").context["view"] == "inline"


def test_a_difference_cannot_attack_its_reader(client, alice):
    page = make_page(alice, body="<script>alert(1)</script>\n")
    edit(page, '<script>alert(2)</script> "><img src=x onerror=alert(1)>\n', alice)
    text = compare(client).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_signs_that_turn_text_are_shown_by_number(client, alice):
    page = make_page(alice, body="user\n")
    edit(page, "user\u202e admin\n", alice)
    text = compare(client).content.decode()
    assert "[U+202E]" in text
    assert "\u202e" not in text


def test_a_sign_that_cannot_be_seen_is_shown_when_it_is_all_that_changed(client, alice):
    page = make_page(alice, body="ab\n")
    edit(page, "a\u200bb\n", alice)
    assert "[U+200B]" in compare(client).content.decode()


def test_a_moved_paragraph_says_where_it_went(client, alice):
    moved = "This paragraph is moved to the end.\n"
    page = make_page(alice, body=f"{moved}One.\nTwo.\nThree.\nFour.\n")
    edit(page, f"One.\nTwo.\nThree.\nFour.\n{moved}", alice)
    for view in ("inline", "split"):
        text = compare(client, view=view).content.decode()
        assert "moved to line 5" in text
        assert "moved from line 1" in text


def test_the_view_that_was_chosen_is_remembered(client, alice):
    make_page_with_revisions(alice, 2)
    assert compare(client).context["view"] == "inline"
    compare(client, view="split")
    assert compare(client).context["view"] == "split"
    assert compare(client, view="inline").context["view"] == "inline"


def test_differences_that_keys_lead_to_are_marked_once_each(client, alice):
    page = make_page(alice, body="One.\nTwo.\nThree.\nFour.\nFive.\n")
    edit(page, "Uno.\nDos.\nThree.\nFour.\nCinco!\n", alice)
    for view in ("inline", "split"):
        text = compare(client, view=view).content.decode()
        assert text.count("<tr data-difference>") == 2
        assert 'data-letter="n"' in text


def test_revisions_are_compared_across_a_rename(client, alice, erin):
    from changes.recording import Authorship
    from wiki.editing import rename_page

    page = make_page(alice)
    rename_page(page_id=page.pk, new_title="Jobs", by=Authorship(actor=erin))
    edit(page, "Another text.\n", alice)
    fields = [field.name for field in compare(client, "jobs", **{"from": 1}).context["fields"]]
    assert fields == ["title", "slug", "body"]
