"""The interface speaks three languages, completely, and says the same in each."""

import re
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client

from tools.messages import IGNORED, LANGUAGES, catalogue_path, extract

ROOT = Path(settings.BASE_DIR)
#: What a translation must keep: what is filled in, and the elements of the page.
KEPT = re.compile(r"%\(\w+\)[.0-9]*[a-z]|%%|%[sd]|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with the catalogues brought up to date there."""
    if not shutil.which("xgettext"):
        pytest.skip("needs GNU gettext: make test installs it")
    tracked = subprocess.run(
        ["git", "ls-files", "*.py", "*.html", "*.txt", "*.po"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("sources")
    for name in tracked.stdout.splitlines():
        if not name.startswith(IGNORED) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    extract(folder)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_interface_is_translated(extracted: Path, language: str) -> None:
    catalogue = polib.pofile(str(catalogue_path(extracted, language)))
    assert len(catalogue) > 2_000
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    written = polib.pofile(str(catalogue_path(ROOT, language)))
    unused = {entry.msgid for entry in written} - {entry.msgid for entry in catalogue}
    assert unused == set(), "make messages takes out what is not said any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in(language: str) -> None:
    for entry in polib.pofile(str(catalogue_path(ROOT, language))):
        texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
        expected = sorted(KEPT.findall(entry.msgid_plural or entry.msgid))
        found = sorted(KEPT.findall(texts[-1]))
        assert found == expected, entry.msgid
        assert all(set(KEPT.findall(text)) <= set(expected) for text in texts), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = catalogue_path(ROOT, language)
    written = {
        (entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural)
        for entry in polib.pofile(str(path)).translated_entries()
    }
    compiled = {
        (entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural)
        for entry in polib.mofile(str(path.with_suffix(".mo")))
    }
    assert compiled == written, "make messages compiles it"


def test_a_reader_chooses_a_language_and_goes_back(client: Client, db: None) -> None:
    page = client.get("/language/?next=/links/")
    assert "Español" in page.text
    assert 'value="/links/"' in page.text
    answer = client.post("/language/", {"language": "es", "next": "/links/"})
    assert answer.url == "/links/"  # type: ignore[attr-defined]
    assert '<html lang="es">' in client.get("/links/").text
    answer = client.post("/language/", {"language": "zh-hans", "next": "https://evil.example/"})
    assert answer.url == "/"  # type: ignore[attr-defined]
    assert '<html lang="zh-hans">' in client.get("/").text


def test_the_language_of_the_browser_is_spoken_at_first(client: Client, db: None) -> None:
    page = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert '<html lang="zh-hans">' in page.text
    assert "最近修改" in page.text


def test_an_unknown_language_changes_nothing(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "xx", "next": "/"})
    assert answer.status_code == 200
    assert '<html lang="en">' in client.get("/").text
