"""The public log of decisions."""

import pytest
from django.urls import reverse

from moderation.cases import decide
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
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(client.get(LOG).context["lines"]) == 50
