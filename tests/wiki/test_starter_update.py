"""A new edition of the starter comes as proposals: nothing twice, nothing over anybody's edit."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from catalog.editing import edit_resource, retire_resource
from catalog.models import Resource, Section
from changes.recording import Authorship
from moderation.models import Proposal
from moderation.proposal_kinds import get_proposal_kind
from moderation.proposing import Proposer, withdraw_proposal
from wiki.editing import delete_page, edit_page, rename_page
from wiki.models import Page
from wiki.starter import fill_site
from wiki.starter_update import NotFilledError, UpdateResult, update_site

pytestmark = pytest.mark.django_db

LEAVES = "First paragraph.\n\nSecond paragraph.\n\nThird paragraph.\n"


class Edition:
    """The files of a starter that a test edits, and the two things one does with them."""

    def __init__(self, folder: Path, bot: User) -> None:
        self.folder, self.bot = folder, bot
        self.sections: dict[str, str] = {"Green": "Leaves that stayed green."}
        self.entries = {"Sencha": "A steamed leaf from Japan."}
        self.page("Leaves", LEAVES)

    def page(self, title: str, body: str, head: str = "section: Green") -> None:
        path = self.folder / "pages" / f"{title.lower()}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\ntitle: {title}\n{head}\n---\n\n{body}")

    @property
    def list_path(self) -> Path:
        lines = ["# Tea", ""]
        for section, introduction in self.sections.items():
            lines += [f"## {section}", "", introduction, ""]
            lines += [
                f"- [{title}](https://{title.lower()}.example/) - {text}"
                for title, text in self.entries.items()
                if section == "Green" or title == section
            ]
            lines.append("")
        path = self.folder / "README.md"
        path.write_text("\n".join(lines))
        return path

    def fill(self) -> None:
        pages = self.folder / "pages"
        fill_site(list_path=self.list_path, pages_path=pages, actor=self.bot)

    def update(self, *, dry_run: bool = False) -> UpdateResult:
        pages = self.folder / "pages"
        return update_site(
            list_path=self.list_path, pages_path=pages, actor=self.bot, dry_run=dry_run
        )


@pytest.fixture
def edition(tmp_path: Path, db: None) -> Edition:
    found = Edition(tmp_path, User.objects.get_bot())
    found.fill()
    return found


def test_a_new_learning_path_is_proposed_once_and_a_new_edition_of_it_too(
    edition: Edition,
) -> None:
    def bring() -> UpdateResult:
        return update_site(
            list_path=edition.list_path,
            pages_path=edition.folder / "pages",
            paths_path=edition.folder / "paths",
            actor=edition.bot,
        )

    def write(words: str) -> None:
        head = "---\ntitle: First cup\nsection: Green\nlanguage: en\n---\n\n"
        steps = f"Begin.\n\n## Leaf (5 min)\n-> [[Leaves]]\n\n{words}\n\n## Cup\n\nPour.\n"
        (edition.folder / "paths").mkdir(exist_ok=True)
        (edition.folder / "paths" / "first-cup.md").write_text(head + steps)

    write("Look.")
    assert bring().counts["proposed"] == 1
    assert "proposed" not in bring().counts
    publish(Proposal.objects.get(object_type="path"))
    assert "proposed" not in bring().counts
    write("Look twice.")
    assert bring().counts["proposed"] == 1
    proposed = Proposal.objects.open().get(object_type="path").fields
    assert [step["text"] for step in proposed["steps"]] == ["Look twice.", "Pour."]


def leaves() -> Page:
    return Page.objects.get(slug="leaves")


def publish(proposal: Proposal) -> None:
    """What a moderator's approval does to object and proposal."""
    by = Authorship(actor=User.objects.get_bot())
    kind = get_proposal_kind(proposal.object_type)
    if proposal.is_new:
        made = kind.create(proposal.fields, by, None)
        proposal.object_id = made.pk
    else:
        assert proposal.object_id and proposal.base_version
        kind.edit(proposal.object_id, proposal.base_version, proposal.fields, by)
    close(proposal, Proposal.State.APPROVED)


def close(proposal: Proposal, state: str) -> None:
    proposal.state, proposal.decided_at = state, proposal.updated_at
    proposal.save()


def edit_leaves(by: User, body: str) -> None:
    page = leaves()
    edit_page(
        page_id=page.pk,
        base_version=page.version,
        values={"body": body},
        by=Authorship(actor=by),
    )


def test_the_same_edition_proposes_nothing(edition: Edition) -> None:
    assert edition.update().counts == {"unchanged": 3}
    assert not Proposal.objects.exists()


