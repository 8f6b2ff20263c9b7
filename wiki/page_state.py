"""What a page's readers are shown depends on: read in one query, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from changes.models import ObjectType
from feedback.voting import Tally
from linkcheck.health import HealthRow, UsesHealth
from linkcheck.models import Mark


@dataclass(frozen=True)
class PageState:
    """The versions of a page, of its section and of its HTML, protections, its links' health.

    Also what is hidden of the newest revision, the versions of the page in other languages, how
    many threads are open, and how many people it helped.
    """

    versions: tuple[Any, ...]
    health_rows: tuple[HealthRow, ...]

    @property
    def open_threads(self) -> int:
        """How many threads about the page are open."""
        return int(self.versions[9])

    @property
    def tally(self) -> Tally:
        """How many people the page helped, and how many not."""
        helped, answered = self.versions[10:12]
        return Tally(yes=helped, no=answered - helped)

    @property
    def may_be_protected(self) -> bool:
        """Whether anything at all is protected."""
        return bool(self.versions[-1])

    @property
    def has_translations(self) -> bool:
        """Whether the page, or the one that it translates, is there in other languages."""
        return any(value is not None for value in self.versions[_LANGUAGES])

    @property
    def health(self) -> UsesHealth:
        return UsesHealth.from_rows(self.health_rows)


# By hand, because it is asked at every view: Django takes twenty times as long to put it together
# as either database to answer it. One row for each mark, and one for each dead link.
_QUERY = f"""
WITH page AS (
    SELECT page.id, page.version, section.version AS section_version,
        rendered.version AS rendered_version, rendered.rendered_at, rendered.is_stale,
        newest.hidden,
        (SELECT MAX(original.version) FROM wiki_page original
            WHERE original.id = page.translation_of_id) AS original_version,
        (SELECT SUM(other.version) + COUNT(*) FROM wiki_page other
            WHERE other.translation_of_id = COALESCE(page.translation_of_id, page.id)
            AND other.deleted_at IS NULL AND other.redirect_to_id IS NULL) AS translations,
        (SELECT COUNT(*) FROM talk_thread thread WHERE thread.object_type = '{ObjectType.PAGE}'
            AND thread.object_id = page.id AND thread.resolved_at IS NULL
            AND NOT thread.is_hidden) AS open_threads,
        (SELECT COUNT(*) FROM feedback_vote vote WHERE vote.object_type = '{ObjectType.PAGE}'
            AND vote.object_id = page.id AND vote.is_counted AND vote.is_yes) AS helped,
        (SELECT COUNT(*) FROM feedback_vote vote WHERE vote.object_type = '{ObjectType.PAGE}'
            AND vote.object_id = page.id AND vote.is_counted) AS answered,
        (SELECT MAX(id) FROM moderation_protection) AS last_protection,
        (SELECT COUNT(*) FROM moderation_protection WHERE ended_at IS NULL) AS protections
    FROM wiki_page page
    JOIN wiki_renderedpage rendered ON rendered.page_id = page.id
    LEFT JOIN catalog_section section ON section.id = page.section_id
    LEFT JOIN changes_change newest ON newest.object_type = '{ObjectType.PAGE}'
        AND newest.object_id = page.id AND newest.version_after = page.version
    WHERE page.slug = %s AND page.deleted_at IS NULL AND page.redirect_to_id IS NULL
), health AS (
    SELECT link.mark,
        CASE WHEN link.mark = '{Mark.DEAD}' THEN link.id END AS dead_id,
        CASE WHEN link.mark = '{Mark.DEAD}' THEN link.url END AS dead_url,
        COUNT(DISTINCT link.id) AS number
    FROM linkcheck_linkuse place
    JOIN linkcheck_link link ON link.id = place.link_id
    WHERE place.object_type = '{ObjectType.PAGE}' AND place.object_id = (SELECT id FROM page)
    GROUP BY 1, 2, 3
)
SELECT page.*, health.* FROM page LEFT JOIN health ON TRUE ORDER BY dead_id, mark
"""  # noqa: S608 (constants of ours)
_LANGUAGES = slice(7, 9)  # of the columns: those about other languages
_OWN = 14  # columns of the page itself, the same in each row


def find_page_state(slug: str) -> PageState | None:
    """The state of the page at ``slug``; None where there is none, or a redirect. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [slug])
        rows = cursor.fetchall()
    if not rows:
        return None
    health = tuple(HealthRow(*row[_OWN:]) for row in rows if row[_OWN] is not None)
    return PageState(rows[0][:_OWN], health)
