"""Making standing known to the log, to notifications and to people's pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from accounts.profiles import tell_on_profile
from moderation.log_kinds import LogKind, register_log_kind
from moderation.standing import undo
from moderation.standing_reviews import register_reviews
from moderation.standing_views import describe_standing
from moderation.standing_words import describe, register_words
from moderation.track_record import STANDING


def register_standing() -> None:
    """Called once by ``ModerationConfig.ready``."""
    register_log_kind(
        LogKind(
            kind=STANDING,
            label=gettext_lazy("Standing"),
            actions={
                "promote": gettext_lazy("Promoted"),
                "demote": gettext_lazy("Demoted"),
                "set": gettext_lazy("Standing set by hand"),
                "release": gettext_lazy("Standing left to the site again"),
            },
            describe=describe,
            undo=undo,
        )
    )
    register_words()
    register_reviews()
    tell_on_profile(describe_standing)
