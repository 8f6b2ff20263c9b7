"""Writing entries and sections in the browser: nothing that somebody typed is ever lost."""

import pytest

from accounts.roles import NEWCOMERS
from catalog.editing import create_resource, create_section, edit_resource, retire_resource
from catalog.models import Placement, Resource, Section
from changes.edit_flow import MARK_BETWEEN, MARK_MINE, MARK_THEIRS
from changes.recording import Authorship
from tests.cast import make_user
from tests.forms_on_pages import open_and_save, read_form, typed
from tests.protections import protect_it

pytestmark = pytest.mark.django_db

NEW = "/resources/-/new/"
EDIT = "/resources/docs/edit/"
FIELDS = {"title", "url", "description", "kind", "level", "language", "tags", "archive_url"}


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def core(erin) -> Section:
    return create_section(title="Core", by=Authorship(actor=erin))


@pytest.fixture
def other(erin, core) -> Section:
    return create_section(title="Other", by=Authorship(actor=erin))


@pytest.fixture
def docs(alice, core, other) -> Resource:
    values = {
        "title": "Docs",
        "url": "https://docs.example/serve",
        "section_id": core.pk,
        "description": "\n  First [link](https://x.example/).  \n\nSecond.",
        "tags": ["one", "two"],
        "kind": "tutorial",
        "level": "beginner",
        "language": "es",
        "archive_url": "https://archive.example/docs",
        "further_sections": [[other.pk, 7]],
        "group": "Nested",
        "badges": "![b](https://badge.example/x.svg)",
    }
    return create_resource(values=values, by=Authorship(actor=alice))


def new_entry(core: Section, /, **values):
    defaults = {"title": "Docs", "url": "https://docs.example/serve", "language": "en"}
    return {**defaults, "section": core.pk, "description": "Kept.", **values}


def test_an_entry_is_suggested(client, alice, core):
    client.force_login(alice)
    response = open_and_save(
        client,
        f"{NEW}?section=core&url=https://docs.example/",
        title="Ray Docs",
        tags="Serving, HTTP ,, http",
        description="All of *it*.",
    )
    assert response.redirect_chain == [("/resources/ray-docs/", 302)]
    resource = Resource.objects.get()
    assert (resource.url, resource.tags) == ("https://docs.example/", ["serving", "http"])
    assert resource.section == core


@pytest.mark.parametrize(
    ("typed_url", "stored"),
    [
        ("example.com/x", "https://example.com/x"),
        ("  https://Example.COM:443/a/../x  ", "https://example.com/x"),
        ("http://example.com", "http://example.com/"),
        ("//example.com/x", "https://example.com/x"),
        ("example.com:8080/x?y#z", "https://example.com:8080/x?y#z"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
    ],
)
def test_addresses_are_understood_as_they_are_typed(client, alice, core, typed_url, stored):
    client.force_login(alice)
    assert client.post(NEW, new_entry(core, url=typed_url)).status_code == 302
    assert Resource.objects.get().url == stored


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("not an address", "cannot contain spaces"),
        ("word", "must begin with https://"),
        ("javascript:alert(1)", "not supported"),
        ("ftp://example.com/", "not supported"),
        ("mailto:a@example.com", "not supported"),
        ("data:text/html,x", "not supported"),
        ("https://", "names no host"),
        ("https://user:secret@example.com/", "user name or password"),
        ("https://example.com:99999/", "host name or port cannot be read"),
        ("https://[::1", "host name or port cannot be read"),
        ("https://exa mple.com/", "cannot contain spaces"),
        ("https://example.com/" + "x" * 2000, "too long"),
        ("https://example.com/\0", "Null characters are not allowed."),
        ("https://xn--a.example/", "host name or port cannot be read"),
    ],
)
def test_a_bad_address_gets_a_sentence_and_the_form_back(client, alice, core, url, words):
    client.force_login(alice)
    response = client.post(NEW, new_entry(core, url=url))
    assert response.status_code == 422
    assert words in text_of(response)
    assert typed(text_of(response), "description") == "Kept."
    if "\0" not in url:
        assert typed(text_of(response), "url") == url
    assert not Resource.objects.exists()


@pytest.mark.parametrize("is_retired", [False, True])
def test_an_address_that_is_listed_shows_the_entry(client, bob, docs, core, is_retired):
    if is_retired:
        retire_resource(resource_id=docs.pk, reason="Outdated.", by=Authorship(actor=bob))
    client.force_login(bob)
    spelling = "http://www.DOCS.example/serve/?utm_source=x"
    response = client.post(NEW, new_entry(core, title="Again", url=spelling))
    assert response.status_code == 422
    text = text_of(response)
    assert '<a href="/resources/docs/"><bdi>Docs</bdi></a>' in text
    assert ("Outdated." in text) == is_retired
    assert typed(text, "title") == "Again"
    assert Resource.objects.count() == 1


