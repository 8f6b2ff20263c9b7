"""Repositories among the links: asked in batches, noted, and a case where something changed."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from linkcheck.kinds import MOVED_LINK, REPO_ARCHIVED, REPO_RENAMED
from linkcheck.models import Link, Repository
from linkcheck.repositories import refresh_repositories
from moderation.cases import open_case
from moderation.models import Case
from tests.linkcheck.factories import make_links
from tests.linkcheck.forge_server import TOKENS, ForgeServer
from tests.linkcheck.looks import look_daily
from tests.linkcheck.playground import Answer

pytestmark = pytest.mark.django_db

RAY = "https://github.com/ray-project/ray"


@pytest.fixture
def forges(settings, web):
    """Three forges, with tokens for all of them."""
    with ForgeServer() as server:
        settings.LINKCHECK_PORTS = [server.port]
        for forge in TOKENS:
            setattr(settings, f"{forge.upper()}_TOKEN", TOKENS[forge])
            setattr(settings, f"{forge.upper()}_API_URL", server.api_url(forge))
        yield server


def refresh() -> Repository:
    """Ask again about everything; the only repository as it is then."""
    Repository.objects.update(next_check_at=timezone.now())
    refresh_repositories()
    return Repository.objects.select_related("link").get()


def kinds(state: str = "open") -> list[str]:
    return sorted(Case.objects.filter(state=state).values_list("kind", flat=True))


def test_what_a_forge_says_is_kept_and_asked_again_after_a_week(forges):
    make_links([RAY, f"{RAY}/issues", "https://docs.example/"])
    forges.put("github", "ray-project/ray", stars=30_000)
    assert refresh_repositories() == 1
    repository = Repository.objects.get()
    assert (repository.link.url, repository.state, repository.full_name) == (
        RAY,
        "present",
        "ray-project/ray",
    )
    assert (repository.license, repository.stars) == ("Apache-2.0", 30_000)
    wait = repository.next_check_at - timezone.now()
    assert timedelta(days=5.5) < wait < timedelta(days=8.5)
    assert refresh_repositories() == 0
    assert len(forges.requests) == 1
    assert not Case.objects.exists()


def test_nobody_is_asked_without_a_token(forges, settings):
    settings.GITHUB_TOKEN = ""
    make_links([RAY])
    assert refresh_repositories() == 0
    assert forges.requests == []
    assert not Repository.objects.exists()


def test_all_three_forges_are_asked(forges):
    make_links([RAY, "https://gitlab.com/a/b/c", "https://codeberg.org/a/b"])
    forges.put("gitlab", "a/b/c", license="MIT")
    forges.put("codeberg", "a/b", license="MIT")
    refresh_repositories()
    states = dict(Repository.objects.values_list("forge", "state"))
    assert states == {"github": "missing", "gitlab": "present", "codeberg": "present"}
    assert set(Repository.objects.exclude(license="").values_list("license", flat=True)) == {"MIT"}


def test_a_second_look_costs_the_forge_nothing(forges):
    make_links([RAY])
    forges.put("github", "ray-project/ray")
    first = refresh()
    second = refresh()
    assert "if-none-match" in forges.requests[-1].headers
    assert (second.state, second.stars, second.etag) == (first.state, first.stars, first.etag)
    assert second.seen_at > first.seen_at


def test_an_archived_repository_opens_a_case_that_closes_by_itself(forges):
    make_links([RAY])
    forges.put("github", "ray-project/ray")
    refresh()
    assert kinds() == []
    forges.put("github", "ray-project/ray", archived=True)
    refresh()
    assert kinds() == [REPO_ARCHIVED]
    case = Case.objects.get()
    assert case.priority < 0
    refresh()
    case.refresh_from_db()
    assert (case.times_opened, case.version) == (1, 1)
    forges.put("github", "ray-project/ray", archived=False)
    refresh()
    assert kinds() == [] and kinds("resolved") == [REPO_ARCHIVED]


def test_a_renamed_repository_opens_a_case(forges):
    make_links([RAY])
    forges.rename("github", "ray-project/ray", "anyscale/ray")
    repository = refresh()
    assert repository.is_renamed
    assert repository.url == "https://github.com/anyscale/ray"
    assert kinds() == [REPO_RENAMED]
    refresh()
    assert Case.objects.get().times_opened == 1


def test_another_spelling_is_no_other_name(forges):
    make_links(["https://github.com/Ray-Project/Ray"])
    forges.rename("github", "Ray-Project/Ray", "ray-project/ray")
    assert not refresh().is_renamed
    assert kinds() == []


def test_what_has_a_case_as_moved_link_gets_no_second_one(forges):
    (link,) = make_links([RAY])
    open_case(kind=MOVED_LINK, target_type="link", target_id=link.pk, title=RAY, reason="301")
    forges.rename("github", "ray-project/ray", "anyscale/ray")
    refresh()
    assert kinds() == [MOVED_LINK]


def test_a_link_that_moves_takes_the_case_of_its_repository_over(forges):
    (link,) = make_links([RAY])
    forges.rename("github", "ray-project/ray", "anyscale/ray")
    refresh()
    assert kinds() == [REPO_RENAMED]
    look_daily(link, "301 200", [0, 8], to="https://github.com/anyscale/ray")
    assert kinds() == [MOVED_LINK]
    refresh()
    assert kinds() == [MOVED_LINK]


def test_a_deleted_repository_is_a_note_and_no_death(forges):
    make_links([RAY])
    forges.put("github", "ray-project/ray")
    refresh()
    forges.repositories.clear()
    repository = refresh()
    assert repository.is_gone
    assert (repository.link.verdict, kinds()) == ("unchecked", [])


def test_what_was_never_there_is_not_said_to_be_deleted(forges):
    make_links(["https://gitlab.com/a-group/a-subgroup"])
    assert not refresh().is_gone


def test_a_used_up_allowance_puts_everything_of_that_forge_off(forges):
    make_links([f"https://github.com/ray/r{number}" for number in range(5)])
    make_links(["https://codeberg.org/a/b"], object_id=2)
    forges.put("codeberg", "a/b")
    for number in range(5):
        forges.refused["github", f"ray/r{number}"] = Answer(403, b"{}", {"Retry-After": "3600"})
    refresh_repositories()
    asked = [request for request in forges.requests if request.host == forges.hosts[0]]
    assert len(asked) == 1
    later = timezone.now() + timedelta(minutes=59)
    assert Repository.objects.filter(forge="github", next_check_at__gt=later).count() == 5
    assert Repository.objects.get(forge="codeberg").state == "present"


def test_an_error_is_no_news_and_asked_again_within_a_day(forges):
    make_links([RAY])
    forges.put("github", "ray-project/ray", archived=True)
    refresh()
    forges.refused["github", "ray-project/ray"] = Answer(500, b"oops")
    repository = refresh()
    assert (repository.state, repository.is_archived) == ("present", True)
    assert repository.next_check_at < timezone.now() + timedelta(days=1)


def test_no_token_is_ever_logged(forges, caplog):
    make_links([RAY, "https://gitlab.com/a/b", "https://codeberg.org/a/b"])
    forges.refused["gitlab", "a/b"] = Answer(500, b"oops")
    forges.tokens["github"] = "another one"
    with caplog.at_level(logging.DEBUG):
        refresh_repositories()
    assert "does not accept its token" in caplog.text
    assert "gitlab could not be asked" in caplog.text
    told = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert not any(token in told for token in TOKENS.values())


def test_links_that_nobody_uses_are_not_asked_about(forges):
    make_links([RAY])
    Link.objects.update(is_used=False)
    assert refresh_repositories() == 0
    assert forges.requests == []


def test_a_batch_takes_as_many_queries_as_one(forges, django_assert_max_num_queries):
    for number in range(30):
        forges.put("github", f"ray/r{number}", archived=True)
    make_links([f"https://github.com/ray/r{number}" for number in range(30)])
    with django_assert_max_num_queries(45):
        assert refresh_repositories() == 30
    assert len(kinds()) == 30


@pytest.mark.parametrize(("days", "months"), [(10, 0), (364, 0), (380, 12), (430, 14), (3000, 98)])
def test_a_quiet_repository_is_quiet_by_the_month(forges, days, months):
    make_links([RAY])
    pushed = timezone.now() - timedelta(days=days)
    forges.put("github", "ray-project/ray", pushed=pushed.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert refresh().quiet_months(timezone.now()) == months
