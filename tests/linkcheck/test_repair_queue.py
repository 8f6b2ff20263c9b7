"""Decisions about many links: one revision for each object, all links, taken back at will."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from catalog.editing import create_section, edit_resource
from catalog.models import Resource, Section
from changes.models import Change
from changes.recording import Authorship
from linkcheck.host_repairing import follow_host_moves, replace_host, retire_host
from linkcheck.missing_hosts import open_host_case
from linkcheck.models import Host, Link, Repair, RepairBatch, RepairHelp
from linkcheck.moves import queue_moves
from linkcheck.repair_queue import NewRepair, carry_out_repairs, queue_repairs, undo_batch
from linkcheck.retention import thin_checks
from moderation.cases import decide
from moderation.models import Case, Decision
from tests.linkcheck.factories import make_resource
from wiki.editing import create_page, delete_page
from wiki.models import Page

pytestmark = pytest.mark.django_db


def make_page(actor, urls, title="Guides") -> Page:
    body = "\n\n".join(f"[{number}]({url})" for number, url in enumerate(urls))
    return create_page(values={"title": title, "body": body}, by=Authorship(actor=actor))


def host_of(url: str) -> Host:
    return Host.objects.get(name=url.split("/")[2])


def move_trivially() -> None:
    for link in Link.objects.all():
        state = {**link.state, "is_trivial_move": True}
        Link.objects.filter(pk=link.pk).update(mark="moved", moved_to=f"{link.url}/", state=state)


def bodies() -> list[str]:
    return [page.body for page in Page.objects.order_by("pk")]


def test_many_moves_on_a_page_are_one_revision(alice, maria):
    urls = [f"https://h{number}.example/page" for number in range(30)]
    page = make_page(alice, urls)
    make_page(alice, urls[:3], "Others")
    move_trivially()
    queue_moves(actor=maria, reason="")
    carry_out_repairs(100)
    page.refresh_from_db()
    assert page.version == 2
    assert all(f"({url}/)" in page.body for url in urls)
    change = Change.objects.get(object_type="page", object_id=page.pk, kind="link_replaced")
    assert change.summary == "30 links replaced"
    assert len(change.details["urls"]) == 30
    assert not Repair.objects.filter(done_at=None).exists()
    assert not Repair.objects.exclude(problem="").exists()


def test_recent_changes_say_how_many_links_were_replaced(alice, maria, client):
    make_page(alice, ["https://a.example/x", "https://b.example/y"])
    move_trivially()
    queue_moves(actor=maria, reason="tidy")
    carry_out_repairs(100)
    html = client.get(reverse("changes:change_list")).content.decode()
    assert "2 links" in html


def test_all_links_of_a_host_are_changed_however_many(alice, maria):
    urls = [f"https://old.example/{number}" for number in range(450)]
    pages = [
        make_page(alice, urls[start : start + 150], f"Page {start}") for start in (0, 150, 300)
    ]
    details = replace_host(
        host=host_of(urls[0]), new_host="new.example", reason="Renamed.", actor=maria
    )
    assert details["count"] == 450
    steps = carry_out_repairs(1000)
    assert steps == 3
    assert not any("old.example" in body for body in bodies())
    for page in pages:
        page.refresh_from_db()
        assert page.version == 2
    assert not Link.objects.used().filter(host__name="old.example").exists()


def test_deciding_twice_is_refused_and_working_twice_changes_nothing(alice, maria):
    make_page(alice, ["https://old.example/a"])
    host = host_of("https://old.example/")
    replace_host(host=host, new_host="new.example", reason="", actor=maria)
    with pytest.raises(ValidationError):
        replace_host(host=host, new_host="new.example", reason="", actor=maria)
    assert RepairBatch.objects.count() == 1
    carry_out_repairs(10)
    assert carry_out_repairs(10) == 0
    assert Change.objects.filter(kind="link_replaced").count() == 1


def test_all_kinds_of_objects_say_link_replaced(alice, maria, erin):
    url = "https://old.example/a"
    make_page(alice, [url])
    make_resource(alice, url)
    create_section(title="Core", introduction=f"See <{url}>.", by=Authorship(actor=erin))
    replace_host(host=host_of(url), new_host="new.example", reason="", actor=maria)
    carry_out_repairs(10)
    changes = Change.objects.filter(kind="link_replaced")
    assert {c.object_type for c in changes} == {"page", "resource", "section"}
    said = {(c.details["from"], c.details["to"]) for c in changes}
    assert said == {(url, "https://new.example/a")}
    assert Section.objects.get(title="Core").introduction == "See <https://new.example/a>."


def test_one_address_that_is_taken_holds_up_no_other_of_its_object(alice, maria):
    make_resource(alice, "https://new.example/a", "Taken")
    entry = make_resource(
        alice, "https://old.example/a", "Entry", description="And <https://old.example/b>."
    )
    replace_host(
        host=host_of("https://old.example/"), new_host="new.example", reason="", actor=maria
    )
    carry_out_repairs(10)
    entry.refresh_from_db()
    assert entry.url == "https://old.example/a"
    assert entry.description == "And <https://new.example/b>."
    (failed,) = Repair.objects.exclude(problem="")
    assert failed.link.url == "https://old.example/a"
    assert "Entry: " in failed.problem
    assert not Repair.objects.filter(done_at=None).exists()


def test_a_decision_is_taken_back_where_it_changed_something_and_nowhere_else(alice, maria):
    make_page(alice, ["https://old.example/a#top", "https://old.example/b"])
    make_page(alice, ["https://new.example/a"], "Had it before")
    before = bodies()
    details = replace_host(
        host=host_of("https://old.example/"), new_host="new.example", reason="", actor=maria
    )
    carry_out_repairs(10)
    assert bodies() != before
    batch = RepairBatch.objects.get(pk=details["batch"])
    _stopped, undoing = undo_batch(batch=batch, actor=maria)
    carry_out_repairs(10)
    assert bodies() == before
    with pytest.raises(ValidationError):
        undo_batch(batch=batch, actor=maria)
    undo_batch(batch=undoing, actor=maria)
    carry_out_repairs(10)
    assert "https://new.example/a#top" in bodies()[0]


def test_what_others_wrote_since_stays_when_a_decision_is_taken_back(alice, maria, bob):
    entry = make_resource(alice, "https://old.example/a", "Entry")
    details = replace_host(
        host=host_of("https://old.example/"), new_host="new.example", reason="", actor=maria
    )
    carry_out_repairs(10)
    entry.refresh_from_db()
    values = {"title": "A better title"}
    edit_resource(
        resource_id=entry.pk, base_version=entry.version, values=values, by=Authorship(actor=bob)
    )
    undo_batch(batch=RepairBatch.objects.get(pk=details["batch"]), actor=maria)
    carry_out_repairs(10)
    entry.refresh_from_db()
    assert (entry.title, entry.url) == ("A better title", "https://old.example/a")


def test_retired_entries_come_back(alice, maria):
    entries = [make_resource(alice, f"https://old.example/{n}", f"Entry {n}") for n in range(3)]
    make_page(alice, ["https://old.example/9"])
    details = retire_host(host=host_of("https://old.example/"), reason="Gone.", actor=maria)
    assert (details["count"], details["left"]) == (3, 1)
    carry_out_repairs(10)
    assert Resource.objects.filter(status="retired").count() == len(entries)
    undo_batch(batch=RepairBatch.objects.get(), actor=maria)
    carry_out_repairs(10)
    assert not Resource.objects.filter(status="retired").exists()


def test_what_waits_is_left_out_when_a_decision_is_taken_back(alice, maria):
    make_page(alice, ["https://old.example/a"])
    make_page(alice, ["https://old.example/b"], "Other")
    before = bodies()
    host = host_of("https://old.example/")
    details = replace_host(host=host, new_host="new.example", reason="", actor=maria)
    carry_out_repairs(1)
    batch = RepairBatch.objects.get(pk=details["batch"])
    stopped, undoing = undo_batch(batch=batch, actor=maria)
    assert (stopped, undoing.repairs.count()) == (1, 1)
    carry_out_repairs(10)
    assert bodies() == before
    with pytest.raises(ValidationError, match="taken back already"):
        undo_batch(batch=batch, actor=maria)


def test_what_changed_nothing_needs_no_further_revision(alice, maria):
    page = make_page(alice, ["https://old.example/a"])
    host = host_of("https://old.example/")
    details = replace_host(host=host, new_host="new.example", reason="", actor=maria)
    delete_page(page_id=page.pk, reason="", by=Authorship(actor=maria))
    carry_out_repairs(10)
    batch = RepairBatch.objects.get(pk=details["batch"])
    assert undo_batch(batch=batch, actor=maria) == (0, None)


def test_only_moderators_take_back_and_follow(alice, maria):
    make_page(alice, ["https://old.example/a"])
    host = host_of("https://old.example/")
    details = replace_host(host=host, new_host="new.example", reason="", actor=maria)
    carry_out_repairs(10)
    with pytest.raises(PermissionDenied):
        undo_batch(batch=RepairBatch.objects.get(pk=details["batch"]), actor=alice)
    with pytest.raises(PermissionDenied):
        follow_host_moves(host=host, actor=alice)


def test_all_known_moves_of_a_host_are_followed_at_once(alice, maria):
    urls = [f"https://old.example/{name}" for name in ("moved", "died", "fine")]
    page = make_page(alice, urls)
    moved, died, _fine = (Link.objects.get(url=url) for url in urls)
    Link.objects.filter(pk=moved.pk).update(mark="moved", moved_to="https://old.example/new/moved")
    Link.objects.filter(pk=died.pk).update(mark="dead", verdict="dead")
    RepairHelp.objects.create(
        link=died, died_at=timezone.now(), suggested_url="https://old.example/new/died"
    )
    assert follow_host_moves(host=host_of(urls[0]), actor=maria)["count"] == 2
    carry_out_repairs(10)
    page.refresh_from_db()
    assert page.version == 2
    assert "(https://old.example/new/moved)" in page.body
    assert "(https://old.example/new/died)" in page.body
    assert "(https://old.example/fine)" in page.body
    decision = Decision.objects.get()
    assert (decision.kind, decision.action) == ("dead_host", "follow_moves")
    with pytest.raises(ValidationError):
        follow_host_moves(host=host_of(urls[0]), actor=maria)


def test_the_page_of_a_decision_tells_how_far_it_is(alice, maria, client):
    make_page(alice, ["https://old.example/a", "https://old.example/b"])
    host = host_of("https://old.example/")
    open_host_case(host, "It is gone.")
    case = Case.objects.get()
    decision = decide(
        case_id=case.pk,
        version=case.version,
        action="replace",
        reason="Renamed",
        actor=maria,
        params={"new_host": "new.example"},
    )
    url = reverse("linkcheck:batch_detail", args=[decision.details["batch"]])
    assert client.get(url).status_code == 403
    client.force_login(maria)
    html = client.get(url).content.decode()
    assert "0 of 2 looked after" in html
    carry_out_repairs(10)
    html = client.get(url).content.decode()
    assert "all 2 links done" in html
    assert "Take it back" in html
    undo = reverse("linkcheck:batch_undo", args=[decision.details["batch"]])
    response = client.post(undo, follow=True)
    assert "It takes back:" in response.content.decode()
    assert "It was taken back:" in client.get(url).content.decode()
    assert client.post(undo).status_code == 404
    assert Decision.objects.first().undoes == decision


def test_the_page_of_a_host_leads_to_its_decisions(alice, maria, client):
    make_page(alice, ["https://old.example/a"])
    Link.objects.update(mark="moved", moved_to="https://old.example/b")
    page = reverse("linkcheck:host_detail", args=["old.example"])
    assert "Follow 1 known move" not in client.get(page).content.decode()
    client.force_login(maria)
    assert "Follow 1 known move" in client.get(page).content.decode()
    response = client.post(reverse("linkcheck:host_moves", args=["old.example"]), follow=True)
    assert "1 link is being replaced." in response.content.decode()
    assert "Moves of a host followed" in client.get(page).content.decode()


def test_a_page_of_many_repairs_takes_as_many_queries_as_one_of_few(
    alice, maria, client, django_assert_max_num_queries
):
    client.force_login(maria)

    def ask(count: int) -> str:
        urls = [f"https://h{count}.example/{number}" for number in range(count)]
        make_page(alice, urls, f"Page {count}")
        host = host_of(urls[0])
        details = replace_host(host=host, new_host=f"n{count}.example", reason="", actor=maria)
        return reverse("linkcheck:batch_detail", args=[details["batch"]])

    few, many = ask(2), ask(60)
    client.get(few)
    with django_assert_max_num_queries(20) as asked:
        client.get(few)
    with django_assert_max_num_queries(len(asked.captured_queries)):
        client.get(many)


def test_old_decisions_are_forgotten_when_they_are_done(alice, maria):
    make_page(alice, ["https://old.example/a"])
    (link,) = Link.objects.all()
    batch, _count = queue_repairs(
        kind=RepairBatch.Kind.HOST_MOVES,
        repairs=[NewRepair(link.pk, "https://old.example/b")],
        reason="",
        actor=maria,
    )
    RepairBatch.objects.update(queued_at=timezone.now() - timedelta(days=4000))
    thin_checks(limit=10)
    assert RepairBatch.objects.filter(pk=batch.pk).exists()
    carry_out_repairs(10)
    thin_checks(limit=10)
    assert not RepairBatch.objects.exists()
