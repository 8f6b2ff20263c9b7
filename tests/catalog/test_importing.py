"""A list brought into the catalog, and brought in again."""

from pathlib import Path
from textwrap import dedent

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.awesome import read_list
from catalog.editing import create_resource, create_section, edit_resource, retire_resource
from catalog.importing import ImportResult, import_list
from catalog.models import Placement, Resource, Section
from changes.models import Change, Source
from changes.recording import Authorship

LISTS = Path(settings.BASE_DIR).parent / "shared" / "lists"

pytestmark = pytest.mark.django_db

LIST = """
# The List

## Tools
Good ones.

- [Alpha](https://alpha.org) ![s](https://s.io/a.svg) - The first.
- [Beta](https://beta.org) - The second.

### Small tools

- Tiny:
  - [Gamma](https://gamma.org) - The third.

## Books

- [Delta](https://delta.org) - The fourth.
"""


def run(text: str = LIST, **options) -> ImportResult:
    return import_list(text=dedent(text), **options)


def counts(result: ImportResult) -> tuple[int, ...]:
    return (result.created, result.updated, result.unchanged, result.merged, result.refused)


def history_rows() -> int:
    return Resource.history.count() + Section.history.count() + Change.objects.count()


def titles_in(section: str) -> list[str]:
    resources = Resource.objects.in_section(Section.objects.get(title=section))
    return [resource.title for resource in resources]


def edit(title: str, by: User, **values) -> Resource:
    resource = Resource.objects.get(title=title)
    return edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values=values,
        by=Authorship(actor=by),
    )[0]


def test_entries_become_resources_in_their_sections():
    result = run(name="list.md")
    assert counts(result) == (4, 0, 0, 0, 0)
    assert result.report == ()
    alpha, gamma = Resource.objects.get(title="Alpha"), Resource.objects.get(title="Gamma")
    assert (alpha.url, alpha.description) == ("https://alpha.org/", "The first.")
    assert (alpha.badges, alpha.group) == ("![s](https://s.io/a.svg)", "")
    assert (gamma.group, gamma.section.title) == ("Tiny", "Small tools")
    assert gamma.section.parent == alpha.section
    assert alpha.section.introduction == "Good ones."
    assert titles_in("Tools") == ["Alpha", "Beta"]


def test_each_entry_is_one_revision_by_the_bot_with_the_file_in_its_summary():
    run(name="list.md")
    change = Change.objects.get(object_title="Alpha")
    assert (change.source, change.kind) == (Source.IMPORT, Change.Kind.CREATED)
    assert change.actor == User.objects.get_bot()
    assert "list.md" in change.summary
    assert Resource.history.count() == 4


def test_a_second_run_writes_not_a_single_row():
    run()
    before = history_rows()
    assert counts(run()) == (0, 0, 4, 0, 0)
    assert history_rows() == before


def test_a_dry_run_counts_and_writes_nothing():
    assert counts(run(dry_run=True)) == (4, 0, 0, 0, 0)
    assert history_rows() == 0
    assert not Section.objects.exists()
    assert not User.objects.exists()


def test_what_the_file_changed_is_updated():
    run()
    changed = LIST.replace("The second.", "Now better.").replace("Good ones.", "Very good ones.")
    assert counts(run(changed)) == (0, 1, 3, 0, 0)
    assert Resource.objects.get(title="Beta").description == "Now better."
    assert Section.objects.get(title="Tools").introduction == "Very good ones."
    before = history_rows()
    run(changed)
    assert history_rows() == before


def test_what_people_changed_is_kept_and_other_fields_are_still_updated(alice):
    run()
    edit("Beta", alice, description="By Alice.")
    assert counts(run()) == (0, 0, 4, 0, 0)
    renamed = LIST.replace("[Beta]", "[Beta 2]")
    assert counts(run(renamed)) == (0, 1, 3, 0, 0)
    for _again in range(2):
        beta = Resource.objects.get(url_key="https://beta.org/")
        assert (beta.title, beta.description) == ("Beta 2", "By Alice.")
        assert counts(run(renamed)) == (0, 0, 4, 0, 0)


def test_a_field_that_both_changed_stays_and_is_reported(alice):
    run()
    edit("Beta", alice, description="By Alice.")
    changed = LIST.replace("The second.", "Now better.")
    for _again in range(2):
        result = run(changed)
        assert counts(result) == (0, 0, 4, 0, 0)
        assert [line.line for line in result.report] == [8]
        assert "Beta" in result.report[0].message
    assert Resource.objects.get(title="Beta").description == "By Alice."