def test_what_the_new_edition_changes_is_proposed_and_not_written(edition: Edition) -> None:
    edition.page("Leaves", LEAVES.replace("Second", "Better"))
    edition.entries["Sencha"] = "A steamed leaf, drunk in Japan."
    edition.sections["Green"] = "Leaves that never turned black."
    assert edition.update().counts == {"proposed": 3}
    assert leaves().body == LEAVES
    fields = {p.object_type: p.fields for p in Proposal.objects.waiting()}
    assert fields["page"] == {"body": LEAVES.replace("Second", "Better")}
    assert fields["resource"] == {"description": "A steamed leaf, drunk in Japan."}
    assert fields["section"] == {"introduction": "Leaves that never turned black."}


def test_nothing_is_proposed_twice(edition: Edition) -> None:
    edition.page("Leaves", LEAVES + "\nMore.\n")
    edition.entries["Gyokuro"] = "A leaf that grew in the shade."
    assert edition.update().counts["proposed"] == 2
    before = list(Proposal.objects.values("pk", "version", "fields"))
    assert set(edition.update().counts) == {"unchanged"}
    assert list(Proposal.objects.values("pk", "version", "fields")) == before


def test_what_people_wrote_elsewhere_in_the_page_stays_in_the_proposal(
    edition: Edition, alice: User
) -> None:
    edit_leaves(alice, LEAVES.replace("First", "Alice's"))
    edition.page("Leaves", LEAVES.replace("Third", "Last"))
    edition.update()
    body = Proposal.objects.get().fields["body"]
    assert body == LEAVES.replace("First", "Alice's").replace("Third", "Last")
    assert leaves().body == LEAVES.replace("First", "Alice's")


def test_where_both_changed_the_same_place_nothing_is_proposed(
    edition: Edition, alice: User
) -> None:
    edit_leaves(alice, LEAVES.replace("Second paragraph.", "Alice's own words."))
    edition.page("Leaves", LEAVES.replace("Second paragraph.", "The starter's new words."))
    for _ in range(2):  # it is told each time, until somebody settles it
        result = edition.update()
        assert [(line.outcome, line.note) for line in result.lines] == [("conflict", "body")]
    assert not Proposal.objects.exists()


def test_a_further_edition_revises_what_still_waits(edition: Edition) -> None:
    edition.page("Leaves", LEAVES + "\nMore.\n")
    edition.update()
    edition.page("Leaves", LEAVES + "\nMore, and better.\n")
    assert edition.update().counts["revised"] == 1
    proposal = Proposal.objects.get()
    assert (proposal.version, proposal.fields["body"]) == (2, LEAVES + "\nMore, and better.\n")


def test_after_an_approval_the_next_edition_is_compared_with_that(
    edition: Edition, alice: User
) -> None:
    edition.page("Leaves", LEAVES + "\nMore.\n")
    edition.update()
    publish(Proposal.objects.get())
    assert set(edition.update().counts) == {"unchanged"}
    edit_leaves(alice, LEAVES.replace("First", "Alice's") + "\nMore.\n")
    edition.page("Leaves", LEAVES + "\nMore tea.\n")
    edition.update()
    body = Proposal.objects.waiting().get().fields["body"]
    assert body == LEAVES.replace("First", "Alice's") + "\nMore tea.\n"


def test_what_was_declined_comes_back_only_when_the_starter_changes_again(
    edition: Edition,
) -> None:
    edition.page("Leaves", LEAVES.replace("Second", "Worse"))
    edition.update()
    close(Proposal.objects.get(), Proposal.State.DECLINED)
    assert set(edition.update().counts) == {"unchanged"}
    edition.page("Leaves", LEAVES.replace("Second", "Worse").replace("Third", "Last"))
    edition.update()
    assert Proposal.objects.waiting().get().fields["body"] == LEAVES.replace("Third", "Last")


def test_what_stands_here_already_needs_no_proposal(edition: Edition, alice: User) -> None:
    edition.page("Leaves", LEAVES + "\nMore.\n")
    edition.update()
    edit_leaves(alice, LEAVES + "\nMore.\n")
    assert set(edition.update().counts) == {"unchanged"}
    assert not Proposal.objects.waiting().exists()
    edition.page("Leaves", LEAVES + "\nMore.\n\nAnd more.\n")
    edition.update()
    assert Proposal.objects.waiting().get().fields["body"] == LEAVES + "\nMore.\n\nAnd more.\n"


def test_new_pages_and_entries_are_proposed_as_new(edition: Edition) -> None:
    edition.page("Cups", "Cups are small.\n")
    edition.entries["Gyokuro"] = "A leaf that grew in the shade."
    assert edition.update().counts["proposed"] == 2
    for proposal in Proposal.objects.all():
        assert proposal.is_new
        publish(proposal)
    assert Page.objects.get(slug="cups").section == Section.objects.get(title="Green")
    assert Resource.objects.filter(title="Gyokuro").exists()
    edition.page("Cups", "Cups are very small.\n")
    result = edition.update()
    assert (result.counts, Proposal.objects.waiting().get().fields) == (
        {"unchanged": 4, "proposed": 1},
        {"body": "Cups are very small.\n"},
    )


