"""Links that no edit may add."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from catalog.editing import create_resource, edit_resource
from changes.models import Source
from changes.recording import Authorship
from changes.refusals import EditRefusedError
from moderation.link_blocking import (
    block_link,
    change_blocked_link,
    export_blocked_links,
    import_blocked_links,
    load_matcher,
    unblock_link,
)
from moderation.link_patterns import Matcher, parse_pattern
from moderation.log_models import Decision
from moderation.models import BlockedLink
from moderation.new_links import check_proposed_links
from tests.changes.content import edit, make_page, make_section
from wiki.editing import revert_page


@pytest.fixture
def moderator(maria) -> Client:
    client = Client()
    client.force_login(maria)
    return client


def matches(pattern: str, url: str) -> bool:
    parsed = parse_pattern(pattern)
    return Matcher([(1, parsed.kind, parsed.text)]).find(url) == 1


@pytest.mark.parametrize(
    ("pattern", "caught", "free"),
    [
        (
            "spam.example",
            [
                "https://spam.example/",
                "http://www.spam.example/x?y#z",
                "https://a.b.spam.example:8443/",
                "https://SPAM.example./",
                "https://spam.example.",
            ],
            ["https://notspam.example/", "https://spam.example.org/", "https://x.org/spam.example"],
        ),
        ("https://www.spam.example/", ["https://shop.spam.example/"], ["https://ham.example/"]),
        (
            "example.org/shop",
            [
                "https://example.org/shop/x",
                "http://www.example.org/shop",
                "https://a.example.org/shop",
            ],
            ["https://example.org/", "https://example.org/x/shop"],
        ),
        (
            "example.org/?id=",
            ["https://example.org/?id=7"],
            ["https://example.org/?page=7"],
        ),
        (
            "/casino-[a-z]+/",
            ["https://x.example/Casino-royal", "https://casino-now.example/"],
            ["https://x.example/casino-7"],
        ),
        ("bücher.example", ["https://xn--bcher-kva.example/"], ["https://bucher.example/"]),
    ],
)
def test_a_pattern_matches_what_it_says_and_nothing_else(pattern, caught, free):
    assert [url for url in caught if not matches(pattern, url)] == []
    assert [url for url in free if matches(pattern, url)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "  ",
        "com",
        "/",
        "//",
        "/.*/",
        "/(/",
        "/a{9999}/",
        "/(?=x)/",
        "x" * 501,
        "a b",
        "\0",
        "/x*/",
    ],
)
def test_a_pattern_that_means_nothing_or_everything_is_refused(pattern):
    with pytest.raises(ValidationError):
        parse_pattern(pattern)


def test_no_expression_takes_long():
    parsed = parse_pattern("/(a+)+(b+)+(c+)+x$/")
    matcher = Matcher([(1, parsed.kind, parsed.text)])
    url = "https://e.example/" + "a" * 900 + "b" * 900
    began = time.monotonic()
    for _ in range(100):
        assert matcher.find(url) is None
    assert time.monotonic() - began < 10  # of a backtracking engine the sun would not see the end


def test_an_edit_that_adds_a_blocked_link_is_refused_with_the_reason(alice, maria):
    page = make_page(alice, body="Before.")
    blocked = block_link(pattern="spam.example", reason="It sells links.", by=maria)
    client = Client()
    client.force_login(alice)
    words = "My text with [a link](https://www.spam.example/buy)."
    form = {"body": words, "language": "en", "section": "", "base_revision": page.version}
    refused = client.post("/wiki/tasks/edit/", form)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "It sells links." in text
    assert "spam.example/buy" in text
    assert "My text with" in text
    page.refresh_from_db()
    assert page.body == "Before."
    blocked.refresh_from_db()
    assert blocked.hits == 1
    assert blocked.last_hit_at is not None


def test_a_blocked_link_that_stands_already_may_stay(alice, maria):
    page = make_page(alice, body="See https://spam.example/x for more.")
    block_link(pattern="spam.example", reason="Spam.", by=maria)
    edit(page, "See [it](http://spam.example/x) for much more.", alice)
    with pytest.raises(EditRefusedError):
        edit(page, "See https://spam.example/x and https://spam.example/y.", alice)


def test_resources_are_held_to_it_too(alice, erin, maria):
    section = make_section(erin)
    block_link(pattern="spam.example", reason="Spam.", by=maria)
    by = Authorship(actor=alice)
    values = {"title": "Good", "section_id": section.pk, "url": "https://good.example/"}
    for bad in (
        {"url": "https://spam.example/"},
        {"description": "As https://spam.example/ says."},
        {"archive_url": "https://spam.example/copy"},
    ):
        with pytest.raises(EditRefusedError):
            create_resource(values={**values, **bad}, by=by)
    resource = create_resource(values=values, by=by)
    with pytest.raises(EditRefusedError):
        edit_resource(
            resource_id=resource.pk,
            base_version=resource.version,
            values={"url": "https://spam.example/"},
            by=by,
        )
    with pytest.raises(EditRefusedError):
        by = Authorship(actor=maria, source=Source.IMPORT)
        create_resource(values={**values, "url": "https://spam.example/2"}, by=by)


def test_moderators_bring_back_what_a_vandal_removed(alice, maria):
    page = make_page(alice, body="See https://spam.example/x.")
    edit(page, "Gone.", alice)
    block_link(pattern="spam.example", reason="Spam.", by=maria)
    with pytest.raises(EditRefusedError):
        revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=alice))
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=maria))


def test_a_proposal_is_held_to_it_too(alice, maria):
    block_link(pattern="spam.example", reason="Spam.", by=maria)
    with pytest.raises(EditRefusedError, match=r"Spam\."):
        check_proposed_links(before=[], after=["https://spam.example/"], actor=alice)
    check_proposed_links(
        before=["https://spam.example/"], after=["[x](https://spam.example/)"], actor=alice
    )


def test_a_blocked_link_is_free_again_when_its_time_is_over_or_it_is_taken_off(alice, maria):
    end = timezone.now() + timedelta(days=1)
    short = block_link(pattern="a.example", reason="Spam.", expires_at=end, by=maria)
    other = block_link(pattern="b.example", reason="Spam.", by=maria)
    with time_machine.travel(end + timedelta(seconds=1)):
        matcher = load_matcher()
        assert matcher.find("https://a.example/") is None
        assert matcher.find("https://b.example/") == other.pk
        change_blocked_link(blocked_id=short.pk, reason="Still.", expires_at=None, by=maria)
        assert load_matcher().find("https://a.example/") == short.pk
        unblock_link(blocked_id=short.pk, by=maria)
        unblock_link(blocked_id=other.pk, by=maria)
        assert load_matcher() is None


def test_only_moderators_say_which(alice, erin, maria):
    for user in (alice, erin):
        with pytest.raises(PermissionDenied):
            block_link(pattern="a.example", reason="Mine.", by=user)
        with pytest.raises(PermissionDenied):
            import_blocked_links(text="a.example", reason="Mine.", by=user)


def test_a_list_goes_out_and_comes_in_again_the_same(maria):
    text = "# ours\n\nspam.example # Sells links.\n/casino-[a-z]+/\nexample.org/shop\n"
    read = import_blocked_links(text=text, reason="From elsewhere.", by=maria)
    assert len(read.taken) == 3
    exported = export_blocked_links()
    assert exported == (
        "/casino-[a-z]+/ # From elsewhere.\n"
        "example.org/shop # From elsewhere.\n"
        "spam.example # Sells links.\n"
    )
    again = import_blocked_links(text=exported, reason="Again.", by=maria)
    assert (again.taken, again.known) == ([], 3)
    BlockedLink.objects.all().delete()
    import_blocked_links(text=exported, reason="Again.", by=maria)
    assert export_blocked_links() == exported
    assert Decision.objects.filter(action="import").count() == 2


def test_a_list_with_a_fault_changes_nothing(maria):
    read = import_blocked_links(text="good.example\n/(/\n", reason="List.", by=maria)
    assert [number for number, _why in read.faults] == [2]
    assert not BlockedLink.objects.exists()


def test_moderators_keep_the_list_in_the_browser(moderator):
    form = {"pattern": "https://www.Spam.example/", "reason": "Sells links.", "duration": "never"}
    assert moderator.post("/blocked-links/new/", form).status_code == 302
    made = BlockedLink.objects.get()
    assert made.pattern == "spam.example"
    again = moderator.post("/blocked-links/new/", form)
    assert again.status_code == 422
    assert "on the list already" in again.content.decode()
    tried = moderator.get("/blocked-links/", {"try": "shop.spam.example/x"}).content.decode()
    assert "Refused" in tried
    free = moderator.get("/blocked-links/", {"try": "https://ham.example/"}).content.decode()
    assert "is matched by nothing here" in free
    change = {"reason": "Still sells links.", "duration": "1w"}
    assert moderator.post(f"/blocked-links/{made.pk}/edit/", change).status_code == 302
    made.refresh_from_db()
    assert made.reason == "Still sells links."
    assert made.expires_at is not None
    text = {"text": "a.example\n/(/", "reason": "List."}
    refused = moderator.post("/blocked-links/import/", text)
    assert refused.status_code == 422
    assert "Line 2" in refused.content.decode()
    assert moderator.post(f"/blocked-links/{made.pk}/remove/").status_code == 302
    assert not BlockedLink.objects.exists()
    log = Client().get("/log/").content.decode()
    assert "Blocked link" in log
    assert "Unblocked" in log


def test_the_matcher_costs_one_query(maria, django_assert_num_queries):
    for number in range(20):
        block_link(pattern=f"spam{number}.example", reason="Spam.", by=maria)
    with django_assert_num_queries(1):
        assert load_matcher().find("https://x.spam7.example/") is not None
