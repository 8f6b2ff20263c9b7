"""How hosts are doing, for everyone; and a moderator's word about all the links of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may, require
from linkcheck.configuration import pace_from_django, probe_settings_from_django
from linkcheck.forms import WordForm
from linkcheck.host_repairing import find_host_moves, speak_for_host, withdraw_host_override
from linkcheck.manners import DomainManners
from linkcheck.missing_hosts import explain_missing
from linkcheck.models import Host, Link, Mark, RobotsFile
from linkcheck.redirect_patterns import summarise_redirects
from linkcheck.robots import Rules

HOSTS_PER_PAGE = 50
LINKS_PER_PAGE = 50
MOVES_READ = 500
BATCHES_SHOWN = 5
_PERMISSION = "moderation.decide_case"

STATES: dict[str, Promise] = {
    "missing": gettext_lazy("no such host"),
    "resting": gettext_lazy("left alone"),
    "slow": gettext_lazy("asked slowly"),
    "decided": gettext_lazy("decided by a moderator"),
}


@dataclass(frozen=True)
class HostRow:
    """A host with the states it is in, and how many links it has by mark."""

    host: Host
    states: Sequence[str]
    marks: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.marks.values())


@require_safe
def host_list(request: HttpRequest) -> HttpResponse:
    """Hosts to which links lead, by state or name."""
    now = timezone.now()
    hosts = Host.objects.used()
    totals = hosts.count_states(now)
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state:
        hosts = hosts.in_state(state, now) if state in STATES else hosts.none()
    if words:
        hosts = hosts.filter(name__icontains=words[:200].replace("\0", ""))
    page = Paginator(hosts.order_by("name"), HOSTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(list(page.object_list), now),
        "total": totals["all"],
        "states": [(name, label, totals[name]) for name, label in STATES.items()],
        "is_narrowed": bool(state or words),
    }
    return render(request, "linkcheck/host_list.html", context)


def _rows(hosts: Sequence[Host], now: datetime) -> list[HostRow]:
    marks: dict[int, dict[str, int]] = {host.pk: dict.fromkeys(Mark.values, 0) for host in hosts}
    links = Link.objects.used().filter(host_id__in=list(marks))
    counts = links.values_list("host_id", "mark").annotate(n=Count("pk")).order_by()
    for host_id, mark, number in counts:
        marks[host_id or 0][mark] = number
    return [
        HostRow(host, [str(STATES[name]) for name in host.states(now)], marks[host.pk])
        for host in hosts
    ]


@require_safe
def host_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One host: its state and pace, what it asks of us, and its links."""
    return _show(request, _find_host(name))


def _find_host(name: str) -> Host:
    try:
        return Host.objects.select_related("override_by", "robots").get(name=name.lower())
    except Host.DoesNotExist:
        raise Http404(_("No link leads to the host “%(name)s”.") % {"name": name}) from None


def _show(request: HttpRequest, host: Host, *, word_form: WordForm | None = None) -> HttpResponse:
    now = timezone.now()
    links = host.links.filter(is_used=True)
    page = Paginator(links.order_by("-verdict_since", "-id"), LINKS_PER_PAGE)
    moves = links.exclude(moved_to="").order_by("-id").values_list("url", "moved_to")
    (row,) = _rows([host], now)
    robots, crawl_delay_s = _read_robots(host)
    context = {
        "host": host,
        "is_resting": host.is_resting(now),
        "missing": explain_missing(host) if host.missing_since else "",
        "override": host.active_override(now),
        "word_form": word_form or WordForm(),
        "pace": _describe_pace(host, crawl_delay_s),
        "robots": robots,
        "crawl_delay_s": crawl_delay_s,
        "redirects": summarise_redirects(moves[:MOVES_READ]),
        "siblings": list(Host.objects.filter(domain=host.domain).exclude(pk=host.pk)[:20]),
        "page": page.get_page(request.GET.get("page")),
        "totals": row.marks,
        **_decisions_about(request, host),
    }
    return render(request, "linkcheck/host_detail.html", context)


def _decisions_about(request: HttpRequest, host: Host) -> dict[str, Any]:
    """What moderators decided about all its links of late, and what they may decide."""
    if not may(request.user, _PERMISSION):
        return {}
    batches = host.batches.with_progress().select_related("actor")
    return {
        "batches": list(batches.order_by("-pk")[:BATCHES_SHOWN]),
        "moves_count": len(find_host_moves(host)),
    }


def _read_robots(host: Host) -> tuple[RobotsFile | None, float]:
    """What its robots.txt says and the seconds between requests that it wishes for."""
    robots: RobotsFile | None = getattr(host, "robots", None)
    if robots is None:
        return None, 0.0
    return robots, Rules(robots.rules, probe_settings_from_django().token).crawl_delay_s


def _describe_pace(host: Host, crawl_delay_s: float) -> dict[str, float]:
    """The seconds between two requests, and how many run at once."""
    pace = pace_from_django()
    manners = DomainManners(host.delay_factor, crawl_delay_s)
    return {
        "delay_s": round(manners.delay_s(pace.host_delay_s), 1),
        "concurrency": manners.concurrency(pace.host_concurrency),
    }


@require_POST
def host_override(request: HttpRequest, name: str) -> HttpResponse:
    """Put a moderator's word above the checks of all links of a host."""
    require(request.user, _PERMISSION)
    assert isinstance(request.user, User)
    host = _find_host(name)
    form = WordForm(request.POST)
    if not form.is_valid():
        return _show(request, host, word_form=form)
    speak_for_host(host=host, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Your word stands above the checks."))
    return redirect(host)


@require_POST
def host_withdraw(request: HttpRequest, name: str) -> HttpResponse:
    """Take a moderator's word about a host back."""
    require(request.user, _PERMISSION)
    assert isinstance(request.user, User)
    host = _find_host(name)
    withdraw_host_override(host=host, actor=request.user)
    messages.success(request, _("The word is taken back; its links will be looked at soon."))
    return redirect(host)
