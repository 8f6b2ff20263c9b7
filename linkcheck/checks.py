"""Deployment checks: a guard with a hole in it is said aloud."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from linkcheck.repositories import accesses_from_django


@register(Tags.security, deploy=True)
def check_admitted_networks(**options: Any) -> list[CheckMessage]:
    """Warn of networks that the guard admits although they are not public."""
    if not settings.LINKCHECK_ADMIT_NETWORKS:
        return []
    names = ", ".join(str(network) for network in settings.LINKCHECK_ADMIT_NETWORKS)
    return [
        Warning(
            f"The guard of the link checker admits {names}: users can make this server fetch"
            " addresses there.",
            hint="Leave LINKCHECK_ADMIT_NETWORKS empty except for tests and benchmarks.",
            id="linkcheck.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_forge_addresses(**options: Any) -> list[CheckMessage]:
    """Warn of tokens that would be sent where everyone on the way can read them."""
    return [
        Warning(
            f"The token for {access.forge.value} is sent to its API without encryption.",
            hint="Begin the address of the API with https://.",
            id="linkcheck.W002",
        )
        for access in accesses_from_django()
        if not access.api_url.startswith("https://")
    ]
