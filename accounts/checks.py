"""What must hold before the site starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection, transaction

from accounts.limits import take
from accounts.models import LimitCounter
from accounts.rates import Rate


@register(Tags.database)
def check_limits_count(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a limiter that cannot count: it would let everything through, or nothing."""
    if not databases or connection.alias not in databases:
        return []
    if LimitCounter._meta.db_table not in connection.introspection.table_names():
        return []  # before the first migration
    if is_counting():
        return []
    return [
        Error(
            "The limits on how often something is done cannot count in this database.",
            hint="It has to take INSERT … ON CONFLICT … RETURNING; a replica does not.",
            id="accounts.E001",
        )
    ]


def is_counting() -> bool:
    """Whether a limit of one lets the first through and refuses the second; leaves no trace."""
    rate = Rate(1, timedelta(minutes=1))
    try:
        with transaction.atomic():
            answers = [take("check", rate), take("check", rate)]
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return answers == [True, False]


@register(Tags.security, deploy=True)
def check_proxies_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Behind TLS stands a proxy: without its name everybody has one address, and one limit."""
    if not settings.IS_HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "TRUSTED_PROXIES is empty, so all readers seem to come from the proxy's address.",
            hint="Name the proxy that takes the TLS off, such as 127.0.0.1.",
            id="accounts.W001",
        )
    ]
