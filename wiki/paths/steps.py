"""The steps of a path as they are stored, and as text for differences."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changes.cleaning import clean_prose
from markup.rendering import MAX_TEXT_BYTES
from markup.slugs import clean_name
from wiki.paths.merging import Step
from wiki.paths.models import PathStep
from wiki.paths.targets import find_missing, show_targets

MAX_STEPS: Final = 100
MAX_MINUTES: Final = 60 * 24 * 30
MAX_STEP_TITLE: Final = 300
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
Kind = PathStep.Kind


def new_key() -> str:
    """A name for a step that no other step of any path has."""
    return secrets.token_hex(5)


def clean_steps(steps: Any) -> list[Step]:
    """Steps as they are stored; ValidationError about ``steps``. Two queries."""
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise ValidationError({"steps": _("Steps are a list.")})
    if len(steps) > MAX_STEPS:
        raise ValidationError({"steps": _("At most %(max)d steps.") % {"max": MAX_STEPS}})
    cleaned, faults = [], []
    for number, step in enumerate(steps, start=1):
        try:
            cleaned.append(_clean_step(step))
        except ValidationError as error:
            faults += [say_of_step(number, text) for text in error.messages]
    faults += _find_faults_of_all(cleaned)
    if faults:
        raise ValidationError({"steps": faults})
    return cleaned


def say_of_step(number: int, text: str) -> str:
    """A fault of the step with that number, in words."""
    return _("Step %(number)d: %(text)s") % {"number": number, "text": text}


def _clean_step(step: Mapping[str, Any]) -> Step:
    kind, target = step.get("kind"), step.get("target")
    title = clean_name(str(step.get("title") or ""))
    text = clean_prose(str(step.get("text") or ""), field="steps").strip("\n")
    key = str(step.get("key") or "") or new_key()
    if not _KEY.fullmatch(key):
        raise ValidationError(_("This is not the name of a step."))
    if kind not in Kind.values or (kind != Kind.NOTE and not isinstance(target, int)):
        raise ValidationError(_("A step leads to a page or an entry, or is a note."))
    if kind == Kind.NOTE and not (title or text.strip()):
        raise ValidationError(_("A note needs a title or a text."))
    if len(title) > MAX_STEP_TITLE:
        message = _("A title has at most %(max)d characters.")
        raise ValidationError(message % {"max": MAX_STEP_TITLE})
    return {
        "key": key,
        "kind": str(kind),
        "target": None if kind == Kind.NOTE else target,
        "title": title,
        "text": text,
        "minutes": _clean_minutes(step.get("minutes")),
    }


def _clean_minutes(minutes: Any) -> int | None:
    if minutes is None:
        return None
    if not isinstance(minutes, int) or not 0 < minutes <= MAX_MINUTES:
        raise ValidationError(_("The time is a number of minutes."))
    return minutes


def _find_faults_of_all(steps: Sequence[Step]) -> list[str]:
    faults = []
    keys = [step["key"] for step in steps]
    if len(set(keys)) < len(keys):
        faults.append(_("A step stands here twice."))
    if sum(len(step["text"].encode()) for step in steps) > MAX_TEXT_BYTES:
        message = _("All steps together have more than %(max)d KB of text.")
        faults.append(message % {"max": MAX_TEXT_BYTES // 1024})
    missing = find_missing({(s["kind"], s["target"]) for s in steps if s["kind"] != Kind.NOTE})
    faults += [
        say_of_step(number, _("What it leads to is not here."))
        for number, step in enumerate(steps, start=1)
        if (step["kind"], step["target"]) in missing
    ]
    return faults


def steps_as_texts(values: Sequence[Sequence[Step]]) -> list[str]:
    """Lists of steps as texts that can be compared, a block for each step; two queries."""
    shown = show_targets(step for steps in values for step in steps)
    return ["\n\n".join(_as_text(step, shown) for step in steps) for steps in values]


def _as_text(step: Step, shown: Mapping[tuple[str, int], tuple[str, str]]) -> str:
    target = shown.get((step["kind"], step["target"]))
    name = ""
    if step["kind"] == Kind.PAGE:
        name = _("page: %(title)s") % {"title": (target and target[1]) or _("deleted")}
    elif step["kind"] == Kind.RESOURCE:
        name = _("entry: %(title)s") % {"title": (target and target[1]) or _("deleted")}
    facts = " · ".join(part for part in (name, say_minutes(step["minutes"])) if part)
    lines = [f"## {step['title']}".rstrip(), facts, step["text"]]
    return "\n".join(line for line in lines if line)


def say_minutes(minutes: int | None) -> str:
    """How long in words, in hours from two hours on; "" where nobody said."""
    if not minutes:
        return ""
    if minutes < 120:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if not rest:
        return ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def total_minutes(steps: Sequence[Step]) -> int:
    return sum(step["minutes"] or 0 for step in steps)