def test_an_entry_made_by_hand_is_only_filled_where_it_is_empty(alice):
    section = create_section(title="Mine", by=Authorship(actor=User.objects.get_bot()))
    values = {"title": "My Beta", "url": "http://www.beta.org", "section_id": section.pk}
    create_resource(values=values, by=Authorship(actor=alice))
    result = run()
    assert counts(result) == (3, 1, 0, 0, 0)
    beta = Resource.objects.get(title="My Beta")
    assert (beta.url, beta.description) == ("http://www.beta.org/", "The second.")
    assert beta.section == section
    assert titles_in("Tools") == ["Alpha", "My Beta"]
    before = history_rows()
    run()
    assert history_rows() == before


OTHER_LIST = """
# Another List

## tools
Other words.

- [Beta, by another list](https://beta.org) - Other words.
- [Omega](https://omega.org)
"""


def test_two_lists_share_entries_without_taking_turns_in_overwriting_them():
    run()
    other = run(OTHER_LIST.replace("## tools", "## Elsewhere"))
    assert counts(other) == (1, 1, 0, 0, 0)
    assert [line.line for line in other.report] == [7]
    beta = Resource.objects.get(title="Beta")
    assert beta.description == "The second."
    assert titles_in("Elsewhere") == ["Beta", "Omega"]
    before = history_rows()
    for text in (LIST, OTHER_LIST.replace("## tools", "## Elsewhere"), LIST):
        run(text)
    assert history_rows() == before


def test_two_lists_share_a_section_of_one_name():
    run()
    result = run(OTHER_LIST)
    assert [line.line for line in result.report] == [4, 7]
    tools = Section.objects.get(title="Tools")
    assert tools.introduction == "Good ones."
    assert titles_in("Tools") == ["Alpha", "Beta", "Omega"]
    before = history_rows()
    run(OTHER_LIST)
    run()
    assert history_rows() == before


def test_what_left_the_file_stays_listed_and_is_reported():
    run()
    result = run(LIST.replace("- [Beta](https://beta.org) - The second.\n", ""))
    assert counts(result) == (0, 0, 3, 0, 0)
    assert "Beta" in result.report[0].message
    assert not Resource.objects.get(title="Beta").is_retired


def test_an_address_that_stands_twice_gets_both_sections_and_a_note():
    text = LIST + "- [Alpha again](http://www.alpha.org/#readme?)\n- [A](http://www.alpha.org)\n"
    text = text.replace("- [Alpha again](http://www.alpha.org/#readme?)\n", "")
    result = run(text)
    assert counts(result) == (4, 0, 0, 1, 0)
    assert [line.line for line in result.report] == [18]
    assert titles_in("Books") == ["Delta", "Alpha"]
    alpha = Resource.objects.get(title="Alpha")
    assert alpha.section.title == "Tools"
    before = history_rows()
    assert counts(run(text)) == (0, 0, 4, 1, 0)
    assert history_rows() == before


def test_every_entry_is_counted_once():
    text = LIST + "- [x](https://exa mple)\n- [y](http://[)\n- [z](z.md)\n- [Delta](//delta.org/)\n"
    result = run(text)
    assert (result.created, result.merged, result.refused) == (4, 1, 3)
    assert [line.line for line in result.report if line.is_refusal] == [18, 19, 20]


def test_a_new_entry_takes_its_place_without_moving_the_others():
    run()
    before = history_rows()
    text = LIST.replace("- [Beta]", "- [New](https://new.org)\n- [Beta]")
    assert counts(run(text)) == (1, 0, 4, 0, 0)
    assert titles_in("Tools") == ["Alpha", "New", "Beta"]
    assert history_rows() == before + 2


def test_a_new_order_of_the_file_is_taken_and_one_of_people_kept(alice):
    items = [f"- [{name}](https://{name.lower()}.org)\n" for name in ("Al", "Be", "Ce", "De")]
    run("## S\n\n" + "".join(items))
    run("## S\n\n" + "".join([items[3], *items[:3]]))
    assert titles_in("S") == ["De", "Al", "Be", "Ce"]
    edit("Al", alice, position=Placement.objects.get(resource__title="Ce").position + 1)
    before = history_rows()
    run("## S\n\n" + "".join([items[3], *items[:3]]))
    assert titles_in("S") == ["De", "Be", "Ce", "Al"]
    assert history_rows() == before


def test_an_entry_that_the_file_moved_is_moved_and_one_that_people_moved_stays(alice):
    run()
    books = Section.objects.get(title="Books")
    edit("Alpha", alice, section_id=books.pk, position=9)
    moved = LIST.replace("- [Beta](https://beta.org) - The second.\n", "")
    moved += "- [Beta](https://beta.org) - The second.\n"
    assert counts(run(moved)) == (0, 1, 3, 0, 0)
    assert titles_in("Tools") == []
    assert set(titles_in("Books")) == {"Alpha", "Beta", "Delta"}
    before = history_rows()
    run(moved)
    assert history_rows() == before


