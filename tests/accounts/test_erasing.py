"""An account that is erased leaves no name and no address behind, and everything that it wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.blocking import BlockTerms
from accounts.erasing import erase_user, export_data, find_labels
from accounts.models import User
from accounts.roles import CONTRIBUTORS, MODERATORS
from accounts.traps import make_stamp
from changes.hiding_models import HiddenRevision
from changes.models import Change
from changes.people import USER
from changes.recording import Authorship
from changes.rolling_back import roll_back
from linkcheck.confirming import confirm_link
from linkcheck.models import Link, Mark
from linkcheck.verdicts import Verdict
from moderation.arranging import assign_case
from moderation.blocking import block, lift_block
from moderation.cases import decide, open_case
from moderation.edit_cases import sweep_edit_cases
from moderation.hiding import hide_parts
from moderation.models import Case, Decision, Note, Proposal
from moderation.notes import add_note
from moderation.proposal_deciding import Amendment
from moderation.proposing import Draft, Proposer, propose_edit
from moderation.reporting import About, report
from moderation.reviewing import appoint_reviewer
from moderation.standing import set_standing
from tests.addresses import make_site
from tests.cast import make_user
from tests.changes.content import edit, make_page, make_resource, make_section
from wiki.editing import revert_page
from wiki.models import Page

pytestmark = pytest.mark.django_db

NAME, EMAIL, PASSWORD = "zaphod.b", "trillian@heart-of-gold.example", "long-enough-pw-7"


@pytest.fixture
def zaphod(db: None) -> User:
    user = make_user(NAME, CONTRIBUTORS)
    user.email, user.about = EMAIL, f"I am {NAME}."
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


def decide_proposal(proposal: Proposal, action: str, actor: User, **params: Any) -> Decision:
    case = Case.objects.get(pk=proposal.case_id)
    params = {"proposal": proposal.pk, **params}
    return decide(
        case_id=case.pk,
        version=case.version,
        action=action,
        actor=actor,
        reason="Because.",
        params=params,
    )


def propose(page: Page, author: User, body: str) -> Proposal:
    page.refresh_from_db()
    draft = Draft(values={"body": body}, base_version=page.version)
    return propose_edit(
        object_type="page", object_id=page.pk, draft=draft, by=Proposer(user=author)
    )


def write_and_be_reverted(user: User, other: User, moderator: User) -> None:
    """Revisions whose automatic summaries name the author, and an amended proposal."""
    page = make_page(user, "Reverted")
    edit(page, "Two.\n", other)
    client = Client()
    client.force_login(moderator)
    client.post("/wiki/reverted/revert/?to=1", {"base_revision": "2", "summary": ""})
    edit(page, "Four.\n", other)
    edit(page, "Five.\n", user)
    roll_back(object_type="page", object_id=page.pk, through=5, actor=moderator)
    assert Change.objects.filter(summary__contains=NAME).count() == 2
    own = propose(page, user, "Proposed.\n")
    page.refresh_from_db()
    amendment = Amendment(
        values={"body": "Amended.\n"}, base_version=page.version, seen_version=own.version
    )
    decide_proposal(own, "amend", moderator, amendment=amendment)
    decide_proposal(propose(page, user, "No.\n"), "decline", moderator)


def be_decided_about(user: User, other: User, moderator: User) -> None:
    """Everything that moderators do about somebody, and say of them."""
    made = block(target=user, terms=BlockTerms(reason="Spam."), by=moderator)
    lift_block(block_id=made.pk, reason="A mistake.", by=moderator)
    set_standing(user=user, standing="Trusted", reason="Known.", by=moderator)
    section = make_section(moderator, "Heart")
    appoint_reviewer(section_id=section.pk, reviewer=user, reason="Knows it.", by=moderator)
    told = report(about=About(USER, user.pk), reason="spam", text="Spams.", reporter=other)
    case = Case.objects.get(kind="report", target_type=USER)
    decide(
        case_id=case.pk,
        version=case.version,
        action="dismiss",
        reason="No.",
        actor=moderator,
        params={"seen": told.pk},
    )
    waiting = open_case(
        kind="dead_link",
        target_type="link",
        target_id=Link.objects.all()[0].pk,
        title="x",
        reason="",
    )
    assign_case(case_id=waiting.pk, assignee=None, actor=moderator)
    add_note(case_id=waiting.pk, text=f"@{NAME} knows this.", actor=moderator)
    Note.objects.create(case=waiting, author=user, author_label=NAME, details={"to": NAME})


def moderate(user: User, other: User) -> None:
    """What they decide themselves: an amendment that names them, an edit that waits for patrol."""
    page = make_page(other, "Moderated")
    own = propose(page, other, "Proposed too.\n")
    user.groups.add(*User.objects.get(username="maria").groups.all())
    judge = User.objects.get(pk=user.pk)
    amendment = Amendment(values={"body": "Amended too.\n"}, base_version=1, seen_version=1)
    decide_proposal(own, "amend", judge, amendment=amendment)
    user.groups.remove(user.groups.get(name=MODERATORS))


def vouch(people: list[User]) -> None:
    resource = make_resource(people[0], make_section(people[1], "Walls"), "Wall")
    Link.objects.filter(pk=resource.link_id).update(verdict=Verdict.BLOCKED, mark=Mark.UNSURE)
    for person in people:
        confirm_link(link=Link.objects.get(pk=resource.link_id), actor=person)
    assert NAME in Link.objects.get(pk=resource.link_id).override_reason


@pytest.fixture
def lived(zaphod: User, bob: User, erin: User, maria: User, settings: Any) -> User:
    """Somebody of whom everything on the site has heard."""
    settings.REVIEW_UNPATROLLED_HOURS = 1
    make_site(contributor=zaphod, editor=erin, moderator=maria)
    write_and_be_reverted(zaphod, bob, maria)
    be_decided_about(zaphod, bob, maria)
    moderate(zaphod, bob)
    vouch([zaphod, erin])
    Change.objects.update(labels=["odd"], patrolled_at=None, patrolled_by=None)
    sweep_edit_cases()
    Client().force_login(zaphod)
    return User.objects.get(pk=zaphod.pk)


def find_traces(*words: str) -> list[str]:
    """Where in the database any of ``words`` stands, whatever the model and the column."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            text = repr(row).casefold()
            found += [f"{model._meta.label}: {row}" for word in words if word in text]
    for session in Session.objects.all():
        found += [
            str(session.get_decoded()) for word in words if word in str(session.get_decoded())
        ]
    return found


