"""Writing pages in the browser: nothing that somebody typed is ever lost."""

import pytest

from accounts.models import User
from changes.edit_flow import MARK_BETWEEN, MARK_MINE, MARK_THEIRS
from changes.models import Change
from changes.recording import Authorship
from tests.changes.content import edit, make_page, make_section
from tests.forms_on_pages import open_and_save, read_form, typed
from tests.protections import protect_it
from wiki.editing import delete_page, edit_page, rename_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

EDIT = "/wiki/tasks/edit/"
NEW = "/wiki/-/new/"


@pytest.fixture
def page(alice: User) -> Page:
    return make_page(alice, body="One line.\n\nAnother line.\n")


def new_page(**values):
    return {"title": "Tasks", "body": "Text.\n", "language": "en", "section": "", **values}


def text_of(response) -> str:
    return response.content.decode()


def test_a_page_is_written_and_read(client, alice):
    client.force_login(alice)
    response = open_and_save(client, NEW, title="Ray Core", body="A *word*.", summary="begun")
    assert response.redirect_chain == [("/wiki/ray-core/", 302)]
    assert "<em>word</em>" in text_of(response)
    assert "Saved." in text_of(response)
    assert Page.objects.get().history.get().summary == "begun"


def test_a_red_link_leads_to_a_form_with_its_title(client, alice):
    make_page(alice, body="See [[Placement group]].")
    client.force_login(alice)
    missing = client.get("/wiki/placement-group/")
    assert missing.status_code == 404
    assert "/wiki/placement-group/edit/?title=Placement%20group" in text_of(missing)
    form = client.get("/wiki/placement-group/edit/?title=Placement%20group")
    assert typed(text_of(form), "title") == "Placement group"
    response = open_and_save(
        client, "/wiki/placement-group/edit/?title=Placement%20group", body="x"
    )
    assert response.redirect_chain == [("/wiki/placement-group/", 302)]


def test_a_title_that_is_taken_keeps_the_text_and_shows_the_page(client, bob, page):
    client.force_login(bob)
    response = client.post(NEW, new_page(title="TASKS", body="My text."))
    assert response.status_code == 422
    assert typed(text_of(response), "body") == "My text."
    assert '<a href="/wiki/tasks/">' in text_of(response)
    assert Page.objects.count() == 1


@pytest.mark.parametrize("title", ["", "  ", "—", "\u200b", "x" * 201])
def test_a_title_that_cannot_be_one_is_explained(client, alice, title):
    client.force_login(alice)
    response = client.post(NEW, new_page(title=title, body="Kept."))
    assert response.status_code == 422
    assert typed(text_of(response), "body") == "Kept."
    assert "id_title_error" in text_of(response)


def test_an_edit_is_a_revision(client, bob, page):
    client.force_login(bob)
    response = open_and_save(client, EDIT, body="Mine.\r\n", summary="why", is_minor="on")
    assert response.redirect_chain == [("/wiki/tasks/", 302)]
    revision = page.history.first()
    assert (revision.version, revision.body, revision.base_version) == (2, "Mine.\n", 1)
    assert (revision.summary, revision.is_minor, revision.history_user) == ("why", True, bob)


@pytest.mark.parametrize(
    "body",
    [
        "\n\nTwo empty lines before.",
        "Spaces after.   \n\n   \n",
        "No end of line",
        "\n",
        "   indented",
        "tab\tand\u2028separators\x0b\x0c\x85and\u00a0spaces",
        "<textarea></textarea> &amp; &lt;b&gt; \"quotes\" 'too'",
        "\ufeffmark of order, \u202eturned\u202c, \u200bnothing, \U0001f468\u200d\U0001f4bb",
        "control \x01\x02\x1b[31m signs",
    ],
)
def test_opening_and_saving_changes_nothing(client, alice, body):
    page = make_page(alice, body=body)
    client.force_login(alice)
    response = open_and_save(client, EDIT)
    assert "Nothing was changed, so nothing was saved." in text_of(response)
    page.refresh_from_db()
    assert (page.version, page.body) == (1, body)
    assert Change.objects.count() == 1


