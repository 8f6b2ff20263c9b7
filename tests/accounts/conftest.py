"""The rates of sign-up and sign-in are switched off but where a test asks for them."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
