"""What the public log can be asked for by its address."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from moderation.cases import log_decision

pytestmark = pytest.mark.django_db

LOG = reverse("moderation:decision_list")


def log(actor, target_id: int, **details: object) -> None:
    log_decision(
        kind="block",
        target_type="page",
        target_id=target_id,
        title="x",
        action="block",
        actor=actor,
        details=details,
    )


def count(client, **filters: str) -> int:
    return len(client.get(LOG, filters).context["lines"])


def test_it_narrows_by_day_both_included(client, maria):
    for day in (1, 2, 3):
        with time_machine.travel(datetime(2026, 5, day, 12, tzinfo=UTC), tick=False):
            log(maria, day)
    assert count(client, since="2026-05-02") == 2
    assert count(client, until="2026-05-02") == 2
    assert count(client, since="2026-05-02", until="2026-05-02") == 1
    assert count(client, until="9999-12-31") == 3


def test_a_target_is_found_but_what_a_private_decision_is_about_by_moderators_only(client, maria):
    log(maria, 1)
    log(maria, 1, is_private=True)
    log(maria, 2)
    assert count(client, target="page:1") == 1
    client.force_login(maria)
    assert count(client, target="page:1") == 2


@pytest.mark.parametrize("wrong", [{"since": "soon"}, {"target": "page"}, {"target": "page:x"}])
def test_a_question_that_makes_no_sense_is_refused_and_kept(client, wrong):
    response = client.get(LOG, wrong)
    assert response.status_code == 400
    assert next(iter(wrong.values())) in response.content.decode()
    assert "errorlist" in response.content.decode()
