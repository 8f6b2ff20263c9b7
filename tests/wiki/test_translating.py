"""Pages in several languages: written beside their original, and marked when they fall behind."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import NEWCOMERS
from changes.models import Change
from changes.recording import Authorship
from insights.gaps import GAPS
from moderation.models import Proposal
from tests.cast import make_user
from tests.changes.content import edit, make_page
from wiki.editing import create_page, edit_page, revert_page
from wiki.models import Page
from wiki.translating import find_lag, lagging_pages

pytestmark = pytest.mark.django_db


def translate(page: Page, actor: User, language: str = "es", title: str = "Tareas") -> Page:
    values = {
        "title": title,
        "body": "Una línea.\n",
        "language": language,
        "translation_of_id": page.pk,
    }
    return create_page(values=values, by=Authorship(actor=actor))


def test_who_translates_chooses_a_language_and_sees_the_original(
    client: Client, alice: User
) -> None:
    page = make_page(alice)
    client.force_login(alice)
    choice = client.get("/wiki/tasks/translate/").text
    assert 'href="?language=es"' in choice
    assert 'href="?language=en"' not in choice
    form = client.get("/wiki/tasks/translate/?language=es").text
    assert "One line." in form
    answer = client.post(
        "/wiki/tasks/translate/?language=es",
        {
            "title": "Tareas",
            "body": "Una línea.\n",
            "language": "es",
            "translation_of": page.pk,
            "source_version": "1",
        },
    )
    assert answer.status_code == 302
    translation = Page.objects.get(slug="tareas")
    assert (translation.translation_of_id, translation.source_version) == (page.pk, 1)


def test_a_language_that_is_there_is_edited_instead(client: Client, alice: User) -> None:
    page = make_page(alice)
    translate(page, alice)
    client.force_login(alice)
    answer = client.get("/wiki/tasks/translate/?language=es")
    assert answer.url == "/wiki/tareas/edit/"  # type: ignore[attr-defined]
    answer = client.get("/wiki/tareas/translate/?language=en")
    assert answer.url == "/wiki/tasks/edit/"  # type: ignore[attr-defined]


def test_readers_change_between_languages(client: Client, alice: User) -> None:
    page = make_page(alice)
    assert "Español" not in client.get("/wiki/tasks/").text
    translate(page, alice)
    text = client.get("/wiki/tasks/").text
    assert '<a href="/wiki/tareas/" lang="es" hreflang="es">Español</a>' in text
    assert '<link rel="alternate" hreflang="es" href="/wiki/tareas/">' in text
    assert '<a href="/wiki/tasks/" lang="en" hreflang="en">English</a>' in (
        client.get("/wiki/tareas/").text
    )


def test_a_translation_says_that_its_original_changed_since(client: Client, alice: User) -> None:
    page = make_page(alice)
    translation = translate(page, alice)
    assert "behind its original" not in client.get("/wiki/tareas/").text
    edit(page, "One line.\nAnother.\n", alice, is_minor=True)
    translation.refresh_from_db()
    assert find_lag(translation) is None  # a minor edit asks for nothing
    edit(page, "One line.\nAnother one.\n", alice)
    assert "behind its original" in client.get("/wiki/tareas/").text
    assert list(lagging_pages()) == [translation]
    assert [row.title for row in GAPS["behind"].find(None)] == ["Tareas"]  # type: ignore[arg-type]


def test_its_form_shows_what_changed_and_says_when_it_is_true_again(
    client: Client, alice: User
) -> None:
    page = make_page(alice)
    translate(page, alice)
    edit(page, "One line.\nAnother one.\n", alice)
    client.force_login(alice)
    form = client.get("/wiki/tareas/edit/").text
    assert "Another one." in form
    assert "It was changed once since revision 1" in form
    sent = {
        "body": "Una línea.\nOtra.\n",
        "language": "es",
        "base_revision": "1",
        "source_version": "2",
    }
    client.post("/wiki/tareas/edit/", sent)
    translation = Page.objects.get(slug="tareas")
    assert (translation.version, translation.source_version) == (2, 1)  # nobody said so
    client.post("/wiki/tareas/edit/", {**sent, "base_revision": "2", "is_true": "on"})
    translation.refresh_from_db()
    assert (translation.version, translation.source_version) == (3, 2)
    assert find_lag(translation) is None
    assert not lagging_pages().exists()


def test_reverting_a_translation_brings_back_what_it_was_true_to(alice: User) -> None:
    page = make_page(alice)
    translation = translate(page, alice)
    edit(page, "Another line.\n", alice)
    edit_page(
        page_id=translation.pk,
        base_version=1,
        values={"body": "Otra línea.\n", "source_version": 2},
        by=Authorship(actor=alice),
    )
    revert_page(page_id=translation.pk, to_version=1, by=Authorship(actor=alice))
    translation.refresh_from_db()
    assert translation.source_version == 1


def test_two_translations_into_one_language_are_refused(client: Client, alice: User) -> None:
    page = make_page(alice)
    translate(page, alice)
    client.force_login(alice)
    answer = client.post(
        "/wiki/tasks/translate/?language=zh-hans",
        {"title": "Otra", "body": "x", "language": "es", "translation_of": page.pk},
    )
    assert answer.status_code == 422
    assert "There is a translation into this language already: Tareas." in answer.text
    answer = client.post(
        "/wiki/tasks/translate/?language=zh-hans",
        {"title": "Same", "body": "kept", "language": "en", "translation_of": page.pk},
    )
    assert answer.status_code == 422
    assert "kept" in answer.text


def test_a_newcomer_proposes_a_translation(client: Client, alice: User, maria: User) -> None:
    page = make_page(alice)
    client.force_login(make_user("nina", NEWCOMERS))
    client.post(
        "/wiki/tasks/translate/?language=es",
        {
            "title": "Tareas",
            "body": "Una línea.\n",
            "language": "es",
            "translation_of": page.pk,
            "source_version": "1",
        },
    )
    proposal = Proposal.objects.get()
    assert proposal.fields["translation_of_id"] == page.pk
    assert proposal.fields["source_version"] == 1
    assert not Page.objects.filter(slug="tareas").exists()


def test_the_list_of_pages_is_read_in_one_language(client: Client, alice: User) -> None:
    translate(make_page(alice), alice)
    text = client.get("/wiki/?language=es").text
    assert "Tareas" in text
    assert 'href="/wiki/tasks/"' not in text


def test_new_readers_are_led_on_in_their_language(client: Client, alice: User) -> None:
    start = make_page(alice, "Start here")
    translate(start, alice, title="Empieza aquí")
    page = client.get("/", headers={"Accept-Language": "es"}).text
    assert page.index("/wiki/empieza-aqu") < page.index("/wiki/start-here/")
    assert Change.objects.count() == 2
