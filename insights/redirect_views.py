"""Mending what the list of double redirects shows."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import require
from changes.edit_flow import made_by
from wiki.relinking import Relinked, straighten_redirects

SHOWN: Final = 10


@require_POST
def redirects_straighten(request: HttpRequest) -> HttpResponse:
    """Have redirects to redirects lead to the page at the end."""
    require(request.user, "wiki.rename_page")
    found = straighten_redirects(by=made_by(request, _("Double redirect led to the end")))
    if found is None or found.group is None:
        messages.info(request, _("There was nothing to change."))
        return redirect("insights:gap_list", "double-redirects")
    _tell_of_straightened(request, found)
    return redirect(found.group)


def _tell_of_straightened(request: HttpRequest, found: Relinked) -> None:
    words = ngettext(
        "%(count)d redirect leads to the page at the end now.",
        "%(count)d redirects lead to the page at the end now.",
        len(found.changed),
    )
    messages.success(request, words % {"count": len(found.changed)})
    if found.skipped:
        titles = ", ".join(found.skipped[:SHOWN])
        words = _("Left as they are, because they lead in a circle or are protected: %(titles)s.")
        messages.warning(request, words % {"titles": titles})
    if found.left:
        messages.warning(request, _("There are more: do it again."))
