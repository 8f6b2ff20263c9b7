"""The digest of the queue for those who decide it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail as outbox

from accounts.models import User
from changes.mail_models import Mail, Preferences
from changes.notification_models import Rhythm
from changes.tasks import send_mails
from moderation.cases import decide, open_case
from moderation.digest import plan_digests
from moderation.models import Case
from tests.threads import run_at_once

MORNING = datetime(2026, 11, 25, 8, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(maria: User) -> User:
    return subscribe(maria)


def subscribe(user: User, rhythm: str = Rhythm.DAILY) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    covered = MORNING - timedelta(days=1)
    Preferences.objects.create(user=user, review_rhythm=rhythm, review_covered_at=covered)
    return user


def open_dead_link(number: int, title: str) -> Case:
    case = {"kind": "dead_link", "target_type": "link", "target_id": number, "title": title}
    return open_case(**case, reason="A reason that nobody mails.")


def send() -> None:
    plan_digests()
    send_mails()


def test_it_counts_what_waits_and_tells_what_was_decided_and_leads_into_the_queue(
    reader, mika, settings
):
    with time_machine.travel(MORNING - timedelta(hours=2), tick=False):
        first, second = open_dead_link(1, "https://one/"), open_dead_link(2, "https://two/")
        decide(case_id=second.pk, version=1, action="dismiss", reason="Known.", actor=mika)
    with time_machine.travel(MORNING, tick=False):
        send()
        send()
    [sent] = outbox.outbox
    assert sent.to == ["maria@example.org"]
    assert "1 case waits for review" in sent.subject
    assert f"{settings.SITE_URL}/review/?kind=dead_link" in sent.body
    assert f"{settings.SITE_URL}{first.get_absolute_url()}" in sent.body
    assert "https://two/" in sent.body and "mika" in sent.body
    assert "nobody mails" not in sent.body + sent.alternatives[0][0]


def test_nothing_is_sent_where_nothing_waits_and_nothing_was_decided(reader):
    with time_machine.travel(MORNING, tick=False):
        send()
    assert outbox.outbox == []
    assert Mail.objects.get().state == "dropped"


def test_who_decides_no_cases_any_more_gets_none(reader):
    with time_machine.travel(MORNING, tick=False):
        open_dead_link(1, "https://one/")
        reader.groups.clear()
        send()
    assert outbox.outbox == []


def test_the_weekly_one_comes_on_monday(mika):
    subscribe(mika, Rhythm.WEEKLY)
    with time_machine.travel(MORNING, tick=False) as clock:  # a Wednesday
        open_dead_link(1, "https://one/")
        send()
        assert outbox.outbox == []
        clock.shift(timedelta(days=5))
        send()
    assert len(outbox.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_planners_at_once_plan_one(mika):
    subscribe(mika)
    run_at_once(lambda _number: plan_digests(), people=6)
    assert Mail.objects.count() == 1
