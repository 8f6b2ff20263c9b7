"""Two pages become one, as one operation that can be taken back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changes.models import ChangeGroup
from changes.recording import Authorship
from changes.watch_models import Watch
from changes.watching import watch
from markup.joining import join_texts
from tests.changes.content import edit, make_page
from wiki.editing import create_page, rename_page
from wiki.models import Page

LINES = st.lists(st.sampled_from(["one", "two", "three", ""]), max_size=6).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(LINES, LINES)
def test_no_line_of_either_text_is_lost_when_they_are_joined(kept, other):
    kept = kept if kept.strip() else ""
    joined = join_texts(kept, other).split("\n")
    places = iter(joined)
    assert all(line in places for line in kept.split("\n")[:-1])
    assert {line for line in other.split("\n") if line} <= set(joined)


def test_what_both_say_is_said_once():
    assert join_texts("One.\nTwo.\n", "Zero.\nTwo.\nThree.\n") == "One.\nZero.\nTwo.\nThree.\n"
    assert join_texts("One.\n\nTwo.\n", "Six.\n\nTen.\n") == "One.\n\nTwo.\n\nSix.\n\nTen.\n"


@pytest.fixture
def two(alice, erin):
    """A page that stays; one that goes with a redirect, a translation and a link to it."""
    kept = make_page(alice, "Actors", "All about actors.\n")
    gone = make_page(alice, "Workers", "About workers.\n")
    rename_page(page_id=gone.pk, new_title="Actor", by=Authorship(actor=erin))
    gone.refresh_from_db()
    values = {"title": "Actores", "body": "Todo.\n", "language": "es", "translation_of_id": gone.pk}
    create_page(values=values, by=Authorship(actor=alice))
    make_page(alice, "Index", "See [[Actor]].\n")
    return kept, gone


def posted(kept, gone, **values):
    return {
        "into": kept.slug,
        "kept_version": kept.version,
        "gone_version": gone.version,
        "choose_body": "both",
        "text_body": "All about actors.\n\nAbout workers.\n",
        "summary": "",
        **values,
    }


def test_one_page_is_left_and_everything_leads_there(client, erin, two):
    kept, gone = two
    watch(user=erin, object_type="page", object_id=gone.pk)
    client.force_login(erin)
    shown = client.get("/wiki/actor/merge/", {"into": "actors"}).content.decode()
    assert "1 page links here" in shown
    assert "1 redirect is led on" in shown
    client.post("/wiki/actor/merge/", posted(kept, gone))
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert Watch.objects.of(erin).on("page", kept.pk).exists()
    assert kept.body == "All about actors.\n\nAbout workers.\n"
    assert (gone.redirect_to, gone.body) == (kept, "")
    assert Page.objects.get(slug="workers").redirect_to == kept
    assert Page.objects.get(slug="actores").translation_of == kept
    assert client.get("/wiki/actor/").headers["Location"] == "/wiki/actors/?from=actor"
    text = client.get(ChangeGroup.objects.get().get_absolute_url()).content.decode()
    assert "into “Actors”" in text
    assert "with “Actor”" in text


def test_all_of_it_is_taken_back(client, erin, bob, two):
    kept, gone = two
    client.force_login(erin)
    client.post("/wiki/actor/merge/", posted(kept, gone))
    edit(Page.objects.get(slug="actors"), "Later.\n\nAll about actors.\n\nAbout workers.\n", bob)
    client.post(f"{ChangeGroup.objects.get().get_absolute_url()}undo/")
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert kept.body == "Later.\n\nAll about actors.\n"
    assert (gone.redirect_to, gone.body) == (None, "About workers.\n")
    assert Page.objects.get(slug="workers").redirect_to == gone
    assert Page.objects.get(slug="actores").translation_of == gone


def test_the_page_that_stays_is_merged_with_what_others_wrote_meanwhile(client, erin, bob, two):
    kept, gone = two
    data = posted(kept, gone)
    edit(kept, "A title line.\n\nAll about actors.\n", bob)
    client.force_login(erin)
    assert client.post("/wiki/actor/merge/", data).status_code == 302
    kept.refresh_from_db()
    assert kept.body == "A title line.\n\nAll about actors.\n\nAbout workers.\n"


def test_a_page_that_goes_and_was_changed_meanwhile_is_shown_again(client, erin, bob, two):
    kept, gone = two
    data = posted(kept, gone, text_body="Typed by Erin.")
    edit(gone, "Something new.\n", bob)
    client.force_login(erin)
    response = client.post("/wiki/actor/merge/", data)
    assert response.status_code == 409
    assert "Typed by Erin." in response.content.decode()
    assert not Page.objects.get(pk=gone.pk).is_redirect


def test_a_page_can_be_merged_into_its_own_translation(client, erin, two):
    _kept, gone = two
    translation = Page.objects.get(slug="actores")
    client.force_login(erin)
    data = posted(translation, gone, choose_language="kept")
    assert client.post("/wiki/actor/merge/", data).status_code == 302
    translation.refresh_from_db()
    assert (translation.translation_of, translation.is_redirect) == (None, False)
