"""Edits that are not published at once: how the edit flow hands them to whoever keeps them.

This app knows no proposal; :mod:`moderation.proposal_desk` registers itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect

from changes.refusals import EditRefusedError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from changes.conflicts import ShownConflict
    from changes.editing import MergedEdit
    from changes.forms import RevisionForm, StrictForm
    from changes.models import Versioned
    from changes.refusals import EditHeldError


@dataclass(frozen=True, kw_only=True)
class Editing:
    """What an edit form is about: an object, or with ``obj`` None a new one of its kind.

    ``may_publish`` says whether whoever asks may save it at once, ``why_not`` why they may not
    ("" where their account may do nothing of the kind). ``form_options`` are for the form's class,
    ``initial`` fills that of a new object, ``part`` stands above what the form shows of an object
    as it stands. ``save`` publishes what the form holds, and returns the
    object and how its edit was merged (None for a new one).
    """

    object_type: str
    obj: Versioned | None
    may_publish: bool
    form_class: type[RevisionForm]
    save: Callable[[RevisionForm], tuple[Any, MergedEdit | None]]
    why_not: str = ""
    form_options: Mapping[str, Any] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    part: Mapping[str, Any] = field(default_factory=dict)

    def make_form(self, data: Any = None, **options: Any) -> RevisionForm:
        """The form, with what was sent or to be filled in."""
        return self.form_class(data, **self.form_options, **options)


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What a form is filled with instead of the object as it stands.

    ``obj`` is not saved and never to be. ``conflicts`` are those between it and the object.
    ``initial`` is for the fields that are none of the object's.
    """

    obj: Versioned
    conflicts: Sequence[ShownConflict] = ()
    initial: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where an edit went, and what its author is told."""

    url: str
    message: str


class Desk(Protocol):
    """Where one edit goes that is not published at once, or is published for somebody else.

    ``is_trapped`` lays the traps for programs on its form; ``context`` is for the form's template,
    which finds in it what is said above the form and what its button is called.
    """

    @property
    def is_trapped(self) -> bool: ...

    @property
    def context(self) -> Mapping[str, Any]: ...

    @property
    def proposal_version(self) -> int:
        """The version of the proposal that the form stands on; 0 where there is none."""
        ...

    def fill(self) -> Filling | None:
        """What the form is filled with; None for the object as it stands."""
        ...

    def keep(self, form: RevisionForm) -> Kept:
        """Keep what the form holds; raises what publishing it would raise."""
        ...


KeepWrite = Callable[["HttpRequest", "Versioned", str, EditRefusedError], Kept | None]
_keepers: list[KeepWrite] = []


def keep_writes(keeper: KeepWrite) -> None:
    """Have ``keeper`` asked to keep what was refused and has no edit form: a revert, a retirement.

    Registered in ``AppConfig.ready()``.
    """
    if keeper not in _keepers:
        _keepers.append(keeper)


def keep_or_refuse(
    request: HttpRequest, form: StrictForm, obj: Versioned, summary: str, refused: ValidationError
) -> HttpResponse | None:
    """Have a refused write of ``obj`` wait for a moderator: the way to where it waits.

    None where it cannot; ``form`` says why then.
    """
    error = refused
    if isinstance(refused, EditRefusedError) and refused.values is not None:
        try:
            for keep in _keepers:
                if kept := keep(request, obj, summary, refused):
                    messages.warning(request, kept.message)
                    return redirect(kept.url)
        except ValidationError as problem:
            error = problem
    form.add_validation_error(error)
    return None


FindDesk = Callable[["HttpRequest", Editing, "EditHeldError | None"], Desk | None]
_finders: list[FindDesk] = []


def keep_edits(finder: FindDesk) -> None:
    """Have ``finder`` asked where an edit goes; registered in ``AppConfig.ready()``.

    It is asked for every form, and again with the error where a guard held an edit that its author
    may publish. None: it is published, or where that may not be, refused.
    """
    if finder not in _finders:
        _finders.append(finder)


def find_desk(
    request: HttpRequest, editing: Editing, held: EditHeldError | None = None
) -> Desk | None:
    """Where this edit goes instead of being published."""
    return next((desk for finder in _finders if (desk := finder(request, editing, held))), None)