def test_text_arrives_as_it_was_typed_with_line_feeds(client, alice):
    client.force_login(alice)
    client.post(NEW, new_page(body="\r\n\r\n  one  \r\ntwo\rthree\r\n"))
    assert Page.objects.get().body == "\n\n  one  \ntwo\nthree\n"


def test_a_nul_becomes_the_sign_of_what_cannot_be_shown(client, alice):
    client.force_login(alice)
    assert client.post(NEW, new_page(body="a\0b")).status_code == 302
    assert Page.objects.get().body == "a\ufffdb"


@pytest.mark.parametrize("field", ["title", "summary", "section", "language", "base_revision"])
def test_a_nul_in_any_other_field_is_refused_or_removed_with_the_text_kept(client, alice, field):
    client.force_login(alice)
    response = client.post(NEW, new_page(body="Kept.", **{field: "1\0"}))
    assert response.status_code in (302, 422)
    if response.status_code == 422:
        assert typed(text_of(response), "body") == "Kept."


def test_the_preview_shows_the_page_and_saves_nothing(client, alice, page):
    client.force_login(alice)
    values = read_form(text_of(client.get(EDIT))) | {"body": "See [[Nowhere]] and **bold**."}
    response = client.post(EDIT, {**values, "do": "preview"})
    assert response.status_code == 200
    assert "<strong>bold</strong>" in text_of(response)
    assert "is-missing" in text_of(response)
    assert typed(text_of(response), "body") == "See [[Nowhere]] and **bold**."
    fragment = client.post("/wiki/-/preview/", {"body": "See [[Nowhere]] and **bold**."})
    assert text_of(fragment).strip() in text_of(response)
    assert Page.objects.get().version == 1
    client.post(EDIT, {**values, "do": "save"})
    page.refresh_from_db()
    assert page.rendered.html == text_of(fragment)


def test_changes_are_shown_before_saving_against_the_revision_the_form_was_filled_from(
    client, alice, bob, page
):
    client.force_login(alice)
    values = read_form(text_of(client.get(EDIT)))
    edit(page, "One line.\n\nAnother line.\n\nBob's line.\n", bob)
    body = "One line.\n\nAnother long line.\n"
    response = client.post(EDIT, {**values, "body": body, "do": "changes"})
    shown = text_of(response)
    assert "What you changed; not saved yet" in shown
    assert "<ins>long </ins>" in shown
    assert "Bob" not in shown
    assert (typed(shown, "body"), typed(shown, "base_revision")) == (body, "1")
    unchanged = text_of(client.post(EDIT, {**values, "do": "changes"}))
    assert "Nothing was changed so far" in unchanged
    new = text_of(client.post(NEW, new_page(title="Fresh", body="Words.", do="changes")))
    assert "<ins>Words.</ins>" in new or "Words." in new
    assert Page.objects.count() == 1


def test_the_preview_is_for_those_who_may_write(client, settings):
    assert client.post("/wiki/-/preview/", {"body": "x"}).status_code == 200  # or propose
    settings.ANONYMOUS_PROPOSALS = False
    assert client.post("/wiki/-/preview/", {"body": "x"}).status_code == 403


@pytest.mark.parametrize("url", [NEW, EDIT, "/wiki/nothing-here/edit/"])
def test_a_visitor_is_sent_to_sign_in_and_back(client, page, url, settings):
    settings.ANONYMOUS_PROPOSALS = False
    response = client.get(url)
    assert response.status_code == 403
    back = url.replace("/", "%2F")
    assert f'href="/accounts/login/?next={back}"' in text_of(response)


@pytest.mark.parametrize("url", [NEW, EDIT, "/wiki/nothing-here/edit/"])
def test_a_visitor_who_saves_keeps_the_text(client, page, url, settings):
    settings.ANONYMOUS_PROPOSALS = False
    response = client.post(url, new_page(body="A long text.\n", base_revision=1, summary="why"))
    if url == EDIT:  # an existing page's form has no title
        response = client.post(url, {"body": "A long text.\n", "summary": "why", "language": "en"})
    assert response.status_code == 403
    assert typed(text_of(response), "body") == "A long text.\n"
    assert typed(text_of(response), "summary") == "why"
    assert "/accounts/login/?next=" in text_of(response)
    assert Page.objects.get().version == 1


