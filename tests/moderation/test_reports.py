"""Reports: anybody makes them, all about one object are one case, nobody else learns of them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.blocking import BlockTerms
from accounts.blocks import BlockedError
from accounts.limits import LimitReachedError
from accounts.rates import read_rates
from changes.models import Notification
from changes.recording import Authorship
from linkcheck.models import Link
from moderation.blocking import block
from moderation.cases import decide
from moderation.models import Case, Decision, Report
from moderation.presenting import present_cases
from moderation.reporting import About, parse_about, report
from moderation.reviewing import appoint_reviewer
from moderation.undoing import undo_decision
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.moderation.test_cases import run_in_threads
from wiki.editing import delete_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

REPORT = reverse("moderation:report_create")


@pytest.fixture
def page(erin, bob) -> Page:
    return edit(make_page(erin, body="Good.\n"), "Spam.\n", bob)


def about(page, revision=None) -> About:
    return About("page", page.pk, revision)


def tell(page, reporter, reason="spam", text="", revision=None) -> Report:
    return report(about=about(page, revision), reason=reason, text=text, reporter=reporter)


def settle(action: str, actor, reason="") -> Decision:
    case = Case.objects.get(kind="report")
    (card,) = present_cases([case], viewer=actor)
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        reason=reason,
        actor=actor,
        params=dict(card.view.initial),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("page:12", About("page", 12)),
        ("resource:3@7", About("resource", 3, 7)),
        ("user:5", About("user", 5)),
        ("user:5@1", None),
        ("link:5", None),
        ("page:", None),
        ("page:x", None),
        ("page:12@", None),
        ("page:12@x", None),
        ("page:²", None),
        ("page:" + "9" * 30, None),
        ("", None),
    ],
)
def test_what_is_reported_is_named_in_the_address(text, expected):
    assert parse_about(text) == expected
    assert expected is None or str(expected) == text


def test_several_reports_are_one_case_that_rises(page, alice, maria):
    tell(page, alice)
    case = Case.objects.get()
    assert (case.kind, case.title, case.priority) == ("report", "Tasks", 15)
    assert case.reason == "spam or advertising (1)"
    tell(page, maria, reason="vandalism", text="Look at the first line.")
    case.refresh_from_db()
    assert case.priority == 26
    assert case.reason == "spam or advertising (1), vandalism (1)"
    assert Report.objects.count() == 2


def test_who_reports_twice_brings_the_first_up_to_date(page, alice):
    tell(page, alice, text="First.")
    tell(page, alice, reason="vandalism", text="Second.")
    one = Report.objects.get()
    assert (one.reason, one.text) == ("vandalism", "First.\n\nSecond.")
    assert Case.objects.get().priority == 20


def test_a_case_is_opened_again_by_the_next_report(page, alice, bob, maria):
    tell(page, alice)
    settle("dismiss", maria)
    tell(page, alice, text="Still there.")
    case = Case.objects.get()
    assert (case.is_open, case.times_opened) == (True, 2)
    assert Report.objects.open().count() == 1


def test_what_readers_do_not_see_cannot_be_reported(page, alice, maria):
    for wrong in (About("page", 10**9), about(page, 99), About("user", 10**9)):
        with pytest.raises(ValidationError):
            report(about=wrong, reason="spam", text="", reporter=alice)
    delete_page(page_id=page.pk, reason="x", by=Authorship(actor=maria))
    with pytest.raises(ValidationError):
        tell(page, alice)


@pytest.mark.parametrize(
    ("reason", "text", "field"),
    [
        ("", "", "reason"),
        ("nonsense", "", "reason"),
        ("other", " ", "text"),
        ("spam", "x" * 2001, "text"),
    ],
)
def test_a_reason_is_needed_and_of_another_one_words(page, alice, reason, text, field):
    with pytest.raises(ValidationError) as caught:
        tell(page, alice, reason=reason, text=text)
    assert list(caught.value.message_dict) == [field]
    assert not Case.objects.exists()


def test_who_is_blocked_and_who_reports_too_much_is_refused(page, alice, maria, bob, settings):
    block(target=bob, terms=BlockTerms(reason="Spam."), by=maria)
    with pytest.raises(BlockedError):
        tell(page, bob)
    settings.RATE_LIMITS = read_rates(["report.user=1/1h", "report.newcomer=1/1h"])
    tell(page, alice)
    with pytest.raises(LimitReachedError):
        tell(page, alice)


def test_the_form_asks_and_says_thanks(client, page, alice):
    client.force_login(alice)
    text = client.get("/wiki/tasks/").content.decode()
    address = f"{REPORT}?about=page:{page.pk}"
    assert address in text
    form = client.get(address).content.decode()
    assert "Good" not in form
    assert 'name="website"' not in form
    response = client.post(address, {"reason": "other", "text": ""})
    assert response.status_code == 422
    assert "Say what is wrong." in response.content.decode()
    response = client.post(address, {"reason": "spam", "text": "Ads."}, follow=True)
    assert response.redirect_chain == [("/wiki/tasks/", 302)]
    assert "you hear what becomes of it" in response.content.decode()
    assert Report.objects.get().reporter == alice


def test_every_kind_of_thing_has_its_flag(client, page, alice, erin, bob):
    section = make_section(erin)
    entry = make_resource(alice, section)
    for url, name in (
        (entry.get_absolute_url(), f"resource:{entry.pk}"),
        (section.get_absolute_url(), f"section:{section.pk}"),
        ("/wiki/tasks/revisions/2/", f"page:{page.pk}@2"),
        ("/wiki/tasks/compare/", f"page:{page.pk}@2"),
        (bob.get_absolute_url(), f"user:{bob.pk}"),
    ):
        assert f"{REPORT}?about={name}" in client.get(url).content.decode(), url
        assert client.get(REPORT, {"about": name}).status_code == 200


def test_anybody_reports_where_the_operator_lets_them_and_programs_are_trapped(
    client, page, settings
):
    address = f"{REPORT}?about=page:{page.pk}"
    assert 'name="website"' in client.get(address).content.decode()
    response = client.post(address, {"reason": "spam", "website": "x"})
    assert response.status_code == 422
    assert not Report.objects.exists()
    settings.FORM_TRAP_SECONDS = 0
    stamp = client.get(address).context["form"]["opened"].value()
    response = client.post(address, {"reason": "spam", "website": "", "opened": stamp})
    assert response.status_code == 302
    one = Report.objects.get()
    assert one.reporter is None
    assert Case.objects.get().priority == 11
    settings.REPORTS_FROM_ANYONE = False
    assert client.get(address).status_code == 403


def test_the_moderator_sees_who_why_and_the_difference(client, page, alice, maria):
    tell(page, alice, text="Ads in <b>it</b>.", revision=2)
    client.force_login(maria)
    text = client.get("/review/").content.decode()
    assert '<span class="health suspect">report</span>' in text
    assert "Ads in &lt;b&gt;it&lt;/b&gt;." in text
    assert "no earlier reports" in text
    assert "<del>Good</del>" in text
    assert "/blocks/new/?user=bob" in text
    assert "/wiki/tasks/edit/" in text


def test_done_is_told_to_all_who_reported_and_to_nobody_else(page, alice, erin, bob, maria):
    tell(page, alice)
    tell(page, erin, revision=2)
    decision = settle("done", maria, reason="Removed.")
    assert decision.is_accepted is True
    told = Notification.objects.filter(kind="report_decided")
    assert {one.recipient for one in told} == {alice, erin}
    assert told[0].params == {"state": "accepted", "reason": "Removed."}
    assert not Notification.objects.filter(recipient=bob).exists()
    assert {one.state for one in Report.objects.all()} == {"accepted"}


def test_the_reported_revision_is_taken_back_and_brought_back(page, alice, erin, maria, mika):
    rest = "\n\nOne.\n\nTwo.\n\nThree.\n"
    page = edit(edit(page, f"Good.{rest}", erin), f"Spam.{rest}", erin)
    edit(page, f"Spam.{rest}\nMore by erin.\n", erin)
    tell(page, alice, revision=4)
    decision = settle("revert", maria)
    page.refresh_from_db()
    assert page.body == f"Good.{rest}\nMore by erin.\n"
    assert Report.objects.get().state == "accepted"
    undo_decision(decision_id=decision.pk, actor=mika)
    page.refresh_from_db()
    assert page.body == f"Spam.{rest}\nMore by erin.\n"
    assert Report.objects.get().state == "open"
    assert Case.objects.get().is_open
    settle("dismiss", maria)


def test_abuse_counts_against_who_reported_and_less_when_undone(page, alice, erin, maria):
    tell(page, alice)
    decision = settle("abuse", maria)
    assert decision.is_accepted is False
    other = make_page(erin, "Other")
    tell(other, alice)
    assert Case.objects.get(target_id=other.pk).priority == 10
    undo_decision(decision_id=decision.pk, actor=maria)
    tell(other, alice, text="Again.")
    assert Case.objects.get(target_id=other.pk).priority == 15


def test_a_report_that_was_not_seen_is_not_decided(page, alice, erin, maria):
    tell(page, alice)
    case = Case.objects.get()
    (card,) = present_cases([case], viewer=maria)
    tell(page, erin)
    with pytest.raises(ValidationError, match="Another report came"):
        decide(
            case_id=case.pk,
            version=case.version,
            action="dismiss",
            reason="",
            actor=maria,
            params=dict(card.view.initial),
        )
    assert Report.objects.open().count() == 2


def test_who_is_reported_never_learns_by_whom(client, alice, erin, maria, mika):
    make_page(maria)
    report(about=About("user", maria.pk), reason="harassment", text="Rude.", reporter=alice)
    case = Case.objects.get()
    client.force_login(maria)
    for url in ("/review/", case.get_absolute_url(), f"/review/bulk/?case={case.pk}"):
        text = client.get(url).content.decode()
        assert "alice" not in text, url
        assert "Rude." not in text, url
    with pytest.raises(PermissionDenied):
        settle("dismiss", maria)
    data = {"version": case.version, "action": "dismiss"}
    assert client.post(f"/review/{case.pk}/decide/", data).status_code == 403
    decision = settle("done", mika)
    undo_decision(decision_id=decision.pk, actor=mika)
    client.force_login(mika)
    assert "Rude." in client.get("/review/").content.decode()


def test_the_log_tells_nothing_of_personal_data(client, page, alice, maria):
    tell(page, alice, reason="personal_data", text="A phone number.", revision=2)
    decision = settle("revert", maria, reason="Alice's number.")
    assert page.history.first().history_change_reason == "Taken back after a report"
    text = client.get("/log/").content.decode()
    assert "something that is not public" in text
    for word in ("Tasks", "number", "alice"):
        assert word not in text.partition("<main")[2], word
    assert "number" not in str(Notification.objects.get(kind="report_decided").params)
    undo_decision(decision_id=decision.pk, actor=maria)
    assert "Tasks" not in client.get("/log/").content.decode().partition("<main")[2]
    client.force_login(maria)
    assert "Tasks" in client.get("/log/").content.decode()


def test_others_see_no_report(client, page, alice, erin):
    tell(page, alice, text="Very secret.")
    case = Case.objects.get()
    for user in (None, erin):
        if user:
            client.force_login(user)
        for url in ("/review/", case.get_absolute_url(), "/wiki/tasks/", "/log/", "/changes/"):
            assert "Very secret" not in client.get(url).content.decode()
        assert client.get(case.get_absolute_url()).status_code == 403


def test_a_broken_link_is_looked_at_first(alice, bob, erin, maria):
    entry = make_resource(alice, make_section(erin))
    Link.objects.update(is_urgent=False, next_check_at=None)
    what = About("resource", entry.pk)
    report(about=what, reason="broken_link", text="", reporter=bob)
    link = Link.objects.get(pk=entry.link_id)
    assert link.is_urgent
    assert link.next_check_at <= timezone.now()
    case = Case.objects.get(kind="report")
    assert case.is_snoozed
    assert not Case.objects.waiting().filter(kind="report").exists()
    report(about=what, reason="broken_link", text="", reporter=alice)
    assert Case.objects.get(kind="report").is_snoozed
    report(about=what, reason="spam", text="", reporter=erin)
    assert not Case.objects.get(kind="report").is_snoozed


def test_the_link_that_the_words_name_is_looked_at(alice, bob):
    page = make_page(alice, body="[a](https://a.example/) [b](https://b.example/x)\n")
    Link.objects.update(is_urgent=False)
    tell(page, bob, reason="broken_link", text="https://b.example/x is gone")
    assert list(Link.objects.filter(is_urgent=True).values_list("url", flat=True)) == [
        "https://b.example/x"
    ]


def test_the_queue_costs_the_same_however_many_reports(client, erin, bob, maria, settings):
    settings.RATE_LIMITS = read_rates(["off"])
    people = [make_user(f"reader-{n}") for n in range(4)]
    client.force_login(maria)
    costs = []
    for count in (2, 10):
        for number in range(count):
            page = edit(make_page(erin, f"Page {count} {number}"), "New.\n", bob)
            for reader in people:
                tell(page, reader, revision=2)
        client.get("/review/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/review/?kind=report")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_reviewers_of_a_section_see_what_is_reported_in_it_but_for_personal_data(
    client, alice, bob, erin, maria
):
    section = make_section(erin)
    entry = make_resource(alice, section)
    appoint_reviewer(section_id=section.pk, reviewer=alice, reason="Knows it.", by=maria)
    of_entry = About("resource", entry.pk)
    report(about=of_entry, reason="spam", text="An advert.", reporter=bob)
    tell(make_page(erin, "Elsewhere"), bob, text="Not hers.")
    assert Case.objects.get(target_type="resource").section_id == section.pk
    client.force_login(alice)
    text = client.get("/review/").content.decode()
    assert "An advert." in text and "Not hers." not in text
    assert "/retire/" in text and "/mass-revert/" not in text
    report(about=of_entry, reason="personal_data", text="A number.", reporter=erin)
    assert Case.objects.get(target_type="resource").section_id is None
    assert "An advert." not in client.get("/review/").content.decode()
    Report.objects.update(state=Report.State.ACCEPTED)
    report(about=of_entry, reason="spam", text="Again.", reporter=bob)
    assert Case.objects.get(target_type="resource").section_id is None


@pytest.mark.django_db(transaction=True)
def test_reports_that_race_are_one_case_with_all_of_them(page):
    people = [make_user(f"reader-{n}") for n in range(4)]
    assert run_in_threads([lambda one=one: tell(page, one) for one in people]) == []
    case = Case.objects.get(kind="report")
    assert Report.objects.open().count() == 4
    assert case.priority == 27