def test_neither_name_nor_address_is_left_anywhere(lived: User) -> None:
    seen = {trace.partition(":")[0] for trace in find_traces(NAME, EMAIL)}
    # What this test is worth: so many models knew of them.
    assert len(seen) >= 14, seen
    pseudonym = erase_user(user=lived, actor=lived)
    assert find_traces(NAME, EMAIL) == []
    assert User.objects.get(pk=lived.pk).username == pseudonym


def test_no_model_keeps_a_label_that_is_not_found() -> None:
    """Columns that end so stand beside the account that they name, and are found by that."""
    found = {(model, label) for model, columns in find_labels() for _actor, label in columns}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name.endswith("_label") and field.name != "app_label":
                assert (model, field.name) in found, f"{model._meta.label}.{field.name}"


def test_what_was_written_stays_under_the_pseudonym(client: Client, lived: User) -> None:
    texts = list(Page.objects.order_by("pk").values_list("body", flat=True))
    pseudonym = erase_user(user=lived, actor=lived)
    assert list(Page.objects.order_by("pk").values_list("body", flat=True)) == texts
    history = client.get("/wiki/reverted/history/").content.decode()
    assert f"Reverted to revision 1 by {pseudonym}" in history
    log = client.get("/log/").content.decode()
    assert f'href="/users/{pseudonym}/"' in log
    assert f"{pseudonym} as its author" in log
    for url in ("/wiki/reverted/history/", "/log/", "/changes/", f"/users/{pseudonym}/"):
        assert NAME not in client.get(url).content.decode()
    assert client.get(f"/users/{NAME}/").status_code == 404


