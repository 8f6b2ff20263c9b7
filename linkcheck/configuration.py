"""The prober's settings as Django's settings have them; the only place where the two meet."""

from urllib.parse import urlsplit

from django.conf import settings

from linkcheck.guard import GuardPolicy
from linkcheck.pacing import Pace
from linkcheck.probing import ProbeSettings


def probe_settings_from_django() -> ProbeSettings:
    """Return how this site asks: the guard with its own hosts, and its name with a contact."""
    return ProbeSettings(
        guard=GuardPolicy(
            admit_networks=tuple(settings.LINKCHECK_ADMIT_NETWORKS),
            ports=frozenset(settings.LINKCHECK_PORTS),
            own_hosts=_own_hosts(),
        ),
        contact_url=f"{settings.SITE_URL}/",
        sibling_delay_s=settings.LINKCHECK_HOST_DELAY,
    )


def pace_from_django() -> Pace:
    """Return how hard this site presses a host."""
    return Pace(
        host_delay_s=settings.LINKCHECK_HOST_DELAY,
        host_concurrency=settings.LINKCHECK_HOST_CONCURRENCY,
    )


def _own_hosts() -> frozenset[str]:
    hosts = {urlsplit(settings.SITE_URL).hostname or "", *settings.ALLOWED_HOSTS}
    return frozenset(host.strip("[]").lower() for host in hosts if host and host != "*")
