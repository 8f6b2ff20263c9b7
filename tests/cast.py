"""People of the tests beyond the fixed cast of ``tests/conftest.py``."""

from accounts.models import User
from accounts.roles import put_in_group


def make_user(name: str, *groups: str) -> User:
    """An account without a password, in ``groups``."""
    user = User.objects.create_user(username=name, email=f"{name}@example.org")
    for group in groups:
        put_in_group(user=user, group=group)
    return user
