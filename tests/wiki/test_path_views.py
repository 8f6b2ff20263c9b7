"""Learning paths in the browser: read, ticked off, edited without a script, proposed."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import NEWCOMERS
from catalog.editing import retire_resource
from changes.recording import Authorship
from linkcheck.models import Link, Mark
from moderation.models import Proposal
from tests.cast import make_user
from tests.changes.content import make_page, make_resource, make_section
from tests.wiki.test_path_editing import make_path, step
from wiki.editing import delete_page
from wiki.models import Path, StepDone

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(alice, erin):
    page, entry = make_page(alice), make_resource(alice, make_section(erin))
    return make_path(
        alice,
        step("one", "A word.", title="", kind="page", target=page.pk, minutes=30),
        step("two", title="", kind="resource", target=entry.pk, minutes=90),
        step("three"),
    )


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def rows_of(*rows: dict[str, str]) -> dict[str, object]:
    names = ("key", "target", "title", "minutes", "text", "removed")
    columns = {f"step_{name}": [row.get(name, "") for row in rows] for name in names}
    return {"title": "Way", "introduction": "In.", "level": "", "language": "en", **columns}


def test_a_path_shows_its_steps_with_the_whole_time_and_what_is_broken(client, path, maria):
    text = text_of(client, "/paths/afternoon/")
    assert "about 2 h 5 min in all" in text
    assert "Tasks" in text and "Docs" in text and "A word." in text
    Link.objects.update(mark=Mark.DEAD)
    by = Authorship(actor=maria)
    retire_resource(resource_id=path.steps[1]["target"], reason="Old.", by=by)
    delete_page(page_id=path.steps[0]["target"], reason="No.", by=by)
    text = text_of(client, "/paths/afternoon/")
    assert "A step that leads nowhere any more" in text and "Tasks" not in text
    assert "retired from the list" in text and 'class="health dead"' in text
    assert "Learning paths with broken steps" in text_of(client, "/insights/broken-paths/")


def test_reading_a_path_costs_as_many_queries_however_many_steps(client, alice, path):
    def count(slug: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(f"/paths/{slug}/?fresh=1")
        return len(asked)

    few = count("afternoon")
    steps = [dict(path.steps[n % 2], key=f"s{n}") for n in range(30)]
    make_path(alice, *steps, title="Long")
    assert count("long") == few
    client.get("/paths/long/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/paths/long/")
    assert len(asked) <= 2


def test_who_is_signed_in_ticks_steps_off_takes_them_back_and_starts_over(client, alice, path):
    client.force_login(alice)
    address = "/paths/afternoon/progress/"
    assert client.post(address, {"done": "one"})["Location"] == "/paths/afternoon/#step-one"
    client.post(address, {"done": ["one", "two", "no such step"]})
    assert StepDone.objects.count() == 2
    text = text_of(client, "/paths/afternoon/")
    assert "<b data-done>2</b> of 3" in text and "<b data-percent>66</b>" in text
    assert 'data-next href="#step-three"' in text
    assert "2 done" in text_of(client, "/paths/")
    client.post(address, {"undo": "two"})
    assert StepDone.objects.get().key == "one"
    client.post(address, {"reset": "1"})
    assert not StepDone.objects.exists()


def test_what_one_did_nobody_else_sees(client, alice, bob, path):
    client.force_login(alice)
    client.post("/paths/afternoon/progress/", {"done": "one"})
    client.force_login(bob)
    assert "<b data-done>0</b>" in text_of(client, "/paths/afternoon/")


def test_rows_are_moved_added_and_removed_without_a_script_and_nothing_is_lost(client, alice):
    client.force_login(alice)
    rows = rows_of({"title": "First", "text": "One."}, {"title": "Second", "minutes": "much"})
    text = client.post("/paths/-/new/", {**rows, "do": "down:1"}).content.decode()
    assert text.index('value="Second"') < text.index('value="First"')
    assert 'value="much"' in text and "errorlist" not in text
    text = client.post("/paths/-/new/", {**rows, "do": "add"}).content.decode()
    assert text.count("data-row") == 3
    assert client.post("/paths/-/new/", {**rows, "do": "up:99999999999"}).status_code == 200
    assert not Path.objects.exists()


def test_a_row_that_was_taken_out_is_put_back_until_the_form_is_saved(client, alice):
    client.force_login(alice)
    rows = rows_of({"title": "First"}, {"title": "Second"}, {"title": "Third"})
    text = client.post("/paths/-/new/", {**rows, "do": "remove:2"}).content.decode()
    assert text.count("Removed step</legend>") == 1
    assert "Step 2</legend>" in text and "Step 3</legend>" not in text
    without = {**rows, "step_removed": ["", "1", ""]}
    text = client.post("/paths/-/new/", {**without, "do": "up:3"}).content.decode()
    assert text.index('value="Third"') < text.index('value="First"') < text.index('value="Second"')
    text = client.post("/paths/-/new/", {**without, "do": "restore:2"}).content.decode()
    assert "Removed step</legend>" not in text and "Step 3</legend>" in text
    faulty = {**without, "step_minutes": ["", "much", "long"]}
    text = client.post("/paths/-/new/", faulty).content.decode()
    assert "Step 2: The time is a number" in text and "Step 3: " not in text
    client.post("/paths/-/new/", without)
    assert [one["title"] for one in Path.objects.get().steps] == ["First", "Third"]


def test_steps_are_named_by_title_or_address_and_what_leads_nowhere_is_told(client, alice, erin):
    page, entry = make_page(alice), make_resource(alice, make_section(erin))
    client.force_login(alice)
    rows = [{"target": typed} for typed in ("tasks", "/resources/docs/", entry.url, "[[Tasks]]")]
    response = client.post("/paths/-/new/", rows_of(*rows, {"target": "  "}))
    assert response.status_code == 302
    stored = [(one["kind"], one["target"]) for one in Path.objects.get().steps]
    assert stored == [("page", page.pk), ("resource", entry.pk)] * 1 + [
        ("resource", entry.pk),
        ("page", page.pk),
    ]
    response = client.post("/paths/-/new/", rows_of({"target": "No such thing", "text": "Kept."}))
    assert response.status_code == 422
    assert "No such thing" in response.content.decode() and "Kept." in response.content.decode()


@pytest.mark.parametrize(
    "typed", ["a\0b", "x" * 3000, "/wiki/%00/", "page:99999999999999999", "🌱"]
)
def test_no_text_in_a_row_breaks_the_form(client, alice, typed):
    client.force_login(alice)
    row = dict.fromkeys(("key", "target", "title", "minutes", "text"), typed)
    assert client.post("/paths/-/new/", rows_of(row)).status_code == 422
    assert client.post("/paths/-/new/", {**rows_of(row), "steps": "[{]"}).status_code in (302, 422)


def test_an_edit_in_conflict_keeps_both(client, alice, bob, path):
    client.force_login(bob)
    typed = rows_of({"key": "one", "title": "Mine"})
    client.force_login(alice)
    changed = rows_of({"key": "one", "title": "Theirs"})
    client.post("/paths/afternoon/edit/", {**changed, "base_revision": 1})
    client.force_login(bob)
    response = client.post("/paths/afternoon/edit/", {**typed, "base_revision": 1})
    assert response.status_code == 409
    assert "Theirs" in response.content.decode() and 'value="Mine"' in response.content.decode()


def test_who_may_not_publish_proposes_and_a_moderator_approves(client, maria, path):
    client.force_login(make_user("nora", NEWCOMERS))
    page = text_of(client, "/paths/afternoon/edit/")
    assert "You can propose it" in page
    rows = rows_of({"key": "three", "title": "Only this"})
    client.post("/paths/afternoon/edit/", {**rows, "base_revision": 1, "title": "Afternoon"})
    proposal = Proposal.objects.get()
    client.post("/paths/-/new/", {**rows_of({"title": "Note"}), "title": "Brand new"})
    assert Path.objects.count() == 1
    client.force_login(maria)
    assert "Only this" in text_of(client, "/review/")
    for one in Proposal.objects.all():
        case = one.case
        client.post(
            f"/review/{case.pk}/decide/",
            {"version": case.version, "action": "approve", "proposal": one.pk, "seen": one.version},
        )
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.APPROVED
    assert Path.objects.get(slug="afternoon").steps[0]["title"] == "Only this"
    assert Path.objects.filter(slug="brand-new").exists()


def test_the_front_page_offers_paths_to_who_is_new_here(client, path):
    assert "New here? Take a learning path" in text_of(client, "/")


def test_a_path_is_found_by_search(client, path):
    from search.indexing import index_stale_documents

    index_stale_documents()
    assert "/paths/afternoon/" in text_of(client, "/search/?q=afternoon")