def test_an_edit_to_an_address_that_is_listed_shows_the_entry(client, bob, docs, core):
    create_resource(
        values={"title": "Else", "url": "https://else.example/", "section_id": core.pk},
        by=Authorship(actor=bob),
    )
    client.force_login(bob)
    response = open_and_save(client, "/resources/else/edit/", url="docs.example/serve")
    assert response.status_code == 422
    assert '<a href="/resources/docs/">' in text_of(response)


def test_opening_and_saving_changes_nothing(client, bob, docs):
    client.force_login(bob)
    response = open_and_save(client, EDIT)
    assert "Nothing was changed, so nothing was saved." in text_of(response)
    before = Resource.objects.values().get()
    docs.refresh_from_db()
    assert (docs.version, before["group"], before["badges"][:4]) == (1, "Nested", "![b]")
    assert docs.history.count() == 1


def test_opening_and_saving_keeps_the_order_of_further_sections(client, erin, core):
    sections = [create_section(title=t, by=Authorship(actor=erin)) for t in ("A", "B", "C")]
    places = [[section.pk, 3] for section in reversed(sections)]
    values = {"title": "Docs", "url": "https://d.example/", "section_id": core.pk}
    create_resource(values={**values, "further_sections": places}, by=Authorship(actor=erin))
    client.force_login(erin)
    assert "Nothing was changed" in text_of(open_and_save(client, EDIT))
    keep = [str(sections[0].pk), str(sections[2].pk), str(core.pk)]
    open_and_save(client, EDIT, further_sections=keep)
    expected = [[sections[2].pk, 3], [sections[0].pk, 3]]
    assert Resource.objects.get().further_sections == expected


def test_a_further_section_comes_last_in_it(client, erin, docs, core, other):
    client.force_login(erin)
    response = client.post(
        NEW, new_entry(core, url="https://new.example/", title="New", further_sections=[other.pk])
    )
    assert response.status_code == 302
    placed = Placement.objects.filter(section=other).order_by("position")
    assert [(p.resource.title, p.position) for p in placed] == [("Docs", 7), ("New", 8)]
    next_one = new_entry(other, url="https://next.example/", title="Next")
    assert client.post(NEW, next_one).status_code == 302
    assert Placement.objects.get(resource__title="Next").position == 9


def test_the_primary_section_is_no_further_one(client, erin, docs, core, other):
    client.force_login(erin)
    open_and_save(client, EDIT, section=other.pk, further_sections=[core.pk, other.pk])
    docs.refresh_from_db()
    assert docs.section == other
    assert [pk for pk, _position in docs.further_sections] == [core.pk]


def test_a_section_taken_away_meanwhile_is_no_conflict(client, alice, bob, docs):
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    edit_resource(
        resource_id=docs.pk,
        base_version=1,
        values={"further_sections": []},
        by=Authorship(actor=alice),
    )
    response = client.post(EDIT, {**values, "title": "Documents"}, follow=True)
    assert "merged with what others wrote" in text_of(response)
    docs.refresh_from_db()
    assert (docs.title, docs.further_sections) == ("Documents", [])


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": "\u200b"},
        {"title": "x" * 301},
        {"section": ""},
        {"section": "999999"},
        {"section": "abc"},
        {"section": "1\0"},
        {"further_sections": ["999999"]},
        {"kind": "poem"},
        {"level": "wizard"},
        {"language": "klingon please"},
        {"tags": ", ".join(f"tag{n}" for n in range(13))},
        {"tags": "x" * 701},
        {"tags": "good, " + "x" * 51},
        {"tags": "a\0b"},
        {"summary": "x" * 501},
        {"archive_url": "javascript:alert(1)"},
        {"is_superuser": "1"},
        {"do\0": "1"},
    ],
)
def test_what_cannot_be_is_explained_and_the_text_kept(client, alice, core, values):
    client.force_login(alice)
    response = client.post(NEW, new_entry(core, **values))
    assert response.status_code == 422
    assert "error-summary" in text_of(response)
    assert typed(text_of(response), "description") == "Kept."
    assert not Resource.objects.exists()