def test_a_new_page_that_waits_is_revised_and_a_declined_one_stays_away(edition: Edition) -> None:
    edition.page("Cups", "Cups are small.\n")
    edition.update()
    edition.page("Cups", "Cups are very small.\n")
    assert edition.update().counts["revised"] == 1
    assert Proposal.objects.get().fields["body"] == "Cups are very small.\n"
    close(Proposal.objects.get(), Proposal.State.DECLINED)
    edition.page("Cups", "Cups are tiny.\n")
    assert edition.update().counts["declined"] == 1
    assert Proposal.objects.count() == 1


def test_entries_of_a_new_section_wait_until_it_stands(edition: Edition) -> None:
    edition.sections["Black"] = "Leaves that turned."
    edition.entries = {"Sencha": edition.entries["Sencha"]}
    edition.page("Pots", "Pots are round.\n", head="section: Black")
    assert edition.update().counts == {"unchanged": 3, "proposed": 1, "waits": 1}
    publish(Proposal.objects.get())
    assert edition.update().counts["proposed"] == 1
    assert Proposal.objects.waiting().get().title == "Pots"


def test_a_translation_waits_for_its_original(edition: Edition) -> None:
    edition.page("Cups", "Cups are small.\n")
    edition.page("Tazas", "Las tazas son pequeñas.\n", head="language: es\ntranslation-of: Cups")
    result = edition.update()
    assert [(line.outcome, line.title) for line in result.lines] == [
        ("proposed", "Cups"),
        ("waits", "Tazas"),
    ]


def test_what_people_renamed_or_took_away_is_left_alone(edition: Edition, maria: User) -> None:
    by = Authorship(actor=maria)
    rename_page(page_id=leaves().pk, new_title="All leaves", by=by)
    resource = Resource.objects.get(title="Sencha")
    retire_resource(resource_id=resource.pk, reason="cold", by=by)
    edition.page("Leaves", LEAVES + "\nMore.\n")
    edition.entries["Sencha"] = "Another description of it."
    assert edition.update().counts == {"unchanged": 1, "kept": 1, "proposed": 1}
    proposal = Proposal.objects.get()
    assert (proposal.title, list(proposal.fields)) == ("All leaves", ["body"])
    withdraw_proposal(proposal_id=proposal.pk, by=Proposer(user=edition.bot))
    page = Page.objects.get(slug="all-leaves")
    delete_page(page_id=page.pk, reason="cold too", by=by)
    edition.page("Leaves", LEAVES + "\nStill more.\n")
    assert edition.update().counts == {"unchanged": 1, "kept": 2}


def test_an_entry_whose_address_was_mended_here_is_known_again(
    edition: Edition, erin: User
) -> None:
    resource = Resource.objects.get(title="Sencha")
    edit_resource(
        resource_id=resource.pk,
        base_version=resource.version,
        values={"url": "https://sencha.example/new"},
        by=Authorship(actor=erin),
    )
    edition.entries["Sencha"] = "A steamed leaf, drunk in Japan."
    edition.update()
    proposal = Proposal.objects.get()
    assert (proposal.object_id, list(proposal.fields)) == (resource.pk, ["description"])


def test_a_page_that_somebody_else_wrote_is_not_the_starters(edition: Edition, alice: User) -> None:
    from wiki.editing import create_page

    create_page(values={"title": "Cups", "body": "Ours.\n"}, by=Authorship(actor=alice))
    edition.page("Cups", "Cups are small.\n")
    assert edition.update().counts["kept"] == 1
    assert not Proposal.objects.exists()


def test_a_dry_run_says_the_same_and_writes_nothing(edition: Edition) -> None:
    edition.page("Leaves", LEAVES + "\nMore.\n")
    dry = edition.update(dry_run=True)
    assert not Proposal.objects.exists()
    assert edition.update() == dry


def test_an_empty_site_is_filled_and_not_updated(tmp_path: Path, db: None) -> None:
    edition = Edition(tmp_path, User.objects.get_bot())
    with pytest.raises(NotFilledError):
        edition.update()


def call(*arguments: str) -> str:
    out = StringIO()
    call_command("make_starter", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_what_it_did_and_json_for_programs(edition: Edition) -> None:
    edition.entries["Gyokuro"] = "A leaf that grew in the shade."
    path = str(edition.list_path)
    dry: dict[str, Any] = json.loads(call(path, "--update", "--dry-run", "--json"))
    assert (dry["dry_run"], dry["counts"]) == (True, {"unchanged": 2, "proposed": 1})
    assert dry["lines"][0]["title"] == "Gyokuro"
    told = call(path, "--update")
    assert "proposed: resource “Gyokuro”" in told
    assert "1 proposed, 2 unchanged." in told
    with pytest.raises(CommandError, match="--dry-run"):
        call(path, "--dry-run")
