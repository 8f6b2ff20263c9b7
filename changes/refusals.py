"""Why a write that somebody asked for is not published; each says what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError


class MayNotPublishError(PermissionDenied):
    """The actor may propose this change, and not publish it."""


class EditHeldError(Exception):
    """The change is not published at once: it waits for a moderator as a proposal.

    ``reason`` is for people; ``rule`` names what held it.
    """

    def __init__(self, reason: str, *, rule: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule


class EditRefusedError(ValidationError):
    """The change is not taken, and does not wait either; ``rule`` names what refused it.

    With ``values``, the fields that it would have changed, whoever answers may have it wait as an
    edit all the same (:func:`changes.proposing.keep_write`).
    """

    def __init__(
        self, reason: str, *, rule: str = "", values: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.rule = rule
        self.values = values


Refusal = EditRefusedError | EditHeldError
Hearer = Callable[[Refusal], None]
_hearers: list[Hearer] = []


def hear_refusals(hearer: Hearer) -> None:
    """Have ``hearer`` called with each edit refused or held, once its transaction is rolled back.

    For counters of what stops edits; registered in ``AppConfig.ready()``.
    """
    if hearer not in _hearers:
        _hearers.append(hearer)


def tell_refusal(error: Exception) -> None:
    """Call every hearer where ``error`` is a refusal; any other is none of their business.

    To be called where a refusal is answered, outside its transaction.
    """
    if isinstance(error, Refusal):
        for hearer in _hearers:
            hearer(error)
