"""The figures, beside a slow straightforward count of the same on random data."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import MARK_GROUPS, Placement, Resource
from changes.models import Change
from changes.recording import Authorship
from insights.figures import Figures, compute_figures, find_latest, find_year, refresh, store
from insights.gaps import FEW_ENTRIES, GAPS, count_gaps, find_missing_topics
from insights.link_figures import AGES, LEAST_LINKS, find_repair_hours
from insights.models import Snapshot
from insights.people_figures import count_by_week, count_contributors, monday_of
from moderation.cases import decide, open_case, resolve_cases
from moderation.models import Case
from tests.changes.content import edit, make_page, make_resource, make_section
from tests.insights.sites import make_random_entries
from wiki.editing import delete_page, rename_page

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GROUP_OF = {mark: group for group, marks in MARK_GROUPS.items() for mark in marks}


def count_slowly(resources: list[Resource]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for resource in resources:
        link = resource.link
        if link is None:
            continue
        counts["total"] += 1
        counts["verified"] += bool(link.last_good_at and link.last_good_at >= NOW - timedelta(30))
        counts[GROUP_OF.get(link.mark, "unchecked")] += 1
    return counts


def as_counts(share) -> Counter[str]:
    fields = ("total", "verified", *MARK_GROUPS)
    return Counter({name: getattr(share, name) for name in fields})


def same(shares, groups: dict[str, list[Resource]]) -> None:
    slow = {name: count_slowly(of_name) for name, of_name in groups.items()}
    for counts in slow.values():
        counts.pop("unchecked", None)
    slow = {name: +counts for name, counts in slow.items() if counts["total"]}
    assert {share.name: +as_counts(share) for share in shares} == slow


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shares_equal_a_slow_count(erin, seed):
    make_random_entries(erin, 200, now=NOW, seed=seed)
    figures = compute_figures(NOW)
    listed = list(Resource.objects.filter(status="listed").select_related("link__host"))
    same([figures.all], {"all": listed})
    same(figures.by_kind, {kind: [r for r in listed if r.kind == kind] for kind in kinds(listed)})
    by_section: dict[str, list[Resource]] = {}
    for placement in Placement.objects.select_related("resource__link"):
        if placement.resource.status == "listed":
            by_section.setdefault(str(placement.section_id), []).append(placement.resource)
    same(figures.by_section, by_section)
    by_age: dict[str, list[Resource]] = {name: [] for name, _days in AGES}
    for resource in listed:
        days = (NOW - resource.created_at) / timedelta(days=1)
        by_age[next(name for name, most in AGES if most is None or days <= most)].append(resource)
    same(figures.by_age, by_age)


def kinds(resources) -> set[str]:
    return {resource.kind for resource in resources}


def test_the_worst_hosts_equal_a_slow_count(erin):
    make_random_entries(erin, 200, now=NOW)
    shares = compute_figures(NOW).worst_hosts
    hosts: dict[str, list[Resource]] = {}
    for resource in Resource.objects.filter(status="listed", link__isnull=False):
        hosts.setdefault(resource.link.host.name, []).append(resource)
    slow = {name: count_slowly(of_host) for name, of_host in hosts.items()}
    compared = {name: counts for name, counts in slow.items() if counts["total"] >= LEAST_LINKS}
    in_trouble = {name for name, counts in compared.items() if counts["dead"] + counts["unsure"]}
    assert {share.name for share in shares} == in_trouble
    rates = [(s.dead + s.unsure) / s.total for s in shares]
    assert rates == sorted(rates, reverse=True)


def test_computing_takes_the_same_queries_for_a_larger_site(erin):
    make_random_entries(erin, 20, now=NOW)
    with CaptureQueriesContext(connection) as few:
        compute_figures(NOW)
    Resource.objects.update(status="retired")
    for number in range(60):
        make_page(erin, f"Page {number}", "[[Nowhere]]\n")
    with CaptureQueriesContext(connection) as many:
        compute_figures(NOW)
    assert len(many) <= len(few)


def test_figures_survive_being_kept(erin):
    make_random_entries(erin, 40, now=NOW)
    figures = compute_figures(NOW)
    store(figures, NOW)
    kept, at = find_latest()
    assert at == NOW
    assert Figures.from_json(figures.to_json()) == Figures.from_json(kept.to_json())
    assert kept.all == figures.all
    store(figures, NOW + timedelta(hours=1))
    assert Snapshot.objects.count() == 1
    assert find_year(NOW) == [(NOW.date(), figures.all.verified_percent)]


def test_they_are_computed_anew_once_an_hour(db):
    assert refresh(NOW)
    assert not refresh(NOW + timedelta(minutes=59))
    assert refresh(NOW + timedelta(minutes=61))


def test_an_empty_site_has_figures(db):
    figures = compute_figures(NOW)
    assert figures.all.total == 0
    assert figures.all.verified_percent is None
    assert figures.repair_hours is None
    assert figures.missing_topics == ["security", "migration"]


def test_the_time_to_repair_is_the_median_of_cases_that_ended(maria):
    now = timezone.now()
    hours = [2, 5, 30, 400]
    for number, took in enumerate([*hours, 9]):
        case = open_case(
            kind="dead_link", target_type="link", target_id=number, title="x", reason="404"
        )
        Case.objects.filter(pk=case.pk).update(opened_at=now - timedelta(hours=took))
    first, *rest = Case.objects.order_by("target_id")[:4]
    decide(case_id=first.pk, version=first.version, action="dismiss", reason="x", actor=maria)
    resolve_cases(target_type="link", target_ids=[c.target_id for c in rest], note="alive again")
    found, count = find_repair_hours(timezone.now())
    assert count == 4  # the fifth is open still
    assert found == pytest.approx(median(hours), abs=0.1)


def test_contributors_are_people_who_edited_lately(alice, erin, maria):
    page = make_page(alice)
    edit(page, "More.\n", erin)
    Change.objects.filter(actor=alice).update(at=timezone.now() - timedelta(days=90))
    edit(page, "Still more.\n", alice)
    assert count_contributors(timezone.now()) == (2, 1)  # alice is not new


def test_weeks_have_no_holes(alice):
    page = make_page(alice)
    Change.objects.update(at=NOW - timedelta(days=20))
    edit(page, "More.\n", alice)
    Change.objects.filter(pk=Change.objects.first().pk).update(at=NOW)
    weeks = count_by_week(NOW)
    assert len(weeks) == 52
    assert weeks[-1] == (monday_of(NOW.date()), 1, 0)
    monday = monday_of((NOW - timedelta(days=20)).date())
    assert {day: n for day, n, _ in weeks}[monday] == 1
    assert sum(n for _day, n, _ in weeks) == 2


def test_gaps_are_what_they_say(alice, erin, maria):
    by = Authorship(actor=erin)
    start = make_page(alice, "Start", "[[Next]] [[Nowhere]] [x](https://gone.example/)\n")
    following = make_page(alice, "Next", "No links.\n")
    gone = make_page(alice, "Gone", "[[Start]]\n")
    delete_page(page_id=gone.pk, reason="x", by=Authorship(actor=maria))
    rename_page(page_id=following.pk, new_title="Later", by=by)
    section = make_section(erin, "Thin")
    make_resource(alice, section)
    from linkcheck.models import Link

    Link.objects.filter(url="https://gone.example/").update(mark="dead")
    now = timezone.now()
    titles = {
        name: [getattr(row, "title", None) or str(row) for row in gap.find(now)]
        for name, gap in GAPS.items()
        if name not in ("wanted-pages", "thin-sections")
    }
    assert titles["orphans"] == [
        "Start"
    ]  # the deleted page's link does not count, a redirect's does
    assert titles["dead-ends"] == ["Later"]
    assert titles["hurt-pages"] == ["Start"]
    assert titles["untranslated"] == ["Later", "Start"]
    assert titles["stale-pages"] == []
    assert titles["double-redirects"] == []
    assert titles["unverified"] == titles["undescribed"] == ["Docs"]
    assert [row["target_slug"] for row in GAPS["wanted-pages"].find(now)] == ["nowhere"]
    (thin,) = GAPS["thin-sections"].find(now)
    assert thin.section == section
    assert thin.entries == 1 < FEW_ENTRIES
    assert set(thin.reasons) == {"entries", "levels", "kinds", "beginners", "page"}
    assert count_gaps(now)["untranslated"] == 2
    assert start.pk != following.pk


def test_a_page_about_security_is_no_missing_topic(alice, erin):
    make_page(alice, "Security of clusters", "x\n")
    make_section(erin, "Migration and alternatives")
    assert find_missing_topics() == []
