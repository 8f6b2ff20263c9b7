"""Help for dead links: copies in archives, and where their host may have put them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from linkcheck.helping import MAX_ATTEMPTS, find_help
from linkcheck.kinds import SOFT_DEAD
from linkcheck.models import Host, Link, Mark, RepairHelp
from moderation.cases import open_case
from tests.linkcheck.archive_server import ArchiveServer
from tests.linkcheck.factories import make_links
from tests.linkcheck.playground import Answer

pytestmark = pytest.mark.django_db

CAPTURED = datetime(2024, 5, 1, tzinfo=UTC)
PAGE = b"<title>Another</title><p>" + b"Words of a page of its own, and many more of them. " * 5


@pytest.fixture
def archive(web, settings):
    """An archive that may be asked."""
    with ArchiveServer() as server:
        settings.LINKCHECK_PORTS = [web.port, server.port]
        settings.LINKCHECK_ARCHIVE_WAYBACK_URL = server.wayback_url
        yield server


def let_die(url: str, *, since: datetime | None = None) -> Link:
    (link,) = make_links([url])
    Link.objects.filter(pk=link.pk).update(
        mark=Mark.DEAD, verdict="dead", verdict_since=since or timezone.now()
    )
    return link


def let_move(web, old: str, new: str, names="abc") -> None:
    """Links of the host that redirect for good; ``*`` stands for the name of the page."""
    pairs = [(web.url(old.replace("*", n)), web.url(new.replace("*", n))) for n in names]
    for link, (_old, target) in zip(
        make_links([old for old, _new in pairs], object_id=7), pairs, strict=True
    ):
        Link.objects.filter(pk=link.pk).update(moved_to=target, mark=Mark.MOVED)


def help_for(link: Link) -> RepairHelp:
    return RepairHelp.objects.get(link=link)


def try_again() -> None:
    RepairHelp.objects.filter(next_look_at__isnull=False).update(next_look_at=timezone.now())
    find_help()


def test_the_archived_copy_is_attached_to_what_died(archive, web):
    link = let_die(web.url("/gone"))
    archive.keep(link.url, CAPTURED)
    assert find_help() == 1
    link.refresh_from_db()
    assert (link.archive_url, link.archive_at) == (
        archive.memento_url(link.url, CAPTURED),
        CAPTURED,
    )
    assert find_help() == 0


def test_only_what_is_dead_and_used_is_looked_for(archive, web):
    make_links([web.url("/alive")])
    dead = let_die(web.url("/gone"))
    Link.objects.filter(pk=dead.pk).update(is_used=False)
    assert find_help() == 0
    assert archive.requests == []


def test_no_archive_is_asked_unless_configured(web):
    link = let_die(web.url("/gone"))
    assert find_help() == 1
    assert help_for(link).archive_asked_at is None
    assert web.requests == []


def test_an_archive_that_was_configured_later_is_asked_about_the_old_dead(archive, web, settings):
    address = settings.LINKCHECK_ARCHIVE_WAYBACK_URL
    settings.LINKCHECK_ARCHIVE_WAYBACK_URL = ""
    link = let_die(web.url("/gone"))
    archive.keep(link.url, CAPTURED)
    find_help()
    settings.LINKCHECK_ARCHIVE_WAYBACK_URL = address
    find_help()
    link.refresh_from_db()
    assert link.archive_at == CAPTURED


def test_an_archive_that_fails_is_asked_again_and_in_the_end_no_more(archive, web, caplog):
    link = let_die(web.url("/gone"))
    archive.answers["/wayback/available"] = Answer(503)
    find_help()
    wait = help_for(link).next_look_at - timezone.now()
    assert timedelta(minutes=50) < wait <= timedelta(hours=1)
    assert find_help() == 0
    for _ in range(10):
        try_again()
    assert len(archive.requests) == MAX_ATTEMPTS
    assert help_for(link).next_look_at is None


def test_a_link_that_dies_again_is_looked_for_anew(archive, web):
    link = let_die(web.url("/gone"), since=timezone.now() - timedelta(days=100))
    find_help()
    archive.keep(link.url, CAPTURED)
    assert find_help() == 0
    Link.objects.filter(pk=link.pk).update(verdict_since=timezone.now())
    assert find_help() == 1
    link.refresh_from_db()
    assert link.archive_at == CAPTURED


def test_what_the_host_did_to_others_is_suggested_once_it_answers(web):
    let_move(web, "/design/*.html", "/architecture/*/")
    link = let_die(web.url("/design/gone.html"))
    web.answers["/architecture/gone/"] = Answer(200, PAGE)
    find_help()
    found = help_for(link)
    assert (found.suggested_url, found.support) == (web.url("/architecture/gone/"), 3)
    assert (found.old_words, found.new_words) == ("/design/", "/architecture/")
    assert found.suggestion_status == 200
    assert found.suggestion_checked_at is not None


def test_what_does_not_answer_is_never_suggested(web):
    let_move(web, "/design/*", "/architecture/*")
    link = let_die(web.url("/design/gone"))
    find_help()
    assert web.count("/architecture/gone") == 1
    assert help_for(link).suggested_url == ""


def test_what_the_host_does_later_is_learned_too_for_some_months(web):
    link = let_die(web.url("/design/gone"))
    find_help()
    wait = help_for(link).next_look_at - timezone.now()
    assert timedelta(days=29) < wait <= timedelta(days=30)
    let_move(web, "/design/*", "/architecture/*")
    web.answers["/architecture/gone"] = Answer(200, PAGE)
    try_again()
    assert help_for(link).suggested_url == web.url("/architecture/gone")
    assert help_for(link).next_look_at is None


def test_what_nothing_is_known_about_is_given_up_in_the_end(web):
    link = let_die(web.url("/design/gone"))
    for _ in range(MAX_ATTEMPTS + 1):
        find_help()
        try_again()
    assert (help_for(link).attempts, help_for(link).next_look_at) == (MAX_ATTEMPTS, None)


def test_a_host_that_answers_anything_alike_proves_nothing(web):
    let_move(web, "/design/*", "/architecture/*")
    link = let_die(web.url("/design/gone"))
    find = web._find
    web._find = lambda request: (
        Answer(200, PAGE) if request.path.startswith("/architecture/") else find(request)
    )
    find_help()
    assert help_for(link).suggested_url == ""


def test_one_moved_link_is_not_enough_to_ask_anything(web):
    let_move(web, "/design/*", "/architecture/*", names="a")
    let_die(web.url("/design/gone"))
    find_help()
    assert web.requests == []


def test_what_is_dead_as_well_is_not_asked(web):
    let_move(web, "/design/*", "/architecture/*")
    let_die(web.url("/architecture/gone"))
    let_die(web.url("/design/gone"))
    find_help()
    assert web.requests == []


def test_a_suggestion_that_could_not_be_asked_is_asked_again(web):
    let_move(web, "/design/*", "/architecture/*")
    link = let_die(web.url("/design/gone"))
    web.answers["/architecture/gone"] = Answer(503)
    find_help()
    assert help_for(link).next_look_at is not None
    web.answers["/architecture/gone"] = Answer(200, PAGE)
    try_again()
    assert help_for(link).suggested_url == web.url("/architecture/gone")


def test_the_guard_stands_before_what_was_learned(web):
    names = "abc"
    for name, link in zip(
        names, make_links([web.url(f"/design/{n}") for n in names], object_id=7), strict=True
    ):
        Link.objects.filter(pk=link.pk).update(moved_to=f"http://10.0.0.1/design/{name}")
    link = let_die(web.url("/design/gone"))
    find_help()
    assert help_for(link).suggested_url == ""


@pytest.mark.parametrize("field", ["leased_until", "rests_until"])
def test_a_domain_that_another_worker_asks_or_that_rests_is_asked_later(web, field):
    let_move(web, "/design/*", "/architecture/*")
    link = let_die(web.url("/design/gone"))
    web.answers["/architecture/gone"] = Answer(200, PAGE)
    Host.objects.update(**{field: timezone.now() + timedelta(minutes=5)})
    find_help()
    assert web.requests == []
    assert help_for(link).next_look_at is not None
    Host.objects.update(**{field: None})
    try_again()
    assert help_for(link).suggested_url == web.url("/architecture/gone")
    assert set(Host.objects.values_list("leased_until", flat=True)) == {None}


@pytest.mark.parametrize("verdict", ["soft_404", "parked"])
def test_what_answers_and_yet_is_not_there_gets_help_as_well(archive, web, client, maria, verdict):
    link = let_die(web.url("/design/gone"))
    Link.objects.filter(pk=link.pk).update(mark=Mark.SUSPECT, verdict=verdict)
    archive.keep(link.url, CAPTURED)
    let_move(web, "/design/*", "/architecture/*")
    web.answers["/architecture/gone"] = Answer(200, PAGE)
    assert find_help() == 1
    link.refresh_from_db()
    assert link.archive_url
    assert help_for(link).suggested_url == web.url("/architecture/gone")
    case = open_case(
        kind=SOFT_DEAD, target_type="link", target_id=link.pk, title=link.url, reason="soft"
    )
    client.force_login(maria)
    assert "Use the archived copy" in client.get(case.get_absolute_url()).content.decode()


def test_what_may_only_be_broken_gets_no_help_yet(archive, web):
    link = let_die(web.url("/gone"))
    Link.objects.filter(pk=link.pk).update(mark=Mark.SUSPECT, verdict="suspect")
    assert find_help() == 0
