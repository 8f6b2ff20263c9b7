"""Whether the uses of links are those of today's content, and every link knows if it is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from changes.integrity import Damage, Finding
from changes.models import ObjectType
from linkcheck.models import Link, LinkUse
from linkcheck.uses import MAX_TEXT, MAX_URL, FoundLink, address_of

_Uses = dict[tuple[str, str, str], str]  # words by address, field and fragment


def check_uses(object_type: str, found: Mapping[int, Iterable[FoundLink]]) -> Iterator[Finding]:
    """Findings where the stored uses of objects differ from the links ``found`` in each, by id.

    One query, whatever the number of objects.
    """
    stored = _read_uses(object_type, found)
    for object_id, links in found.items():
        computed = _compute_uses(links)
        for (url, field, _fragment), _words in sorted(computed.items() - stored[object_id].items()):
            message = _("the use of %(url)s in %(field)s is missing or out of date")
            yield _finding(object_type, object_id, message % {"url": url, "field": field})
        for url, field, _fragment in sorted(stored[object_id].keys() - computed.keys()):
            message = _("there is a use of %(url)s, which is not in %(field)s")
            yield _finding(object_type, object_id, message % {"url": url, "field": field})


def check_orphaned_uses(object_type: str, model: type[models.Model]) -> Iterator[Finding]:
    """Findings about uses in objects of ``model`` that are not there."""
    there = model._base_manager.filter(pk=OuterRef("object_id"))
    orphans = LinkUse.objects.filter(~Exists(there), object_type=object_type)
    for object_id in orphans.values_list("object_id", flat=True).iterator():
        yield _finding(object_type, object_id, _("it is gone, but not the uses of links in it"))


def check_links() -> Iterator[Finding]:
    """Findings about links that are marked as used though nothing uses them, or the reverse."""
    uses = LinkUse.objects.filter(link=OuterRef("pk"))
    for links, message in (
        (Link.objects.filter(~Exists(uses), is_used=True), _("nothing uses it, but it is checked")),
        (Link.objects.filter(Exists(uses), is_used=False), _("it is used, but not checked")),
    ):
        for pk in links.order_by("pk").values_list("pk", flat=True).iterator():
            yield _finding(ObjectType.LINK, pk, message)


def _read_uses(object_type: str, object_ids: Iterable[int]) -> Mapping[int, _Uses]:
    stored: defaultdict[int, _Uses] = defaultdict(dict)
    uses = LinkUse.objects.filter(object_type=object_type, object_id__in=list(object_ids))
    columns = uses.values_list("object_id", "link__url", "field", "text", "fragment")
    for object_id, url, field, text, fragment in columns:
        stored[object_id][url, field, fragment] = text
    return stored


def _compute_uses(found: Iterable[FoundLink]) -> _Uses:
    uses: _Uses = {}
    for item in found:
        address = address_of(item.url)
        key = (address.url, item.field, address.fragment[:MAX_URL])
        uses.setdefault(key, item.text[:MAX_TEXT])
    return uses


def _finding(object_type: str, object_id: int, message: str) -> Finding:
    return Finding(
        object_type=object_type, object_id=object_id, damage=Damage.USES, message=message
    )
