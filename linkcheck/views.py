"""How links and hosts are doing, for everyone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may, require
from linkcheck.confirming import PEOPLE_NEEDED, find_confirmers, may_be_confirmed
from linkcheck.confirming import PERMISSION as CONFIRM
from linkcheck.evidence import find_probes, find_uses
from linkcheck.explaining import VERDICT_LABELS, explain
from linkcheck.forms import WordForm
from linkcheck.health import totals_by_mark
from linkcheck.models import Link, LinkQuerySet, Mark
from linkcheck.outage import find_open
from linkcheck.policy import LinkState
from linkcheck.repairing import withdraw_override
from linkcheck.requesting import request_check
from linkcheck.trend import find_trend
from linkcheck.verdicts import Verdict

LINKS_PER_PAGE = 50
PROBES_OF_LINK = 60
USES_SHOWN = 200
NOT_VERIFIED = "none"  # how an address names the empty mark


@require_safe
def link_list(request: HttpRequest) -> HttpResponse:
    """Links in use, by what readers are told of them, by verdict, host or words."""
    links = _narrow(Link.objects.used(), request)
    page = Paginator(links, LINKS_PER_PAGE).get_page(request.GET.get("page"))
    totals = totals_by_mark()
    context = {
        "page": page,
        "total": sum(totals.values()),
        "totals": totals,
        "outage": find_open(),
        "marks": [(m.value or NOT_VERIFIED, m.label, totals[m.value]) for m in Mark],
        "verdicts": _verdict_counts(),
        "trend": find_trend(),
        "is_narrowed": any(request.GET.get(n) for n in ("mark", "verdict", "host", "q")),
    }
    return render(request, "linkcheck/link_list.html", context)


def _narrow(links: LinkQuerySet, request: HttpRequest) -> LinkQuerySet:
    mark, verdict = request.GET.get("mark", ""), request.GET.get("verdict", "")
    host, words = request.GET.get("host", ""), request.GET.get("q", "").strip()
    if mark:
        links = links.filter(mark="" if mark == NOT_VERIFIED else mark[:8])
    if verdict:
        links = links.filter(verdict=verdict[:12])
    if host:
        links = links.filter(host__name=host[:260])
    if words:
        links = links.filter(url__icontains=words[:200])
    return links.select_related("host").order_by("-verdict_since", "-id")


def _verdict_counts() -> list[tuple[str, str, int]]:
    rows = Link.objects.used().values_list("verdict").annotate(n=Count("pk")).order_by("-n")
    return [(verdict, str(VERDICT_LABELS[Verdict(verdict)]), n) for verdict, n in rows]


@require_safe
def link_detail(request: HttpRequest, link_id: int) -> HttpResponse:
    """One link: its verdict in a sentence, its probes as a timeline, where it stands."""
    link = get_object_or_404(
        Link.objects.select_related("host__override_by", "override_by"), pk=link_id
    )
    return show_link(request, link)


def show_link(
    request: HttpRequest, link: Link, *, word_form: WordForm | None = None
) -> HttpResponse:
    """The page of ``link``; ``word_form`` has what a moderator typed that could not be."""
    now = timezone.now()
    state = LinkState.from_dict(link.state)
    probes = find_probes([link.pk], limit=PROBES_OF_LINK)[link.pk]
    uses = find_uses([link.pk])[link.pk]
    context = {
        "link": link,
        "sentence": explain(state),
        "verdict_label": VERDICT_LABELS[Verdict(link.verdict)],
        "downtime": state.downtime_s if state.recovered_at else None,
        "recovered_at": state.recovered_at,
        "override": link.active_override(now),
        "word": link if link.own_override(now) else link.host,
        "host_rests": link.host is not None and link.host.is_resting(now),
        "probes": probes,
        "timeline": probes[::-1],
        "uses": [use for use in uses if use.ref.is_public][:USES_SHOWN],
        **_words_about(request, link, now, word_form),
    }
    return render(request, "linkcheck/link_detail.html", context)


def _words_about(
    request: HttpRequest, link: Link, now: datetime, word_form: WordForm | None
) -> dict[str, Any]:
    """What people may say about ``link``, and who said so far that it works."""
    is_hidden = may_be_confirmed(link)
    return {
        "word_form": word_form or (None if link.own_override(now) else WordForm()),
        "is_hidden": is_hidden,
        "may_confirm": is_hidden and may(request.user, CONFIRM),
        "confirmers": find_confirmers([link.pk], now)[link.pk] if is_hidden else (),
        "people_needed": PEOPLE_NEEDED,
    }


@login_required
@require_POST
def link_check(request: HttpRequest, link_id: int) -> HttpResponse:
    """Have a link looked at before all others."""
    assert isinstance(request.user, User)
    link = get_object_or_404(Link.objects.used().filter(host__isnull=False), pk=link_id)
    request_check(link=link, actor=request.user)
    messages.success(request, _("It will be looked at within a minute or two."))
    return redirect(link)


@require_POST
def link_withdraw(request: HttpRequest, link_id: int) -> HttpResponse:
    """Take a moderator's word about a link back."""
    require(request.user, "moderation.decide_case")
    assert isinstance(request.user, User)
    link = get_object_or_404(Link, pk=link_id)
    withdraw_override(link=link, actor=request.user)
    messages.success(request, _("The word is taken back; the link will be looked at soon."))
    return redirect(link)
