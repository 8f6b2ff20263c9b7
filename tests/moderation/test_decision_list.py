"""The public log of decisions."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from moderation.cases import decide, log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.models import Decision
from tests.moderation.test_case_list import open_dead

pytestmark = pytest.mark.django_db

LOG = reverse("moderation:decision_list")


def dismiss(number: int, actor, reason: str = "") -> None:
    case = open_dead(number)
    decide(case_id=case.pk, version=1, action="dismiss", reason=reason, actor=actor)


def test_everyone_can_read_it(client, maria):
    dismiss(1, maria, "<b>known</b>")
    html = client.get(LOG).content.decode()
    assert "Dismissed: nothing was changed." in html
    assert "&lt;b&gt;known&lt;/b&gt;" in html
    assert "gone1.example" in html


def test_it_narrows_by_kind_action_and_moderator(client, maria, mika):
    dismiss(1, maria)
    dismiss(2, mika)
    assert len(client.get(LOG).context["lines"]) == 2
    assert len(client.get(LOG, {"moderator": "Mika"}).context["lines"]) == 1
    assert len(client.get(LOG, {"kind": "moved_link"}).context["lines"]) == 0
    assert len(client.get(LOG, {"action": "dismiss"}).context["lines"]) == 2
    assert "Show all" in client.get(LOG, {"action": "replace"}).content.decode()


def test_it_takes_as_many_queries_for_many_as_for_few(client, maria, django_assert_max_num_queries):
    dismiss(1, maria)
    with django_assert_max_num_queries(8) as few:
        client.get(LOG)
    for number in range(2, 60):
        dismiss(number, maria)
    with django_assert_max_num_queries(len(few.captured_queries) + 1):  # how many there are
        assert len(client.get(LOG).context["lines"]) == 50


def test_what_is_decided_outside_the_queue_needs_no_case(client, maria, alice):
    decision = log_decision(
        kind="sabbatical",
        target_type="user",
        target_id=alice.pk,
        title="alice",
        action="send",
        actor=maria,
        reason="Sun.",
    )
    assert decision.case is None
    html = client.get(LOG).content.decode()
    assert "sabbatical" in html and "Sun." in html
    assert f'href="{alice.get_absolute_url()}"' in html


def test_a_kind_of_its_own_says_in_words_what_was_decided(client, maria, monkeypatch):
    monkeypatch.setattr("moderation.log_kinds._kinds", {})
    register_log_kind(
        LogKind(
            kind="sabbatical",
            label="sabbatical leave",
            actions={"send": "Sent away"},
            describe=lambda decision: f"For {decision.details['days']} days.",
        )
    )
    log_decision(
        kind="sabbatical",
        target_type="",
        target_id=None,
        title="alice",
        action="send",
        actor=maria,
        details={"days": 3},
    )
    html = client.get(LOG).content.decode()
    assert "Sent away" in html and "sabbatical leave" in html and "For 3 days." in html


def test_nobody_writes_into_it_without_the_permission_of_the_operation(alice):
    fields = {"kind": "x", "target_type": "", "target_id": None, "title": "x", "action": "x"}
    with pytest.raises(PermissionDenied):
        log_decision(**fields, actor=alice)
    log_decision(**fields, actor=alice, permission="wiki.add_page")
    assert Decision.objects.get().actor == alice


def test_a_decision_knows_how_long_its_case_waited_and_whether_it_was_granted(maria):
    case = open_dead(1)
    with time_machine.travel(case.opened_at + timedelta(hours=2), tick=False):
        dismissed = decide(case_id=case.pk, version=1, action="dismiss", reason="", actor=maria)
    assert (dismissed.waited_s, dismissed.is_accepted) == (7200, False)
    assert (dismissed.target_type, dismissed.target_id) == (case.target_type, case.target_id)
