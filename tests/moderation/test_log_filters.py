"""What the public log can be asked for by its address."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from moderation import log_filters, log_views
from moderation.hiding import hide_parts
from moderation.log import log_decision
from moderation.log_filters import PAGE_SIZE
from moderation.models import Decision
from tests.changes.content import edit, make_page

pytestmark = pytest.mark.django_db

LOG = reverse("moderation:decision_list")
FEED = reverse("moderation:decision_feed", args=["atom"])


def log(
    actor, target_id: int, *, title: str = "x", reason: str = "", **details: object
) -> Decision:
    return log_decision(
        kind="block",
        target_type="page",
        target_id=target_id,
        title=title,
        action="block",
        actor=actor,
        reason=reason,
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


@pytest.mark.parametrize(
    "wrong",
    [{"since": "soon"}, {"target": "page"}, {"target": "page:x"}, {"moderator": "nobody-known"}],
)
def test_a_question_that_makes_no_sense_is_refused_and_kept(client, wrong):
    response = client.get(LOG, wrong)
    assert response.status_code == 400
    assert next(iter(wrong.values())) in response.content.decode()
    assert "error-summary" in response.content.decode()
    feed = client.get(FEED, wrong)
    assert (feed.status_code, feed.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_words_are_found_in_the_reason_the_title_and_the_name(client, maria, mika):
    log(maria, 1, title="Ray tracing", reason="Nobody keeps it.")
    log(mika, 2, title="Soap", reason="Ray of hope")
    assert count(client, words="ray") == 2
    assert count(client, words="RAY mika") == 1
    assert count(client, words="ray nothing") == 0
    assert count(client, words="keeps", kind="block", target="page:1") == 1
    assert "No decision matches" in client.get(LOG, {"words": "nothing"}).content.decode()


def test_words_find_nothing_that_is_private_or_hidden(client, alice, maria):
    log(maria, 1, title="Street 5", reason="Lives in street 5", is_private=True)
    page = make_page(alice, "Plans")
    log(maria, page.pk, title="Street 7", reason="A name stood there")
    assert count(client, words="street") == 1
    edit(page, "Else.\n", alice)
    hide_parts(**about(page), parts=["text"], reason="Private.", by=maria)
    assert count(client, words="street") == 0
    assert count(client, words="name stood") == 1
    client.force_login(maria)
    assert count(client, words="street") == 1  # the private one, and not what is hidden


def about(page) -> dict[str, object]:
    return {"object_type": "page", "object_id": page.pk, "first": 1, "last": 1}


def test_of_a_long_log_words_are_looked_for_a_part_at_a_time(client, maria, monkeypatch):
    monkeypatch.setattr(log_filters, "SEARCHED", 2)
    log(maria, 1, title="Needle")
    for number in range(2, 5):
        log(maria, number)
    html = client.get(LOG, {"words": "needle"}).content.decode()
    assert "Not found yet" in html
    (address,) = re.findall(r'href="(\?[^"]*before=\d+)"', html)
    found = client.get(f"{LOG}{address.replace('&amp;', '&')}")
    assert [line.title for line in found.context["lines"]] == ["Needle"]


def test_older_decisions_follow_page_by_page(client, maria):
    first, *_others = [log(maria, number) for number in range(PAGE_SIZE + 2)]
    page = client.get(LOG)
    assert "52 decisions" in page.content.decode()
    number = page.context["page"].next_before
    rest = client.get(LOG, {"before": number})
    assert [line.decision for line in rest.context["lines"]][-1] == first
    assert len(rest.context["lines"]) == 2


def test_more_than_so_many_are_not_counted(client, maria, monkeypatch):
    monkeypatch.setattr(log_views, "COUNTED", 50)
    monkeypatch.setattr(log_filters, "COUNTED", 50)
    for number in range(PAGE_SIZE + 1):
        log(maria, number)
    assert "More than 50 decisions" in client.get(LOG).content.decode()
