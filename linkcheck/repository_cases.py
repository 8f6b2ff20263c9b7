"""Cases about repositories: archived by their owner, or called otherwise today (rule 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy

from linkcheck import cases as link_cases
from linkcheck.forms import LinkDecisionForm
from linkcheck.kinds import REPO_ARCHIVED, REPO_RENAMED
from linkcheck.models import Repository
from linkcheck.undoing import settled, undo
from moderation.handlers import CaseHandler, CaseView, register_handler
from moderation.models import Case

_TEMPLATE = "linkcheck/_case_repository.html"


def register_repository_cases() -> None:
    """Make the kinds of repositories known to moderation."""
    for kind, label, actions in (
        (
            REPO_ARCHIVED,
            gettext_lazy("archived repository"),
            (link_cases.REPLACE, link_cases.RETIRE, link_cases.DISMISS),
        ),
        (
            REPO_RENAMED,
            gettext_lazy("renamed repository"),
            (link_cases.REPLACE, link_cases.DISMISS),
        ),
    ):
        register_handler(
            CaseHandler(
                kind=kind,
                label=label,
                health="moved" if kind == REPO_RENAMED else "unsure",
                template=_TEMPLATE,
                actions=actions,
                find_views=_find_views,
                apply=link_cases.apply,
                describe=link_cases.describe,
                undo=undo,
                settled=settled,
                foresee=link_cases.foresee,
                form_class=LinkDecisionForm,
            )
        )


def _find_views(cases: Sequence[Case]) -> Mapping[int, CaseView]:
    """As cases about links are shown, with what the forge says."""
    views = link_cases.find_views(cases)
    repositories = {
        repository.link_id: repository
        for repository in Repository.objects.filter(link_id__in=[case.target_id for case in cases])
    }
    return {
        case.pk: _with_repository(views[case.pk], repositories.get(case.target_id))
        for case in cases
        if case.pk in views
    }


def _with_repository(view: CaseView, repository: Repository | None) -> CaseView:
    new_url = repository.url if repository is not None and repository.is_renamed else ""
    return replace(
        view,
        context={**view.context, "repository": repository, "suggestion": new_url, "learned": None},
        initial={"new_url": new_url},
        withheld=frozenset(),
    )
