"""Links that somebody reported as broken: they are looked at before a moderator need look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from changes.nudging import nudge_after_commit
from linkcheck.models import Link, LinkUse
from linkcheck.tasks import check_urgent_links
from moderation.reporting import look_first

if TYPE_CHECKING:
    from moderation.report_models import Report

#: A report that names no link has at most so many of its object looked at.
MOST_UNNAMED: Final = 20


def register_reported_links() -> None:
    """Called once by ``LinkcheckConfig.ready``."""
    look_first(check_reported)


def check_reported(report: Report) -> bool:
    """Have the links looked at that a report is about; whether there are any.

    Those that its text names; else the own address of an entry; else all, where they are few.
    """
    ids = _find_links(report)
    links = Link.objects.used().filter(pk__in=ids, host__isnull=False)
    asked = links.update(is_urgent=True, next_check_at=timezone.now())
    if asked:
        nudge_after_commit(check_urgent_links)
    return bool(asked)


def _find_links(report: Report) -> list[int]:
    uses = LinkUse.objects.filter(object_type=report.target_type, object_id=report.target_id)
    known = list(uses.order_by("link_id").values_list("link_id", "link__url", "field"))
    named = [pk for pk, url, _field in known if url.rstrip("/") in report.text]
    own = [pk for pk, _url, field in known if field == "url"]
    found = named or own or [pk for pk, _url, _field in known]
    unique = list(dict.fromkeys(found))
    return unique if named or len(unique) <= MOST_UNNAMED else []
