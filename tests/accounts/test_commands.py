"""``promote_user`` and ``create_demo_moderator``."""

import re

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User


@pytest.mark.parametrize("word", ["Moderators", "moderator", "MODERATORS"])
def test_a_group_is_joined_once(alice: User, capsys: pytest.CaptureFixture[str], word: str) -> None:
    call_command("promote_user", "ALICE", word)
    assert capsys.readouterr().out == "alice is now in Moderators\n"
    call_command("promote_user", "alice", word)
    assert "nothing changed" in capsys.readouterr().out
    assert alice.groups.filter(name="Moderators").count() == 1


def test_an_unknown_name_or_group_is_one_line(alice: User) -> None:
    with pytest.raises(CommandError, match=r"^there is no account named 'nobody'$"):
        call_command("promote_user", "nobody", "Editors")
    with pytest.raises(CommandError, match=r"^there is no group 'Kings': choose from .*$"):
        call_command("promote_user", "alice", "Kings")


@pytest.mark.django_db
def test_the_demo_moderator_is_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_demo_moderator")
    printed = capsys.readouterr().out
    (password,) = re.findall(r"password: (\S+)", printed)
    made = authenticate(username="demo-moderator", password=password)
    assert isinstance(made, User)
    assert made.groups.filter(name="Moderators").exists()
    call_command("create_demo_moderator")
    assert "exists already" in capsys.readouterr().out
    made.refresh_from_db()
    assert made.check_password(password)
