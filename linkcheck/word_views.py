"""Where people have their say about links: a word above the checks, a click, a bulk decision."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import require
from linkcheck.confirming import confirm_link
from linkcheck.forms import MovesForm, WordForm
from linkcheck.kinds import TRIVIAL_MOVES
from linkcheck.models import Link
from linkcheck.move_cases import present_moves
from linkcheck.moves import find_trivial_moves
from linkcheck.repairing import speak_for_link
from linkcheck.views import show_link
from moderation.models import Case

MOVES_PER_PAGE = 50


@require_POST
def link_override(request: HttpRequest, link_id: int) -> HttpResponse:
    """Put a moderator's word above the checks of a link."""
    require(request.user, "moderation.decide_case")
    assert isinstance(request.user, User)
    link = get_object_or_404(Link.objects.select_related("host", "override_by"), pk=link_id)
    form = WordForm(request.POST)
    if not form.is_valid():
        return show_link(request, link, word_form=form)
    speak_for_link(link=link, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Your word stands above the checks."))
    return redirect(link)


@login_required
@require_POST
def link_confirm(request: HttpRequest, link_id: int) -> HttpResponse:
    """Count someone among those for whom a link works that is hidden from us."""
    assert isinstance(request.user, User)
    link = get_object_or_404(Link, pk=link_id)
    try:
        needed = confirm_link(link=link, actor=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(link)
    if needed:
        text = ngettext(
            "Thank you. %(count)d more person has to say so.",
            "Thank you. %(count)d more people have to say so.",
            needed,
        )
        messages.success(request, text % {"count": needed})
    else:
        messages.success(request, _("Thank you. It counts as working for the next 90 days."))
    return redirect(link)


@require_safe
def move_list(request: HttpRequest) -> HttpResponse:
    """All trivial moves, to choose from which are followed."""
    require(request.user, "moderation.decide_case")
    page = Paginator(find_trivial_moves(), MOVES_PER_PAGE).get_page(request.GET.get("page"))
    case = Case.objects.open().filter(kind=TRIVIAL_MOVES).first()
    form = MovesForm(initial={"version": case.version}) if case else None
    context = {"page": page, "moves": present_moves(page.object_list), "case": case, "form": form}
    return render(request, "linkcheck/move_list.html", context)
