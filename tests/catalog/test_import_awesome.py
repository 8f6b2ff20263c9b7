"""The command: what it prints, and how it fails."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Resource
from changes.models import Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# L\n\n## S\n\n- [a](https://a.org) - text\n- [b](b.md)\n", "utf-8")
    return path


def run(*args) -> str:
    out = StringIO()
    call_command("import_awesome", *map(str, args), stdout=out)
    return out.getvalue()


def test_json_is_one_object_with_counts_and_report(readme):
    (line,) = run(readme, "--json").splitlines()
    found = json.loads(line)
    (entry,) = found.pop("report")
    assert found == {"created": 1, "updated": 0, "unchanged": 0, "merged": 0, "refused": 1}
    assert entry.keys() == {"line", "message"}
    assert entry["line"] == 6


def test_people_get_the_report_by_line_and_the_counts(readme):
    lines = run(readme).splitlines()
    assert lines[0].startswith("line 6: ")
    assert lines[-1] == "1 created, 0 updated, 0 unchanged, 0 merged, 1 refused."


def test_a_dry_run_says_so_and_writes_nothing(readme):
    assert "Dry run" in run(readme, "--dry-run")
    assert not Resource.objects.exists()
    assert json.loads(run(readme, "--dry-run", "--json"))["created"] == 1


def test_the_actor_can_be_named_in_any_case(readme, erin):
    run(readme, "--actor", "ERIN")
    assert set(Change.objects.values_list("actor__username", flat=True)) == {"erin"}


@pytest.mark.parametrize(
    ("data", "args", "word"),
    [
        (None, [], "README.md"),
        (b"\0", [], "binary"),
        (b"\xff\xfe", [], "UTF-8"),
        (b"## S\n- [a](https://a.org)\n", ["--actor", "nobody"], "nobody"),
        (b"## S\n- [a](https://a.org)\n", ["--actor", "alice"], "alice"),
        (b"## S\n- [a](https://a.org)\n", ["--language", "klingon!"], "language"),
    ],
)
def test_failures_are_one_readable_line_and_write_nothing(readme, alice, data, args, word):
    readme.unlink()
    if data is not None:
        readme.write_bytes(data)
    with pytest.raises(CommandError) as failure:
        run(readme, *args)
    assert word in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not Change.objects.exists()


def test_an_empty_file_creates_nothing_and_says_so(readme):
    readme.write_bytes(b"")
    found = json.loads(run(readme, "--json"))
    assert found["created"] == found["refused"] == 0
    assert found["report"][0]["line"] == 1
