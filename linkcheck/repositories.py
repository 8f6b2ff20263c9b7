"""Asking forges about the repositories among the links, in bounded batches (rule 17).

Nothing said here is a death: an archived repository can still be read, a quiet one may be complete.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changes.models import ObjectType
from linkcheck import outage
from linkcheck.bookings import open_desk, visit_by
from linkcheck.configuration import probe_settings_from_django
from linkcheck.forges import (
    HOSTS,
    Absence,
    AccessDeniedError,
    Facts,
    Forge,
    ForgeAccess,
    ForgeClient,
    RateLimitedError,
    find_repository,
)
from linkcheck.kinds import MOVED_LINK, PRIORITY, REPO_ARCHIVED, REPO_RENAMED
from linkcheck.models import Link, Repository
from linkcheck.policy import jitter_wait
from linkcheck.probing.fetching import Fetcher, FetchError, NotNowError
from linkcheck.visiting import Desk
from moderation.cases import NewCase, open_cases, resolve_cases
from moderation.models import Case

logger = logging.getLogger(__name__)

#: So many repositories of each forge in one run.
BATCH = 100
#: How long what a forge said is good …
INTERVAL = timedelta(days=7)
#: … changed by at most this share, so that not all come due at once.
JITTER = 0.15
#: After an answer that is no use.
AGAIN_AFTER = timedelta(hours=6)
#: A token that is not accepted is tried again so late.
DENIED_REST = timedelta(hours=6)
LEASE = timedelta(minutes=15)
#: No repository is asked about later than this in a run, in seconds for each forge.
_STOP_AFTER_S = 150.0
_OWN_PAGE = r"^https?://[^/]+/[^/?#]+/[^?#]+$"


@dataclass(frozen=True)
class _Answer:
    """What came of asking about one repository."""

    repository: Repository
    at: datetime
    said: Facts | Absence | None  # None: nothing usable


def accesses_from_django() -> list[ForgeAccess]:
    """The forges that may be asked: those for which a token is set."""
    known = (
        ForgeAccess(Forge.GITHUB, settings.GITHUB_API_URL, settings.GITHUB_TOKEN),
        ForgeAccess(Forge.GITLAB, settings.GITLAB_API_URL, settings.GITLAB_TOKEN),
        ForgeAccess(Forge.CODEBERG, settings.CODEBERG_API_URL, settings.CODEBERG_TOKEN),
    )
    return [access for access in known if access.token]


def refresh_repositories() -> int:
    """Ask every forge with a token about what is due there; how many answers were written.

    Safe to run twice and in several places at once. To be called outside any transaction and any
    event loop.
    """
    if outage.find_open() is not None:
        return 0
    written = 0
    for access in accesses_from_django():
        find_repositories(access.forge)
        claimed = _claim(access.forge, timezone.now())
        if not claimed:
            continue
        desk = open_desk()
        answers, rests_until = desk.run(_ask_all(access, claimed, desk))
        written += _write(answers)
        _put_off(access.forge, claimed[len(answers) :], rests_until)
    return written


def find_repositories(forge: Forge) -> int:
    """Make the rows of repositories whose links are new; how many there were."""
    hosts = [name for name, known in HOSTS.items() if known is forge]
    links = Link.objects.used().filter(
        host__name__in=hosts, repository__isnull=True, url__regex=_OWN_PAGE
    )
    now = timezone.now()
    found = [
        Repository(link_id=pk, forge=forge.value, path=repository[1], next_check_at=now)
        for pk, url in links.values_list("pk", "url")
        if (repository := find_repository(url)) is not None
    ]
    Repository.objects.bulk_create(found, ignore_conflicts=True, batch_size=500)
    return len(found)


@transaction.atomic
def _claim(forge: Forge, now: datetime) -> list[Repository]:
    """What is due and nobody asks about yet, the longest due first."""
    due = Repository.objects.filter(
        forge=forge.value, next_check_at__lte=now, link__is_used=True
    ).select_for_update(skip_locked=True, of=("self",))
    claimed = list(due.order_by("next_check_at", "pk")[:BATCH])
    ids = [repository.pk for repository in claimed]
    Repository.objects.filter(pk__in=ids).update(next_check_at=now + LEASE)
    return claimed


async def _ask_all(
    access: ForgeAccess, repositories: Sequence[Repository], desk: Desk
) -> tuple[list[_Answer], datetime | None]:
    """Ask one after the other, as forges wish it, until the allowance or the time is used up.

    Returns the answers, of the first of ``repositories``, and until when the forge rests.
    """
    answers: list[_Answer] = []
    rests_until: datetime | None = None
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _STOP_AFTER_S
    wait_for_turn = visit_by(desk)
    async with Fetcher(probe_settings_from_django(), wait_for_turn=wait_for_turn) as fetcher:
        client = ForgeClient(fetcher, access)
        for repository in repositories:
            try:
                answers.append(await _ask(client, repository))
            except RateLimitedError as limit:
                rests_until = limit.until
            except NotNowError as rest:
                rests_until = timezone.now() + timedelta(seconds=rest.wait_s)
            except AccessDeniedError:
                logger.error("%s does not accept its token", access.forge.value)
                rests_until = timezone.now() + DENIED_REST
            rests_until = rests_until or client.rests_until
            if rests_until is not None or loop.time() >= ends_at:
                break
    return answers, rests_until


async def _ask(client: ForgeClient, repository: Repository) -> _Answer:
    try:
        said = await client.ask(repository.path, etag=repository.etag)
    except NotNowError:
        raise
    except FetchError as error:
        logger.warning("%s could not be asked: %s", repository.forge, error)
        return _Answer(repository, timezone.now(), None)
    return _Answer(repository, timezone.now(), said)


def _put_off(forge: Forge, unasked: Sequence[Repository], rests_until: datetime | None) -> None:
    """Give back what was not asked; while the forge rests nothing of it is due."""
    now = timezone.now()
    ids = [repository.pk for repository in unasked]
    Repository.objects.filter(pk__in=ids).update(next_check_at=rests_until or now)
    if rests_until is not None:
        logger.info("%s is asked again after %s", forge.value, rests_until.isoformat())
        Repository.objects.filter(forge=forge.value, next_check_at__lt=rests_until).update(
            next_check_at=rests_until
        )


_WRITTEN = (
    *("state", "full_name", "is_archived", "pushed_at", "license", "stars", "etag"),
    *("seen_at", "asked_at", "next_check_at"),
)


@dataclass(frozen=True)
class _Step:
    """A repository as it is now, and what was known of it before."""

    repository: Repository
    was_archived: bool
    was_called: str  # "" where it was not renamed

    @property
    def is_archived_now(self) -> bool:
        return self.repository.is_archived and not self.was_archived

    @property
    def is_renamed_now(self) -> bool:
        return self.repository.is_renamed and self.repository.full_name != self.was_called


@transaction.atomic
def _write(answers: Sequence[_Answer]) -> int:
    """Write what forges said, in a constant number of queries; cases where something changed."""
    ids = [answer.repository.pk for answer in answers]
    held = Repository.objects.select_for_update(of=("self",)).select_related("link")
    repositories = held.order_by("pk").in_bulk(ids)
    steps = [
        _apply(repositories[answer.repository.pk], answer)
        for answer in answers
        if answer.repository.pk in repositories
    ]
    Repository.objects.bulk_update([step.repository for step in steps], _WRITTEN, batch_size=50)
    _open_archived([step.repository for step in steps if step.is_archived_now])
    _open_renamed([step.repository for step in steps if step.is_renamed_now])
    _resolve(
        REPO_ARCHIVED,
        [s.repository for s in steps if s.was_archived and not s.repository.is_archived],
        _("The repository is not archived any more."),
    )
    _resolve(
        REPO_RENAMED,
        [s.repository for s in steps if s.was_called and not s.repository.is_renamed],
        _("The repository has its old name again, or is gone."),
    )
    return len(steps)


def _apply(repository: Repository, answer: _Answer) -> _Step:
    """Set the fields of ``repository`` to what ``answer`` says; not saved yet."""
    step = _Step(
        repository,
        repository.is_archived,
        repository.full_name if repository.is_renamed else "",
    )
    repository.asked_at = answer.at
    wait = INTERVAL if answer.said is not None else AGAIN_AFTER
    repository.next_check_at = answer.at + jitter_wait(wait, repository.link.url, answer.at, JITTER)
    match answer.said:
        case Facts() as facts:
            repository.state = Repository.State.PRESENT
            repository.seen_at = answer.at
            repository.full_name, repository.is_archived = facts.full_name, facts.is_archived
            repository.pushed_at, repository.license = facts.pushed_at, facts.license
            repository.stars, repository.etag = facts.stars, facts.etag
        case Absence.UNCHANGED:
            repository.seen_at = answer.at
        case Absence.MISSING | Absence.WITHHELD as absence:
            is_missing = absence is Absence.MISSING
            states = Repository.State
            repository.state = states.MISSING if is_missing else states.WITHHELD
            repository.etag = ""
    return step


def _open_archived(repositories: Sequence[Repository]) -> None:
    _open(REPO_ARCHIVED, repositories, _("Its owner archived the repository: it is read-only."))


def _open_renamed(repositories: Sequence[Repository]) -> None:
    """Where the address itself was seen to lead elsewhere there is a case already."""
    known = Case.objects.open().filter(
        kind=MOVED_LINK,
        target_type=ObjectType.LINK,
        target_id__in=[repository.link_id for repository in repositories],
    )
    has_case = set(known.values_list("target_id", flat=True))
    new = [repository for repository in repositories if repository.link_id not in has_case]
    _open(REPO_RENAMED, new, _("The repository has another name today."))


def _open(kind: str, repositories: Sequence[Repository], reason: str) -> None:
    if not repositories:
        return
    open_cases(
        kind=kind,
        target_type=ObjectType.LINK,
        cases=[
            NewCase(
                target_id=repository.link_id,
                title=repository.link.url,
                reason=reason,
                evidence={"full_name": repository.full_name},
                priority=PRIORITY[kind],
            )
            for repository in repositories
        ],
    )


def _resolve(kind: str, repositories: Sequence[Repository], note: str) -> None:
    resolve_cases(
        target_type=ObjectType.LINK,
        target_ids=[repository.link_id for repository in repositories],
        note=note,
        kinds=[kind],
    )
