"""The question below a text, and how many said yes."""

from typing import Any

from django import template

from accounts.permissions import may
from feedback.models import Vote
from feedback.voting import Tally, find_tally, name_voter

register = template.Library()


@register.inclusion_tag("feedback/_box.html", takes_context=True)
def helpful_box(
    context: template.Context, object_type: str, object_id: int, tally: Tally | None = None
) -> dict[str, Any]:
    """The question below an object: a query where its ``tally`` is not given, one for an account.

    For everybody else it holds nothing that is theirs: the page around it is kept for all.
    """
    request = context["request"]
    tally = tally or find_tally(object_type, object_id)
    own = None
    if request.user.is_authenticated:
        mine = Vote.objects.about(object_type, object_id).counted()
        own = mine.filter(voter=name_voter(request.user)).first()
    return {
        "object_type": object_type,
        "object_id": object_id,
        "tally": tally,
        "own": own,
        "shows_counts": may(request.user, "feedback.see_votes"),
        "user": request.user,
        "csrf_token": context.get("csrf_token"),
    }
