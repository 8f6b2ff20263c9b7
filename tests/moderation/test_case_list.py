"""The review queue in the browser."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from linkcheck.models import Link
from linkcheck.uses import FoundLink, sync_uses
from moderation.arranging import assign_case, set_priority, snooze_case
from moderation.cases import decide, open_case, resolve_cases
from moderation.claiming import claim_case
from moderation.models import Case
from moderation.notes import add_note
from moderation.views import CASES_PER_PAGE
from tests.linkcheck.factories import make_resource

pytestmark = pytest.mark.django_db

QUEUE = reverse("moderation:case_list")
OLD, NEW = "https://old.example/guide", "https://new.example/guide"


def open_dead(number: int = 1, kind: str = "dead_link") -> Case:
    url = f"https://gone{number}.example/"
    link = sync_uses("page", number, [FoundLink("body", url)])[url]
    Link.objects.filter(pk=link.pk).update(mark="dead", verdict="dead", reason="not_found")
    return open_case(kind=kind, target_type="link", target_id=link.pk, title=url, reason="404")


@pytest.fixture
def dead(alice) -> Case:
    """A dead link that is the address of an entry."""
    resource = make_resource(alice, OLD, "The guide")
    Link.objects.update(mark="dead", verdict="dead", reason="not_found")
    return open_case(
        kind="dead_link",
        target_type="link",
        target_id=resource.link_id,
        title=OLD,
        reason="404",
    )


def decide_url(case: Case) -> str:
    return reverse("moderation:case_decide", args=[case.pk])


def test_only_moderators_see_the_queue(client, alice, dead):
    for url in (QUEUE, dead.get_absolute_url()):
        assert client.get(url).status_code == 403
    client.force_login(alice)
    for url in (QUEUE, dead.get_absolute_url()):
        assert client.get(url).status_code == 403
    assert client.post(decide_url(dead), {"version": 1}).status_code == 403


def test_a_case_shows_its_uses_and_what_can_be_decided(client, maria, dead):
    client.force_login(maria)
    html = client.get(QUEUE).content.decode()
    for words in (
        "The guide",
        "old.example/guide",
        "Replace everywhere",
        "Works for me",
        'name="new_url"',
    ):
        assert words in html
    assert client.get(dead.get_absolute_url()).status_code == 200


def test_an_empty_queue_says_so(client, maria):
    client.force_login(maria)
    assert "Nothing waits for you" in client.get(QUEUE).content.decode()


def test_tabs_count_and_narrow(client, maria):
    open_dead(1)
    open_dead(2)
    open_dead(3, kind="moved_link")
    client.force_login(maria)
    response = client.get(QUEUE, {"kind": "moved_link"})
    assert [card.case.kind for card in response.context["cards"]] == ["moved_link"]
    assert {tab.kind: tab.count for tab in response.context["tabs"]} == {
        "dead_link": 2,
        "moved_link": 1,
    }
    assert response.context["review_count"] == 3


def test_the_queue_takes_as_many_queries_for_sixty_cases_as_for_three(
    client, maria, django_assert_max_num_queries
):
    client.force_login(maria)
    for number in range(3):
        open_dead(number)
    with django_assert_max_num_queries(17) as few:
        client.get(QUEUE)
    for number in range(3, 60):
        open_dead(number)
    with django_assert_max_num_queries(len(few.captured_queries)):
        response = client.get(QUEUE)
    assert len(response.context["cards"]) == CASES_PER_PAGE
    assert client.get(QUEUE, {"page": 3}).context["page"].number == 3


def read_forms(html: str, case: Case) -> str:
    """What can be done with a case, as it stands on a page; without what is the page's own."""
    start = html.index(f'id="decide-{case.pk}"')
    forms = html[start : html.index("</li>", start)]
    return re.sub(r'(name="(?:csrfmiddlewaretoken|next)" value=")[^"]+', r"\1", forms)


def test_each_card_is_drawn_as_on_a_page_of_its_own(client, maria, mika):
    cases = [open_dead(number) for number in range(6)] + [open_dead(9, kind="moved_link")]
    plain, mine, theirs, assigned, urgent, woken, other = cases
    claim_case(case_id=mine.pk, actor=maria)
    claim_case(case_id=theirs.pk, actor=mika)
    assign_case(case_id=assigned.pk, assignee=mika, actor=maria)
    set_priority(case_id=urgent.pk, priority=50, text="now", actor=maria)
    Case.objects.filter(pk=woken.pk).update(version=4)
    Link.objects.filter(pk=plain.target_id).update(archive_url="https://archive.example/")
    Link.objects.filter(pk=other.target_id).update(moved_to=NEW)
    client.force_login(maria)
    html = client.get(QUEUE).content.decode()
    for case in cases:
        alone = client.get(case.get_absolute_url()).content.decode()
        assert read_forms(html, case) == read_forms(alone, case)
    snoozed = [open_dead(11), open_dead(12, kind="moved_link")]
    for case in snoozed:
        snooze_case(case_id=case.pk, until=timezone.now() + timedelta(days=2), actor=maria)
    html = client.get(QUEUE, {"state": "snoozed"}).content.decode()
    assert html.count("Bring it back now") == 2
    for case in snoozed:
        alone = client.get(case.get_absolute_url()).content.decode()
        assert read_forms(html, case) == read_forms(alone, case)