@pytest.mark.parametrize("button", ["save", "preview"])
def test_too_long_a_description_is_refused_in_words_and_kept(client, alice, core, button):
    client.force_login(alice)
    text = "x" * (512 * 1024 + 1)
    response = client.post(NEW, new_entry(core, description=text, do=button))
    assert response.status_code == 422
    assert "512 KB is the most" in text_of(response)
    assert typed(text_of(response), "description") == text


def test_the_preview_shows_the_description_and_saves_nothing(client, alice, core):
    client.force_login(alice)
    text = "# A **bold** one.\n\n- and *more*"
    response = client.post(NEW, new_entry(core, description=text, do="preview"))
    assert response.status_code == 200
    assert typed(text_of(response), "description") == text
    assert not Resource.objects.exists()
    client.post(NEW, new_entry(core, description=text))
    html = Resource.objects.get().description_html
    assert "<strong>bold</strong>" in html
    assert f"<p>{html}</p>" in text_of(response)
    assert text_of(client.post("/resources/-/preview/", {"body": text})) == html


def test_the_preview_of_an_introduction_is_what_will_stand_there(client, erin, core):
    client.force_login(erin)
    values = read_form(text_of(client.get("/sections/core/edit/")))
    values["introduction"] = ["# Begin\n\n- *here*"]
    response = client.post("/sections/core/edit/", {**values, "do": "preview"})
    assert client.post("/sections/core/edit/", values).status_code == 302
    core.refresh_from_db()
    assert core.introduction_html in text_of(response)
    fragment = client.post("/sections/-/preview/", {"body": "# Begin\n\n- *here*"})
    assert text_of(fragment) == core.introduction_html


def test_changes_are_shown_field_by_field_before_saving(client, alice, docs):
    client.force_login(alice)
    values = read_form(text_of(client.get(EDIT))) | {"title": "The docs", "tags": "a, b"}
    response = client.post(EDIT, {**values, "do": "changes"})
    assert response.status_code == 200
    shown = text_of(response)
    assert [label in shown for label in ("<h2>Title", "<h2>Tags", "<h2>Section")] == [
        True,
        True,
        False,
    ]
    assert "<ins>The </ins>" in shown or "<ins>The" in shown
    assert typed(shown, "title") == "The docs"
    docs.refresh_from_db()
    assert docs.version == 1


@pytest.mark.parametrize(
    "url", [NEW, EDIT, "/resources/docs/retire/", "/sections/-/new/", "/sections/core/edit/"]
)
def test_a_visitor_is_sent_to_sign_in_and_back_and_keeps_the_text(client, docs, url, settings):
    settings.ANONYMOUS_PROPOSALS = False
    response = client.get(url)
    assert response.status_code == 403
    back = url.replace("/", "%2F")
    assert f'href="/accounts/login/?next={back}"' in text_of(response)
    field = {"retire": "reason"}.get(url.split("/")[-2], "title")
    response = client.post(url, {field: "What I typed"})
    assert response.status_code == 403
    assert typed(text_of(response), field) == "What I typed"
    assert f"/accounts/login/?next={url}" in text_of(response)
    assert client.post("/resources/docs/restore/").status_code == 403


def test_who_may_not_retire_is_not_led_there(client, docs, alice, maria):
    newcomer = make_user("newcomer-nell", NEWCOMERS)
    for user, is_led in ((None, False), (newcomer, False), (alice, True)):
        client.logout()
        if user is not None:
            client.force_login(user)
        pages = ["/resources/docs/", EDIT]
        assert [('/docs/retire/"' in text_of(client.get(url))) for url in pages] == [is_led] * 2
    protect_it(docs, by=maria)
    assert '/docs/retire/"' not in text_of(client.get(EDIT))


CONFLICT_TEXT = "A text.\n\nThe middle.\n\nThe end.\n"