def test_nobody_signs_in_or_up_with_it_again(client: Client, zaphod: User) -> None:
    client.force_login(zaphod)
    erase_user(user=zaphod, actor=zaphod)
    assert client.get("/accounts/data/").status_code == 302
    client.post("/accounts/login/", {"login": NAME, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    form = {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    for name in (NAME, "Zaphod-B", "erased-12345678"):
        response = client.post(
            "/accounts/signup/", {**form, "username": name, "opened": make_stamp()}
        )
        assert response.context["form"].errors["username"], name


def test_one_erases_ones_own_account_with_the_password(client: Client, zaphod: User) -> None:
    client.force_login(zaphod)
    assert "cannot be undone" in client.get("/accounts/data/erase/").content.decode()
    for form in ({"password": PASSWORD}, {"password": "wrong", "is_meant": "on"}):
        assert client.post("/accounts/data/erase/", form).status_code == 422
    assert User.objects.get(pk=zaphod.pk).username == NAME
    form = {"password": PASSWORD, "is_meant": "on"}
    response = client.post("/accounts/data/erase/", form, follow=True)
    assert "Your account is erased." in response.content.decode()
    assert User.objects.get(pk=zaphod.pk).username.startswith("erased-")
    assert not response.wsgi_request.user.is_authenticated


def test_the_password_is_not_to_be_guessed_by_who_has_the_session(
    client: Client, zaphod: User
) -> None:
    client.force_login(zaphod)
    form = {"password": "wrong", "is_meant": "on"}
    statuses = [client.post("/accounts/data/erase/", form).status_code for _n in range(7)]
    assert statuses[-1] == 429


def test_others_erase_nobody_and_the_site_keeps_whom_it_needs(
    zaphod: User, alice: User, maria: User, root: User
) -> None:
    for actor in (alice, maria):
        with pytest.raises(PermissionDenied):
            erase_user(user=zaphod, actor=actor)
    for needed in (User.objects.get_bot(), User.objects.get_anonymous(), root):
        with pytest.raises(ValidationError):
            erase_user(user=needed, actor=root)
    erase_user(user=zaphod, actor=root)
    with pytest.raises(ValidationError, match="already"):
        erase_user(user=zaphod, actor=root)


def test_an_operator_erases_by_command(zaphod: User, capsys: Any) -> None:
    call_command("erase_user", "ZAPHOD.B", "--yes")
    assert "Erased" in capsys.readouterr().out
    assert not User.objects.filter(username=NAME).exists()
    with pytest.raises(CommandError, match="no account"):
        call_command("erase_user", NAME, "--yes")


def test_the_copy_holds_what_is_ones_own_and_nothing_hidden(
    client: Client, lived: User, maria: User
) -> None:
    page = Page.objects.get(slug="reverted")
    hide_parts(
        object_type="page",
        object_id=page.pk,
        first=1,
        last=1,
        parts={HiddenRevision.Part.SUMMARY, HiddenRevision.Part.AUTHOR},
        reason="Private.",
        by=maria,
    )
    client.force_login(lived)
    response = client.get("/accounts/data/export/")
    assert response.headers["Content-Disposition"].startswith("attachment")
    data = json.loads(response.content)
    assert data["account"]["email_addresses"][0]["email"] == EMAIL
    mine = {change["revision"] for change in data["changes"] if change["title"] == "Reverted"}
    assert 5 in mine
    assert 1 not in mine  # nobody's any more
    assert data["proposals"]
    assert data["decisions"]
    assert data.keys() >= {"reports", "notes", "notifications", "confirmed_links"}


def test_a_name_within_other_words_is_left_alone(bob: User, alice: User, maria: User) -> None:
    page = make_page(bob)
    edit(page, "Two.\n", alice)
    summary = "Reverted to revision 1 by bob, not bobby or bob.smith: bob's was better"
    revert_page(page_id=page.pk, to_version=1, by=Authorship(actor=maria, summary=summary))
    pseudonym = erase_user(user=bob, actor=bob)
    newest = Change.objects.order_by("-pk")[0]
    assert newest.summary == summary.replace("by bob,", f"by {pseudonym},").replace(
        "bob's", f"{pseudonym}'s"
    )
    assert page.history.first().history_change_reason == newest.summary


def test_the_copy_is_of_oneself(zaphod: User, alice: User) -> None:
    make_page(alice, "Hers")
    assert export_data(zaphod)["changes"] == []
