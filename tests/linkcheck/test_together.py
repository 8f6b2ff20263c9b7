"""Editors, checkers and moderators at the same links at the same time: nobody waits in a circle."""

import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from changes.editing import EditConflictError
from changes.recording import Authorship, NothingChangedError, StaleVersionError
from linkcheck.claiming import claim_due
from linkcheck.configuration import probe_settings_from_django
from linkcheck.models import Check, Host, Link, LinkUse
from linkcheck.running import check_claimed
from linkcheck.uses import close_cases_of_unused
from moderation.cases import StaleCaseError, decide, open_case
from moderation.models import Case
from tests.linkcheck.playground import Answer, Playground
from wiki.editing import create_page, edit_page
from wiki.models import Page

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12
FINE = (EditConflictError, NothingChangedError, StaleVersionError, StaleCaseError)


def run_all(jobs: list[Callable[[], None]]) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    return failures


def edit(pages: list[Page], urls: list[str], actor: User, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        page = Page.objects.get(pk=rng.choice(pages).pk)
        body = "\n\n".join(rng.sample(urls, rng.randint(1, len(urls))))
        with contextlib.suppress(*FINE):
            edit_page(
                page_id=page.pk,
                base_version=page.version,
                values={"body": body},
                by=Authorship(actor=actor),
            )


def check(web: Playground, seed: int) -> None:
    rng = random.Random(seed)
    settings = replace(probe_settings_from_django(), retry_delays_s=())
    for _ in range(ROUNDS):
        web.answers[f"/{rng.randrange(8)}"] = Answer(rng.choice([200, 410]))
        claim = claim_due(limit=rng.randint(1, 8), not_since=timezone.now())
        check_claimed(claim, probe_settings=settings)


def moderate(actor: User) -> None:
    for number in range(ROUNDS):
        link = Link.objects.used().order_by("?").first()
        case = open_case(
            kind="dead_link", target_type="link", target_id=link.pk, title=link.url, reason=""
        )
        with contextlib.suppress(*FINE, ValidationError):
            decide(
                case_id=case.pk,
                version=case.version,
                action=("dismiss", "works_for_me", "replace")[number % 3],
                reason="",
                actor=actor,
                params={"new_url": f"https://new.example/{number % 5}"},
            )


def test_edits_checks_and_decisions_at_once_leave_everything_true(web, alice, bob, maria):
    urls = [web.url(f"/{n}", host=n % 4) for n in range(8)]
    values = {"body": "\n\n".join(urls)}
    pages = [
        create_page(values={"title": f"Page {n}", **values}, by=Authorship(actor=alice))
        for n in range(3)
    ]
    failures = run_all(
        [
            lambda: edit(pages, urls, alice, 1),
            lambda: edit(pages, urls, bob, 2),
            lambda: check(web, 3),
            lambda: check(web, 4),
            lambda: moderate(maria),
        ]
    )
    assert failures == []
    close_cases_of_unused()
    used = Exists(LinkUse.objects.filter(link=OuterRef("pk")))
    assert not Link.objects.filter(used, is_used=False).exists()
    assert not Link.objects.filter(~used, is_used=True).exists()
    assert not Link.objects.filter(leased_until__isnull=False).exists()
    assert not Host.objects.filter(leased_until__isnull=False).exists()
    assert Check.objects.exists()
    unused = Link.objects.filter(is_used=False).values("pk")
    assert not Case.objects.open().filter(target_id__in=unused).exists()
