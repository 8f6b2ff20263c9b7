"""Who may do what at which address (RELIABILITY §4): a new address without a line fails.

The lines stand in :mod:`tests.permission_matrix`. Each is tried as everyone, by GET and by POST,
about objects in several states; what a POST wrote is rolled back before the next one.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.blocking import BlockTerms, block_user
from accounts.models import User
from accounts.roles import CONTRIBUTORS, EDITORS, MODERATORS, NEWCOMERS, TRUSTED
from changes.models import Notification, ObjectType
from changes.recording import Authorship
from moderation.models import Proposal
from tests.addresses import addresses, make_site, patterns
from tests.cast import make_user
from tests.permission_matrix import ABOUT_DELETED, ABOUT_OWN, ABOUT_PROTECTED, EVERY_ADDRESS, Line
from tests.protections import protect_it
from tests.services import ON_SERVICES
from tests.strictness import find_weakness
from tests.sweeping import visitors_read_once, without_frame
from wiki.editing import delete_page
from wiki.models import Page

WHO = {
    "A": "anonymous",
    "N": "newcomer",
    "C": "contributor",
    "E": "editor",
    "T": "trusted",
    "M": "moderator",
    "R": "administrator",
    "B": "blocked",
}
GROUPS = {
    "newcomer": [NEWCOMERS],
    "contributor": [CONTRIBUTORS],
    "editor": [CONTRIBUTORS, EDITORS],
    "trusted": [CONTRIBUTORS, EDITORS, TRUSTED],
    "moderator": [CONTRIBUTORS, MODERATORS],
    "blocked": [CONTRIBUTORS],
}
# On PostgreSQL these alone: who is let in is decided in Python, of an account and its permissions,
# and that reads alike there. What each of them is shown asks the database all that there is.
VISITING = "ACM" if ON_SERVICES else "".join(WHO)
QUERIES = {"_revert": "?to=1"}  # what an address needs to be about something
SIGN_IN = "/accounts/login/"


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """An account of each kind, none of which owns anything yet."""
    made = {name: make_user(f"{name}-zed", *groups) for name, groups in GROUPS.items()}
    made["administrator"] = User.objects.create_superuser(
        username="administrator-zed", email="administrator@example.org"
    )
    return made


@pytest.fixture
def visitors(people: dict[str, User]) -> dict[str, Client]:
    """A browser for each letter of a line."""
    found = {}
    for letter in VISITING:
        found[letter] = Client(raise_request_exception=False)
        if WHO[letter] in people:
            found[letter].force_login(people[WHO[letter]])
    return found


@pytest.fixture
def site(alice: User, erin: User, maria: User, people: dict[str, User]) -> dict[str, str]:
    """Addresses about objects of others; the blocked account is blocked."""
    make_site(contributor=alice, editor=erin, moderator=maria)
    block_user(user=people["blocked"], terms=BlockTerms(reason="Spam."), by=maria)
    found = addresses()
    for name in found:
        found[name] += next((q for ending, q in QUERIES.items() if name.endswith(ending)), "")
    found["moderation:report_create"] += f"?about=page:{Page.objects.get(slug='tasks').pk}"
    return found


def ask(client: Client, method: str, url: str, letter: str) -> str | None:
    """The letter if the request gets past the permission, small if there is nothing for it; "".

    None where there is no such method. Whatever was written is rolled back; whatever is answered
    stands under a strict policy.
    """
    cookies = client.cookies.copy()
    with transaction.atomic():
        response: Any = getattr(client, method)(url)
        transaction.set_rollback(True)
    client.cookies = cookies  # one of the addresses signs out
    status = response.status_code
    assert find_weakness(response) == "", (method, url, letter)
    if status == 405:
        return None
    assert status < 500, (method, url, letter, status)
    if status in (401, 403) or response.get("Location", "").startswith(SIGN_IN):
        return ""
    return letter.lower() if status == 404 else letter


def find_letters(visitors: dict[str, Client], method: str, url: str) -> str:
    """The letters of those who are let in; "-" where nobody is told but that there is no method."""
    answers = [ask(client, method, url, letter) for letter, client in visitors.items()]
    if None in answers and not any(answers):
        return "-"
    return "".join(answer for answer in answers if answer)


def find_faults(
    lines: dict[str, Line], site: dict[str, str], visitors: dict[str, Client]
) -> dict[str, tuple[Line, Line]]:
    """What is otherwise than the lines say: by name, the line and what was found."""
    with without_frame(), visitors_read_once():
        found = {
            name: Line(*(find_letters(visitors, method, site[name]) for method in ("get", "post")))
            for name in lines
        }
    lines = {name: Line(*(narrow(letters, visitors) for letters in lines[name])) for name in lines}
    return {name: (lines[name], found[name]) for name in lines if lines[name] != found[name]}


def narrow(letters: str, visitors: dict[str, Client]) -> str:
    """Of the letters of a line those who visit; "-" where there is no such method."""
    return "".join(letter for letter in letters if letter.upper() in visitors or letter == "-")


def test_every_address_has_a_line_and_every_line_an_address():
    assert sorted({name for name, _parameters in patterns()}) == sorted(EVERY_ADDRESS)


def test_every_address_lets_in_whom_its_line_names(site, visitors):
    for letter, client in visitors.items():  # with all that stands around a page
        assert ask(client, "get", "/", letter) == letter
    assert find_faults(EVERY_ADDRESS, site, visitors) == {}


def test_protected_pages_let_in_whom_their_lines_name(site, visitors, maria):
    page = Page.objects.get(slug="tasks")
    protect_it(page, maria)
    lines = {**_lines_about("page_"), **ABOUT_PROTECTED}
    assert find_faults(lines, site, visitors) == {}


def test_deleted_pages_let_in_whom_their_lines_name(site, visitors, maria):
    page = Page.objects.get(slug="tasks")
    delete_page(page_id=page.pk, reason="Spam.", by=Authorship(actor=maria))
    lines = {**_lines_about("page_"), **ABOUT_DELETED}
    assert find_faults(lines, site, visitors) == {}


@pytest.mark.parametrize("letter", VISITING.replace("A", ""))
def test_what_is_ones_own_lets_in_its_owner(site, visitors, people, letter):
    """Each line about one's own, tried by each owner alone."""
    owner = people[WHO[letter]]
    own = find_own_addresses(owner)
    assert own.keys() == ABOUT_OWN.keys()
    faults = {}
    for name, line in ABOUT_OWN.items():
        for method, letters in (("get", line.get), ("post", line.post)):
            answer = ask(visitors[letter], method, own[name], letter)
            if answer != (None if letters == "-" else letter if letter in letters else ""):
                faults[name, method] = answer
    assert faults == {}


def _lines_about(prefix: str) -> dict[str, Line]:
    return {n: line for n, line in EVERY_ADDRESS.items() if n.partition(":")[2].startswith(prefix)}


def find_own_addresses(owner: User) -> dict[str, str]:
    """Addresses about what belongs to ``owner``."""
    notification = Notification.objects.create(
        recipient=owner,
        kind="kind",
        object_type=ObjectType.PAGE,
        object_id=1,
        object_title="Tasks",
        url="/wiki/tasks/",
    )
    proposal = Proposal.objects.create(
        author=owner,
        author_label=owner.label,
        object_type=ObjectType.PAGE,
        title="Mine",
        intent=Proposal.Intent.CREATE,
        fields={"title": "Mine", "body": "Text."},
    )
    return {
        **{
            name: reverse(name, args=[proposal.pk])
            for name in (
                "moderation:proposal_answer",
                "moderation:proposal_detail",
                "moderation:proposal_withdraw",
            )
        },
        "accounts:user_edit": reverse("accounts:user_edit", args=[owner.username]),
        "changes:notification_read": reverse("changes:notification_read", args=[notification.pk]),
    }
