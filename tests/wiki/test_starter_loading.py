"""A new site is filled with the starter, or with a list of one's own; nothing is brought back."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from catalog.models import Resource, Section
from changes.models import Source
from changes.recording import Authorship
from tests.catalog.starter_texts import entries, pages
from wiki.editing import delete_page
from wiki.models import Page
from wiki.models import Path as LearningPath
from wiki.starter import fill_site
from wiki.starter_files import StarterError

pytestmark = pytest.mark.django_db

LIST = "# Awesome Tea\n\n## Green\n\n- [Sencha](https://sencha.example/) - A leaf.\n"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.fixture
def starter(db: None) -> None:
    call_command("make_starter", verbosity=0)


@pytest.fixture
def own_list(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(LIST)
    return path


def write_page(folder: Path, name: str, head: str, body: str = "Text.\n") -> None:
    path = folder / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{head}\n---\n\n{body}")


def test_the_starter_is_ordinary_content_with_a_history(starter: None) -> None:
    assert Resource.objects.listed().count() == len(entries())
    assert Page.objects.published().count() == len(pages())
    page = Page.objects.get(slug="known-limits")
    revision = page.history.get()
    assert (revision.version, revision.source) == (1, Source.IMPORT)
    assert page.section == Section.objects.get(title="Observability and operations")


def test_its_learning_paths_lead_to_its_pages_and_entries(client: Any, starter: None) -> None:
    path = LearningPath.objects.get(slug="ray-in-an-afternoon")
    steps = list(path.step_rows.all())
    assert [step.kind for step in steps].count("resource") == 6
    assert steps[0].page == Page.objects.get(slug="what-is-ray")
    assert (path.level, path.rendered.minutes, path.rendered.is_stale) == ("beginner", 240, False)
    assert LearningPath.objects.count() == 2
    # The pages that they were lead there from old addresses and from wiki links.
    assert client.get("/wiki/ray-in-an-afternoon/")["Location"] == path.get_absolute_url()
    assert path.get_absolute_url() in text_of(client.get("/wiki/start-here/"))


def test_translations_know_their_original(starter: None) -> None:
    original = Page.objects.get(slug="what-is-ray")
    found = original.translations.order_by("language").values_list("language", "title")
    assert list(found) == [("es", "¿Qué es Ray?"), ("zh", "Ray 是什么")]


def test_no_link_between_its_pages_is_red_from_the_first_reader_on(starter: None) -> None:
    for page in Page.objects.select_related("rendered"):
        red = set(re.findall(r'is-missing" href="/wiki/([^/]+)/', page.rendered.html))
        assert red <= {"glossary", "serving-in-production", "a-page-nobody-has-begun"}, page


def test_a_filled_site_is_left_as_it_is(starter: None, maria: User) -> None:
    page = Page.objects.get(slug="known-limits")
    delete_page(page_id=page.pk, reason="ours now", by=Authorship(actor=maria))
    before = Page.history.count(), Resource.history.count()
    call_command("make_starter", verbosity=0)
    page.refresh_from_db()
    assert page.is_deleted
    assert (Page.history.count(), Resource.history.count()) == before


def test_the_front_page_leads_new_readers_on_in_their_language(client: Any, starter: None) -> None:
    text = text_of(client.get("/"))
    assert "New here? Start here" in text
    assert 'href="/wiki/start-here/"' in text
    assert 'lang="es" hreflang="es" dir="auto">Empieza aquí</a>' in text
    assert 'lang="zh" hreflang="zh" dir="auto">从这里开始</a>' in text


def test_a_section_shows_its_pages_with_translations_beside_them(
    client: Any, starter: None
) -> None:
    text = text_of(client.get("/sections/getting-started/"))
    assert text.index(">What is Ray</a>") < text.index(">¿Qué es Ray?</a>")
    assert "Pages of the wiki" not in text_of(client.get("/sections/papers/"))
    assert "Pages of the wiki" not in text_of(client.get("/sections/getting-started/?kind=video"))


def test_a_list_of_ones_own_comes_without_pages_about_ray(client: Any, own_list: Path) -> None:
    call_command("make_starter", str(own_list), verbosity=0)
    assert [section.title for section in Section.objects.all()] == ["Green"]
    assert not Page.objects.exists()
    assert "New here?" not in text_of(client.get("/"))


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("section: Green", "no title"),
        ("title: Leaves\nsection: Black", "no section “Black”"),
        ("title: Leaves\ntranslation-of: Hojas", "no page “Hojas”"),
        ("title Leaves", "is not “key: value”"),
    ],
)
def test_a_page_that_cannot_be_read_stops_all_of_it(
    own_list: Path, tmp_path: Path, root: User, head: str, complaint: str
) -> None:
    write_page(tmp_path / "pages", "leaves", head)
    with pytest.raises(StarterError, match=complaint):
        fill_site(list_path=own_list, pages_path=tmp_path / "pages", actor=root)
    assert not Section.objects.exists()


def test_a_translation_may_stand_before_its_original(
    own_list: Path, tmp_path: Path, root: User
) -> None:
    write_page(tmp_path / "pages", "a/leaves", "title: Hojas\nlanguage: es\ntranslation-of: Leaves")
    write_page(tmp_path / "pages", "leaves", "title: Leaves")
    fill_site(list_path=own_list, pages_path=tmp_path / "pages", actor=root)
    assert Page.objects.get(title="Hojas").translation_of == Page.objects.get(title="Leaves")


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("make_starter", str(tmp_path / "nothing.md"), verbosity=0)
