"""What link checking tells the lower apps about itself: recent changes, the review queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from changes.models import ObjectType
from changes.objects import ObjectRef, TrackedObject, register
from linkcheck.cases import register_cases
from linkcheck.fragment_cases import register_fragments
from linkcheck.host_cases import register_host_cases
from linkcheck.kinds import HOST
from linkcheck.models import Host, Link
from linkcheck.reported import register_reported_links
from linkcheck.repository_cases import register_repository_cases
from markup.urls import display_url


def register_linkcheck() -> None:
    """Called once by ``LinkcheckConfig.ready``."""
    register(TrackedObject(object_type=ObjectType.LINK, find_refs=_find_link_refs))
    register_cases()
    register_fragments()
    register(TrackedObject(object_type=HOST, find_refs=_find_host_refs))
    register_host_cases()
    register_repository_cases()
    register_reported_links()


def _find_host_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    hosts = Host.objects.filter(pk__in=ids).only("name")
    return {host.pk: ObjectRef(title=host.name, url=host.get_absolute_url()) for host in hosts}


def _find_link_refs(ids: Iterable[int]) -> Mapping[int, ObjectRef]:
    links = Link.objects.filter(pk__in=ids).only("url")
    return {
        link.pk: ObjectRef(title=display_url(link.url), url=link.get_absolute_url())
        for link in links
    }