def test_notes_by_many_people_take_as_many_queries_as_one(
    client, maria, mika, root, django_assert_max_num_queries
):
    cases = [open_dead(number) for number in range(3)]
    add_note(case_id=cases[0].pk, text="hm", actor=mika)
    client.force_login(maria)
    with django_assert_max_num_queries(20) as few:
        client.get(QUEUE)
    for case, author in product(cases, (mika, root, maria)):
        add_note(case_id=case.pk, text="hm", actor=author)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(QUEUE)


def test_a_replacement_is_made_logged_and_said(client, maria, dead):
    client.force_login(maria)
    data = {"version": 1, "action": "replace", "new_url": NEW, "reason": "moved", "next": QUEUE}
    response = client.post(decide_url(dead), data, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]
    html = response.content.decode()
    assert f"Replaced by {NEW} in 1 place" in html
    assert Link.objects.get(url=NEW).is_used
    log = client.get(reverse("moderation:decision_list")).content.decode()
    assert "moved" in log
    assert "maria" in log


def test_what_was_typed_stays_when_it_cannot_be_done(client, maria, alice, dead):
    make_resource(alice, NEW, "The other guide")
    client.force_login(maria)
    data = {"version": 1, "action": "replace", "new_url": NEW, "reason": "because"}
    html = client.post(decide_url(dead), data).content.decode()
    assert "The other guide" in html
    assert f'value="{NEW}"' in html
    assert 'value="because"' in html
    assert Case.objects.get(pk=dead.pk).is_open


def test_nonsense_in_the_form_is_explained(client, maria, dead):
    client.force_login(maria)
    for data in (
        {"version": 1, "action": "works_for_me", "days": "many"},
        {"version": 1},
        {"version": "x", "action": "dismiss"},
        {"version": 1, "action": "retire", "reason": "x" * 2001},
    ):
        response = client.post(decide_url(dead), data)
        assert response.status_code == 200
        assert "error-summary" in response.content.decode()
    assert Case.objects.get(pk=dead.pk).is_open


def test_a_moderator_who_comes_second_is_told_who_was_first(client, maria, mika, dead):
    decide(case_id=dead.pk, version=1, action="dismiss", reason="", actor=mika)
    client.force_login(maria)
    response = client.post(decide_url(dead), {"version": 1, "action": "retire", "reason": "mine"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "mika decided this case before you (Dismiss)" in html


def test_a_case_that_closed_by_itself_says_why(client, maria, dead):
    resolve_cases(target_type="link", target_ids=[dead.target_id], note="The link answers again.")
    client.force_login(maria)
    response = client.post(decide_url(dead), {"version": 1, "action": "dismiss"})
    assert response.status_code == 409
    assert "The link answers again." in response.content.decode()


def test_deciding_is_only_by_post_and_leads_only_into_the_queue(client, maria, dead):
    client.force_login(maria)
    assert client.get(decide_url(dead)).status_code == 405
    data = {"version": 1, "action": "dismiss", "next": "https://evil.example/"}
    assert client.post(decide_url(dead), data).url == QUEUE


def test_unknown_cases_are_not_found(client, maria):
    client.force_login(maria)
    assert client.get(reverse("moderation:case_detail", args=[99])).status_code == 404
    assert client.post(reverse("moderation:case_decide", args=[99])).status_code == 404


def test_a_case_of_a_kind_that_is_gone_is_still_shown(client, maria):
    case = open_case(kind="old_kind", target_type="link", target_id=9, title="x", reason="y")
    client.force_login(maria)
    assert "is not installed" in client.get(QUEUE).content.decode()
    assert client.get(case.get_absolute_url()).status_code == 200


def test_the_header_counts_open_cases_for_moderators_alone(client, maria, alice, dead):
    log = reverse("moderation:decision_list")
    client.force_login(alice)
    assert "open cases" not in client.get(log).content.decode()
    client.force_login(maria)
    assert "open cases" in client.get(log).content.decode()


def test_a_page_tells_a_moderator_how_much_waits_in_few_queries(
    client, maria, dead, django_assert_max_num_queries
):
    client.force_login(maria)
    # Session (where no cache has it), account, its rights, its groups', what waits, what is unread.
    with django_assert_max_num_queries(6):
        html = client.get(reverse("search:search_help")).content.decode()
    assert '<span class="count">1<' in html