def test_a_conflict_keeps_both_and_what_others_changed_elsewhere(client, alice, bob, docs, core):
    by_alice = Authorship(actor=alice)
    values = {"description": CONFLICT_TEXT}
    edit_resource(resource_id=docs.pk, base_version=1, values=values, by=by_alice)
    client.force_login(bob)
    form = read_form(text_of(client.get(EDIT)))
    edit_resource(
        resource_id=docs.pk,
        base_version=2,
        values={
            "description": CONFLICT_TEXT.replace("middle", "heart"),
            "title": "Documents",
            "tags": ["two", "three"],
            "further_sections": [],
            "kind": "course",
            "level": "advanced",
        },
        by=by_alice,
    )
    form |= {
        "description": [CONFLICT_TEXT.replace("middle", "core").replace("\n", "\r\n")],
        "level": ["intermediate"],
        "summary": ["because"],
    }
    response = client.post(EDIT, form)
    text = text_of(response)
    assert response.status_code == 409
    assert "<ins>heart</ins>" in text
    assert "<ins>core</ins>" in text
    assert "advanced" in text
    assert typed(text, "description") == (
        f"A text.\n\n{MARK_THEIRS}\nThe heart.\n{MARK_BETWEEN}\nThe core.\n{MARK_MINE}\n"
        "\nThe end.\n"
    )
    resolved = read_form(text)
    assert (resolved["title"], resolved["tags"]) == (["Documents"], ["two, three"])
    assert (resolved["kind"], resolved["level"]) == (["course"], ["intermediate"])
    assert "further_sections" not in resolved
    assert client.post(EDIT, resolved).status_code == 422
    resolved["description"] = [CONFLICT_TEXT]
    assert client.post(EDIT, resolved).status_code == 302
    docs.refresh_from_db()
    assert (docs.version, docs.title, docs.level) == (4, "Documents", "intermediate")
    assert (docs.description, docs.further_sections) == (CONFLICT_TEXT, [])


def test_a_base_that_never_was_overwrites_nothing(client, bob, docs):
    client.force_login(bob)
    for base in ("", "abc", "99"):
        values = read_form(text_of(client.get(EDIT))) | {"title": "Mine", "base_revision": base}
        response = client.post(EDIT, values)
        assert response.status_code == 409
        assert typed(text_of(response), "title") == "Mine"
        assert "Docs" in text_of(response)


def test_retire_and_restore(client, alice, docs):
    client.force_login(alice)
    assert client.post("/resources/docs/retire/", {"reason": " \u200b "}).status_code == 422
    response = open_and_save_reason(client, "It moved.")
    assert "Retired." in text_of(response)
    assert "It moved." in text_of(response)
    again = open_and_save_reason(client, "Twice.")
    assert "retired already" in text_of(again)
    response = client.post("/resources/docs/restore/", follow=True)
    assert "on the list again" in text_of(response)
    response = client.post("/resources/docs/restore/", follow=True)
    assert "listed already" in text_of(response)
    assert [h.status for h in docs.history.all()] == ["listed", "retired", "listed"]


def open_and_save_reason(client, reason: str):
    return client.post("/resources/docs/retire/", {"reason": reason}, follow=True)


def test_editors_make_sections_and_contributors_improve_them(client, alice, erin, core):
    client.force_login(alice)
    proposed = open_and_save(client, "/sections/-/new/", title="Of my own")
    assert proposed.redirect_chain[0][0].startswith("/proposals/")
    response = open_and_save(client, "/sections/core/edit/", introduction="\n  Begin here.")
    assert response.redirect_chain == [("/sections/core/", 302)]
    core.refresh_from_db()
    assert core.introduction == "\n  Begin here."
    assert "Nothing was changed" in text_of(open_and_save(client, "/sections/core/edit/"))
    client.force_login(erin)
    response = open_and_save(client, "/sections/-/new/?parent=core", title="Tasks")
    assert response.redirect_chain == [("/sections/tasks/", 302)]
    assert Section.objects.get(slug="tasks").parent == core


def test_a_section_cannot_stand_inside_its_own(client, erin, core):
    inner = create_section(title="Inner", parent=core, by=Authorship(actor=erin))
    client.force_login(erin)
    response = open_and_save(client, "/sections/core/edit/", parent=inner.pk, introduction="Kept.")
    assert response.status_code == 422
    assert "cannot stand inside itself" in text_of(response)
    assert typed(text_of(response), "introduction") == "Kept."


def test_a_section_moved_meanwhile_stays_where_it_was_put(client, alice, erin, core, other):
    client.force_login(alice)
    values = read_form(text_of(client.get("/sections/core/edit/")))
    client.force_login(erin)
    open_and_save(client, "/sections/core/edit/", parent=other.pk, introduction="By Erin.")
    client.force_login(alice)
    response = client.post("/sections/core/edit/", {**values, "introduction": "By Alice."})
    assert response.status_code == 409
    resolved = read_form(text_of(response))
    assert resolved["parent"] == [str(other.pk)]
    resolved["introduction"] = ["By both."]
    client.post("/sections/core/edit/", resolved)
    core.refresh_from_db()
    assert (core.parent, core.introduction) == (other, "By both.")


def test_forms_answer_head_as_well(client, erin, docs):
    client.force_login(erin)
    for url in (NEW, EDIT, "/resources/docs/retire/", "/sections/-/new/", "/sections/core/edit/"):
        assert client.head(url).status_code == 200