@pytest.mark.parametrize(
    ("action", "field"), [("rename", "title"), ("rename", "summary"), ("delete", "reason")]
)
def test_small_forms_keep_the_text_too(client, alice, page, action, field):
    client.force_login(alice)
    assert client.get(f"/wiki/tasks/{action}/").status_code == 403
    response = client.post(f"/wiki/tasks/{action}/", {field: "What I typed"})
    assert response.status_code == 403
    assert typed(text_of(response), field) == "What I typed"


def test_a_protected_page_says_who_may_edit_it(client, bob, maria, page):
    protect_it(page, maria, reason="Edit war.")
    client.force_login(bob)
    assert "Edit war." in text_of(client.get(EDIT))
    response = client.post(EDIT, {"body": "Mine.", "base_revision": 1, "language": "en"})
    assert response["Location"].startswith("/proposals/")  # what they wrote waits
    assert Page.objects.get().version == 1


def test_a_stale_form_is_merged_and_says_so(client, alice, bob, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    edit(page, "One line by Alice.\n\nAnother line.\n", alice)
    values["body"] = "One line.\r\n\r\nAnother line by Bob.\r\n"
    response = client.post(EDIT, values, follow=True)
    assert "merged with what others wrote" in text_of(response)
    page.refresh_from_db()
    assert page.body == "One line by Alice.\n\nAnother line by Bob.\n"


def test_two_tabs_of_one_person_are_two_editors(client, alice, page):
    client.force_login(alice)
    first, second = (read_form(text_of(client.get(EDIT))) for _tab in range(2))
    assert client.post(EDIT, {**first, "body": "In the first tab.\n"}).status_code == 302
    response = client.post(EDIT, {**second, "body": "In the second tab.\n"})
    assert response.status_code == 409
    assert "In the first tab." in typed(text_of(response), "body")
    assert "In the second tab." in typed(text_of(response), "body")


LONG = "Title line.\n\n\nThe middle.\n\n\nThe end.\n"


@pytest.fixture
def conflict(client, alice, bob, erin):
    """Bob's answer after Alice changed the same words, and more, under him."""
    page = make_page(alice, body=LONG)
    section = make_section(erin)
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    text = LONG.replace("middle", "heart").replace("The end.", "The end by Alice.")
    edit(page, text, alice)
    page.refresh_from_db()
    edit_page(
        page_id=page.pk,
        base_version=page.version,
        values={"section_id": section.pk, "language": "es"},
        by=Authorship(actor=alice),
    )
    values["body"] = LONG.replace("middle", "core").replace("\n", "\r\n")
    values["summary"] = "because"
    return client.post(EDIT, values)


def test_a_conflict_shows_both_texts_and_holds_both(conflict):
    assert conflict.status_code == 409
    text = text_of(conflict)
    assert "<ins>heart</ins>" in text
    assert "<ins>core</ins>" in text
    assert typed(text, "body") == (
        f"Title line.\n\n\n{MARK_THEIRS}\nThe heart.\n{MARK_BETWEEN}\nThe core.\n{MARK_MINE}"
        "\n\n\nThe end by Alice.\n"
    )
    assert typed(text, "summary") == "because"
    assert typed(text, "base_revision") == "3"
    assert Page.objects.get().version == 3


def test_what_others_changed_elsewhere_is_in_the_form_of_a_conflict(conflict):
    page = Page.objects.get()
    assert typed(text_of(conflict), "language") == "es"
    assert typed(text_of(conflict), "section") == str(page.section_id)


def test_a_conflict_is_not_saved_while_marks_remain(client, conflict):
    values = read_form(text_of(conflict))
    response = client.post(EDIT, values)
    assert response.status_code == 422
    assert "Two versions still stand here" in text_of(response)
    assert read_form(text_of(response)) == values
    assert Page.objects.get().version == 3


def test_a_resolved_conflict_is_saved_on_top_of_the_other(client, conflict):
    values = read_form(text_of(conflict))
    values["body"] = [LONG.replace("middle", "heart and core")]
    assert client.post(EDIT, values).status_code == 302
    page = Page.objects.get()
    assert page.body == LONG.replace("middle", "heart and core")
    assert (page.version, page.language) == (4, "es")
    assert page.section is not None


def test_one_line_without_an_end_conflicts_with_both_kept(client, alice, bob):
    page = make_page(alice, body="One road")
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    edit(page, "One path", alice)
    response = client.post(EDIT, {**values, "body": "One way"})
    assert response.status_code == 409
    expected = f"{MARK_THEIRS}\nOne path\n{MARK_BETWEEN}\nOne way\n{MARK_MINE}"
    assert typed(text_of(response), "body") == expected


@pytest.mark.parametrize("base", [None, "", "0", "-1", "abc", "7", "99999999999999999999", "1\0"])
def test_a_base_that_never_was_overwrites_nothing(client, alice, page, base):
    client.force_login(alice)
    values = {"body": "Something else.\n", "language": "en", "section": ""}
    if base is not None:
        values["base_revision"] = base
    response = client.post(EDIT, values)
    assert response.status_code == 409
    text = text_of(response)
    assert "Something else." in typed(text, "body")
    assert "Another line." in typed(text, "body")
    assert typed(text, "base_revision") == "1"
    assert Page.objects.get().version == 1


def test_a_form_opened_before_a_rename_saves_the_page_not_the_redirect(client, bob, erin, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    rename_page(page_id=page.pk, new_title="Remote functions", by=Authorship(actor=erin))
    response = client.post(EDIT, {**values, "body": "By Bob.\n"}, follow=True)
    assert response.redirect_chain == [("/wiki/remote-functions/", 302)]
    assert Page.objects.get(slug="remote-functions").body == "By Bob.\n"
    assert Page.objects.get(slug="tasks").body == ""
    assert client.get(EDIT).headers["Location"] == "/wiki/remote-functions/edit/"


def test_a_form_of_a_page_deleted_meanwhile_keeps_its_text(client, bob, maria, page):
    client.force_login(bob)
    values = read_form(text_of(client.get(EDIT)))
    delete_page(page_id=page.pk, reason="spam", by=Authorship(actor=maria))
    response = client.post(EDIT, {**values, "body": "By Bob.\n"})
    assert response.status_code == 409
    assert "deleted while you were writing" in text_of(response)
    assert typed(text_of(response), "body") == "By Bob.\n"
    assert typed(text_of(response), "title") == "Tasks"
    assert client.post(EDIT, read_form(text_of(response))).status_code == 302
    page.refresh_from_db()
    assert (page.body, page.deleted_at, page.version) == ("By Bob.\n", None, 3)


def test_an_unknown_field_is_named_and_the_text_kept(client, alice, page):
    client.force_login(alice)
    response = client.post(EDIT, {"body": "Kept.", "language": "en", "is_superuser": "1"})
    assert response.status_code == 422
    assert "no field named &#x27;is_superuser&#x27;" in text_of(response)
    assert typed(text_of(response), "body") == "Kept."


@pytest.mark.parametrize("button", ["save", "preview"])
def test_too_long_a_text_is_refused_in_words_and_kept(client, alice, button):
    client.force_login(alice)
    body = "é" * (256 * 1024 + 1)
    response = client.post(NEW, new_page(body=body, do=button))
    assert response.status_code == 422
    assert "This text has 513 KB; 512 KB is the most." in text_of(response)
    assert typed(text_of(response), "body") == body
    fragment = client.post("/wiki/-/preview/", {"body": body})
    assert fragment.status_code == 413
    assert "512 KB is the most" in text_of(fragment)
    assert not Page.objects.exists()


def test_a_form_beyond_all_bounds_is_refused_in_words(client, alice):
    client.force_login(alice)
    response = client.post(NEW, new_page(body="x" * (8 * 1024 * 1024 + 1)))
    assert response.status_code == 400
    assert "what you typed is still in the form" in text_of(response)


@pytest.mark.parametrize("button", ["save", "preview"])
def test_a_text_that_grows_beyond_bounds_when_shown_is_refused_in_words(client, alice, button):
    client.force_login(alice)
    table = "|a" * 256 + "\n" + "|-" * 256 + "\n" + "|\n" * 256 + "\n"
    body = table * 30
    response = client.post(NEW, new_page(body=body, do=button))
    assert response.status_code == 422
    assert "grows too large when it is shown" in text_of(response)
    assert typed(text_of(response), "body") == body
    assert client.post("/wiki/-/preview/", {"body": body}).status_code == 413
    assert not Page.objects.exists()


def test_a_page_shows_a_bounded_number_of_lists(client, alice, django_assert_max_num_queries):
    client.force_login(alice)
    body = "{{resources}}\n\n" * 300
    with django_assert_max_num_queries(100):
        response = client.post(NEW, new_page(body=body))
    assert response.status_code == 302


def test_rename_leaves_a_redirect(client, erin, page):
    client.force_login(erin)
    response = open_and_save(client, "/wiki/tasks/rename/", title="Remote functions")
    assert response.redirect_chain == [("/wiki/remote-functions/", 302)]
    old = client.get("/wiki/tasks/")
    assert old.headers["Location"] == "/wiki/remote-functions/?from=tasks"
    arrived = client.get(old.headers["Location"])
    assert 'href="/wiki/tasks/?redirect=no"' in text_of(arrived)
    assert "This is a redirect to" in text_of(client.get("/wiki/tasks/?redirect=no"))


def test_rename_to_the_same_or_a_taken_title_changes_nothing(client, erin, page):
    make_page(erin, title="Actors")
    client.force_login(erin)
    assert "title already" in text_of(open_and_save(client, "/wiki/tasks/rename/"))
    response = open_and_save(client, "/wiki/tasks/rename/", title="Actors", summary="why")
    assert response.status_code == 422
    assert "exists already" in text_of(response)
    assert typed(text_of(response), "title") == "Actors"
    assert typed(text_of(response), "summary") == "why"
    assert page.history.count() == 1


def test_delete_and_restore(client, maria, alice, page):
    client.force_login(maria)
    assert client.post("/wiki/tasks/delete/", {"reason": ""}).status_code == 422
    open_and_save(client, "/wiki/tasks/delete/", reason="outdated")
    gone = client.get("/wiki/tasks/")
    assert gone.status_code == 404
    assert "This page was deleted" in text_of(gone)
    assert "Restore it" in text_of(gone)
    client.post("/wiki/tasks/restore/", follow=True)
    assert client.get("/wiki/tasks/").status_code == 200
    assert "not deleted" in text_of(client.post("/wiki/tasks/restore/", follow=True))
    client.force_login(alice)
    assert client.post("/wiki/tasks/restore/").status_code == 403
    assert client.get("/wiki/tasks/delete/").status_code == 403


def test_a_deleted_page_is_restored_by_those_who_may_only(client, alice, maria, page):
    delete_page(page_id=page.pk, reason="spam", by=Authorship(actor=maria))
    assert "Restore it" not in text_of(client.get("/wiki/tasks/"))
    assert client.get("/wiki/tasks/history/").status_code == 404


@pytest.mark.parametrize("action", ["rename", "delete", "restore", "links", "source", "history"])
def test_what_is_done_to_a_page_that_is_not_there_answers_404(client, maria, action):
    client.force_login(maria)
    url = f"/wiki/not-there/{action}/"
    response = client.post(url) if action == "restore" else client.get(url)
    assert response.status_code == 404


def test_forms_answer_head_as_well(client, maria, page):
    client.force_login(maria)
    for url in (NEW, EDIT, "/wiki/tasks/rename/", "/wiki/tasks/delete/"):
        assert client.head(url).status_code == 200
