"""Many people who add the same thing at once: each gets an answer, nothing is there twice."""

import pytest
from django.core.exceptions import ValidationError

from catalog.editing import AlreadyListedError, create_resource, create_section, edit_section
from catalog.models import Resource, Section
from changes.editing import EditConflictError
from changes.models import Change
from changes.recording import Authorship
from tests.cast import make_user
from tests.threads import run_at_once
from wiki.editing import PageExistsError, create_page, rename_page
from wiki.models import Page

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 8


@pytest.fixture
def by(transactional_db) -> Authorship:
    return Authorship(actor=make_user("erin", "Contributors", "Editors"))


@pytest.fixture
def core(by) -> Section:
    return create_section(title="Core", by=by)


def test_equal_titles_get_different_addresses(by, core):
    def add(number: int) -> None:
        url = f"https://entry{number}.example/"
        values = {"title": "Docs", "url": url, "section_id": core.pk}
        create_resource(values=values, by=by)

    assert run_at_once(add, PEOPLE) == {"done": PEOPLE}
    expected = {"docs", *(f"docs-{number}" for number in range(2, PEOPLE + 1))}
    assert set(Resource.objects.values_list("slug", flat=True)) == expected
    assert Change.objects.filter(object_type="resource").count() == PEOPLE


def test_one_address_is_listed_once_and_the_others_are_shown_it(by, core):
    def add(number: int) -> None:
        values = {"title": f"Docs {number}", "url": "https://x.example/", "section_id": core.pk}
        create_resource(values=values, by=by)

    assert run_at_once(add, PEOPLE) == {"done": 1, AlreadyListedError.__name__: PEOPLE - 1}
    assert Resource.objects.get().history.count() == 1


def test_sections_of_one_title_get_different_addresses(by):
    assert run_at_once(lambda number: create_section(title="Tasks", by=by), PEOPLE) == {
        "done": PEOPLE
    }
    assert Section.objects.values("slug").distinct().count() == PEOPLE


def test_a_page_is_made_once_and_the_others_are_shown_it(by):
    def write(number: int) -> None:
        create_page(values={"title": "Tasks", "body": f"By {number}."}, by=by)

    assert run_at_once(write, PEOPLE) == {"done": 1, PageExistsError.__name__: PEOPLE - 1}
    assert Page.objects.get().history.count() == 1


def test_pages_renamed_to_one_title_do_not_meet(by):
    pages = [create_page(values={"title": f"Page {n}"}, by=by).pk for n in range(PEOPLE)]

    def rename(number: int) -> None:
        rename_page(page_id=pages[number], new_title="The one", by=by)

    assert run_at_once(rename, PEOPLE) == {"done": 1, PageExistsError.__name__: PEOPLE - 1}
    assert Page.objects.filter(redirect_to__isnull=False).count() == 1


def test_two_moves_make_no_circle(by, core):
    sections = [create_section(title=f"Section {n}", by=by) for n in range(4)]

    def move(number: int) -> None:
        edit_section(
            section_id=sections[number].pk,
            base_version=1,
            values={"parent_id": sections[(number + 1) % 4].pk},
            by=by,
        )

    outcomes = run_at_once(move, people=4)
    assert outcomes == {"done": 3, ValidationError.__name__: 1}
    assert EditConflictError.__name__ not in outcomes
    assert Section.objects.filter(parent__isnull=True).count() == 2