def test_a_retired_entry_stays_retired(alice):
    run()
    beta = Resource.objects.get(title="Beta")
    retire_resource(resource_id=beta.pk, reason="gone", by=Authorship(actor=alice))
    result = run()
    assert counts(result) == (0, 0, 4, 0, 0)
    assert "retired" in result.report[0].message
    beta.refresh_from_db()
    assert beta.is_retired


def test_sections_of_one_name_are_one_and_keep_their_order():
    text = "## A\n- [a](https://a.org)\n## B\n- [b](https://b.org)\n## a\n- [c](https://c.org)\n"
    result = run(text)
    assert [section.title for section in Section.objects.in_order()] == ["A", "B"]
    assert titles_in("A") == ["a", "c"]
    assert [line.line for line in result.report] == [5]
    run(text.replace("## B", "## New\n## B"))
    assert [section.title for section in Section.objects.in_order()] == ["A", "New", "B"]


def test_titles_too_long_are_shortened_and_said_so():
    result = run(f"## {'s' * 300}\n- [{'t' * 400}](https://a.org)\n")
    assert result.created == 1
    assert len(Resource.objects.get().title) == 300
    assert len(Section.objects.get().title) == 200
    assert [line.line for line in result.report] == [1, 2]


def test_the_introduction_of_the_list_and_a_list_without_entries_are_reported():
    result = run("# L\n\nHello.\n")
    assert [line.line for line in result.report] == [1, 3]
    assert counts(result) == (0, 0, 0, 0, 0)


def test_someone_without_the_right_writes_nothing():
    stranger = User.objects.create_user(username="stranger", email="s@example.org")
    with pytest.raises(PermissionDenied):
        run(actor=stranger)
    assert history_rows() == 0


def test_the_language_of_new_entries_can_be_said():
    run(language="es")
    assert set(Resource.objects.values_list("language", flat=True)) == {"es"}
    with pytest.raises(ValidationError):
        run(language="not a code")


def test_progress_is_told_for_each_entry():
    seen: list[tuple[int, int]] = []
    run(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_number_of_queries_of_a_second_run_does_not_grow_with_the_list(
    django_assert_num_queries,
):
    def many(count: int) -> str:
        return "## S\n" + "".join(f"- [e{n}](https://e{n}.org)\n" for n in range(count))

    run(many(3))
    with django_assert_num_queries(7):
        run(many(3))
    run(many(60))
    with django_assert_num_queries(7):
        run(many(60))


def test_a_new_entry_costs_the_same_however_many_there_are():
    def queries(section: str, count: int) -> int:
        items = (f"- [{section} {n}](https://{section}{n}.org) - x\n" for n in range(count))
        with CaptureQueriesContext(connection) as captured:
            run(f"# L\n\n## {section}\n" + "".join(items))
        return len(captured)

    few, many = queries("a", 10), queries("b", 40)
    most = {"sqlite": 20, "postgresql": 21}[connection.vendor]
    assert most - 1 < (many - few) / 30 <= most


@pytest.mark.skipif(not LISTS.is_dir(), reason="the real lists are not here")
@pytest.mark.parametrize("name", ["awesome-ray", "free-courses-ar", "awesome-python"])
def test_real_lists_come_in_whole_and_a_second_time_change_nothing(name):
    text = read_list(LISTS / f"{name}.md")
    first = import_list(text=text, name=name)
    assert first.created == Resource.objects.count() > 25
    assert first.refused <= 1
    before = history_rows()
    second = import_list(text=text, name=name)
    assert (second.created, second.updated) == (0, 0)
    assert (second.unchanged, second.merged) == (first.created, first.merged)
    assert history_rows() == before


def test_a_comment_on_the_line_gives_kind_level_language_and_tags(db):
    text = (
        "# L\n\n## S\n\n"
        "- [A](https://a.example/) - Text. <!-- kind: tutorial; level: beginner; lang: es;"
        " tags: model serving, http -->\n"
        "- [B](https://b.example/) - Text. <!-- kind of good: yes -->\n"
        "- [C](https://c.example/) - Text. <!-- kind: poem -->\n"
    )
    result = import_list(text=text)
    a = Resource.objects.get(title="A")
    assert (a.kind, a.level, a.language) == ("tutorial", "beginner", "es")
    assert a.tags == ["model-serving", "http"]
    assert Resource.objects.get(title="B").kind == ""
    assert Resource.objects.get(title="C").kind == ""
    assert (result.created, result.refused) == (3, 0)
    assert [line.line for line in result.report] == [7]
    assert import_list(text=text).unchanged == 3
    assert a.history.count() == 1
