"""A server that behaves as told, admitted to the checker; and links that are due."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from tests.linkcheck.playground import Playground


@pytest.fixture
def web(settings) -> Iterator[Playground]:
    """Four hosts on loopback, which the site's own checker may ask."""
    with Playground(hosts=4) as playground:
        settings.LINKCHECK_ADMIT_NETWORKS = [ip_network("127.0.0.0/8")]
        settings.LINKCHECK_PORTS = [playground.port]
        settings.LINKCHECK_HOST_DELAY = 0
        settings.LINKCHECK_HOST_CONCURRENCY = 8
        settings.LINKCHECK_ROBOTS = "off"
        settings.SITE_URL = "http://perennial.example"
        settings.ALLOWED_HOSTS = ["testserver"]
        yield playground
