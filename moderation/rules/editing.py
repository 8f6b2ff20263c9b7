"""What may change a rule: writing it, switching it on and off; each is in the public log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from changes.models import CONTENT_TYPES
from changes.recording import NothingChangedError
from moderation.log import log_decision
from moderation.log_kinds import LogKind, register_log_kind
from moderation.rules.conditions import clean_conditions
from moderation.rules.models import (
    MAX_LABEL,
    MAX_NAME,
    MAX_TEXT,
    EditKind,
    EditRule,
    EditRuleRevision,
    Standing,
)

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.log_models import Decision

KIND: Final = "edit_rule"
READ_RULES: Final = "moderation.view_editrule"
MANAGE_RULES: Final = "moderation.manage_rules"
MAX_COMMENT: Final = 500
#: What rules can be about: objects with revisions.
OBJECT_TYPES: Final = CONTENT_TYPES
_SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "standings": tuple(Standing.values),
    "object_types": tuple(str(object_type) for object_type in OBJECT_TYPES),
    "edit_kinds": tuple(EditKind.values),
}


class RuleChangedError(Exception):
    """Somebody saved the rule meanwhile; ``rule`` is as it stands, nothing was written."""

    def __init__(self, rule: EditRule) -> None:
        super().__init__(f"rule {rule.pk} is at version {rule.version}")
        self.rule = rule


class UntriedError(Exception):
    """The rule was not tried against past edits as it is now; nothing was written."""


def register_rule_log() -> None:
    """Make the decisions known to the log."""
    register_log_kind(
        LogKind(
            kind=KIND,
            label=gettext_lazy("Rule on edits"),
            actions={
                "create": gettext_lazy("Written"),
                "change": gettext_lazy("Changed"),
                "on": gettext_lazy("Switched on"),
                "off": gettext_lazy("Switched off"),
                "overload": gettext_lazy("Switched itself off"),
            },
            describe=_describe,
        )
    )


def _describe(decision: Decision) -> str:
    """What everyone may know: what becomes of the edits, not which ones they are."""
    action = decision.details.get("does")
    words = {
        EditRule.Action.TAG: _("The rule marks edits."),
        EditRule.Action.HOLD: _("The rule holds edits for a moderator."),
        EditRule.Action.REFUSE: _("The rule refuses edits."),
    }
    return words.get(action, "")


@transaction.atomic
def create_rule(*, values: Mapping[str, Any], by: User, comment: str = "") -> EditRule:
    """Write a new rule from values of ``EditRule.CONTENT``; it is off.

    Raises PermissionDenied, or ValidationError by field.
    """
    require(by, MANAGE_RULES)
    rule = EditRule(**_clean({**EditRule().content(), **values}))
    _save(rule)
    _keep_revision(rule, by, comment)
    _log("create", rule, by, comment)
    return rule


@transaction.atomic
def edit_rule(
    *,
    rule_id: int,
    base_version: int,
    values: Mapping[str, Any],
    by: User,
    comment: str = "",
    is_confirmed: bool = False,
) -> EditRule:
    """Change values of ``EditRule.CONTENT``; a rule that is on stays on.

    Raises PermissionDenied, ValidationError by field, RuleChangedError where ``base_version`` is
    not the newest, NothingChangedError, and UntriedError where a rule that is on would have another
    effect on edits and that was not confirmed.
    """
    require(by, MANAGE_RULES)
    rule = EditRule.objects.select_for_update().get(pk=rule_id)
    if rule.version != base_version:
        raise RuleChangedError(rule)
    before = rule.content()
    cleaned = _clean({**before, **values})
    if cleaned == before:
        raise NothingChangedError
    has_other_effect = any(cleaned[name] != before[name] for name in EditRule.EFFECT)
    if rule.is_enabled and has_other_effect and not is_confirmed:
        raise UntriedError
    for name, value in cleaned.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.changed_at = timezone.now()
    if has_other_effect:
        rule.edits_seen = rule.cost_ns = rule.edits_left_out = 0
    elif rule.tried_version == base_version:
        rule.tried_version = rule.version  # other words, the same effect
    if rule.is_enabled:
        rule.enabled_at = rule.changed_at
    _save(rule)
    _keep_revision(rule, by, comment)
    _log("change", rule, by, comment)
    return rule


@transaction.atomic
def switch_on_rule(*, rule_id: int, version: int, by: User, is_confirmed: bool = False) -> EditRule:
    """Have a rule look at every edit from now on.

    Raises PermissionDenied, RuleChangedError where ``version`` is not the newest,
    NothingChangedError, and UntriedError where it was not tried as it is and not ``is_confirmed``.
    """
    require(by, MANAGE_RULES)
    rule = EditRule.objects.select_for_update().get(pk=rule_id)
    if rule.version != version:
        raise RuleChangedError(rule)
    if rule.is_enabled:
        raise NothingChangedError
    if not rule.is_tried and not is_confirmed:
        raise UntriedError
    clean_conditions(rule.conditions)
    rule.is_enabled, rule.enabled_at = True, timezone.now()
    rule.off_reason, rule.is_off_by_itself = "", False
    rule.save(update_fields=["is_enabled", "enabled_at", "off_reason", "is_off_by_itself"])
    _log("on", rule, by, "")
    return rule


@transaction.atomic
def switch_off_rule(
    *, rule_id: int, by: User, reason: str = "", is_by_itself: bool = False
) -> EditRule:
    """Have a rule look at no edit any more. Raises PermissionDenied or NothingChangedError.

    ``is_by_itself``: the site's bot did, since it matched too much.
    """
    require(by, MANAGE_RULES)
    rule = EditRule.objects.select_for_update().get(pk=rule_id)
    if not rule.is_enabled:
        raise NothingChangedError
    rule.is_enabled, rule.enabled_at = False, None
    rule.off_reason, rule.is_off_by_itself = _clean_line(reason), is_by_itself
    rule.save(update_fields=["is_enabled", "enabled_at", "off_reason", "is_off_by_itself"])
    _log("overload" if is_by_itself else "off", rule, by, rule.off_reason)
    return rule


def _save(rule: EditRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        if EditRule.objects.filter(name=rule.name).exclude(pk=rule.pk).exists():
            raise ValidationError({"name": _("Another rule has this name.")}) from error
        raise


def _keep_revision(rule: EditRule, by: User, comment: str) -> None:
    EditRuleRevision.objects.create(
        rule=rule,
        number=rule.version,
        author=by,
        author_label=by.label,
        comment=_clean_line(comment),
        content=rule.content(),
    )


def _log(action: str, rule: EditRule, by: User, reason: str) -> None:
    log_decision(
        kind=KIND,
        target_type=KIND,
        target_id=rule.pk,
        title=rule.name,
        action=action,
        actor=by,
        reason=_clean_line(reason),
        details={"does": rule.action, "version": rule.version},
        permission=MANAGE_RULES,
    )


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of ``EditRule.CONTENT`` as they are stored. Raises ValidationError by field."""
    cleaned: dict[str, Any] = {
        "name": _clean_line(values["name"])[:MAX_NAME],
        "label": _clean_line(values["label"])[:MAX_LABEL],
        "match": values["match"],
        "action": values["action"],
        **{n: _clean_text(values[n]) for n in ("description", "notes", "message")},
        **{n: [v for v in known if v in values[n]] for n, known in _SCOPES.items()},
    }
    errors = _find_faults(cleaned)
    try:
        cleaned["conditions"] = clean_conditions(values["conditions"])
    except ValidationError as error:
        errors["conditions"] = error.messages
    if errors:
        raise ValidationError(errors)
    return cleaned


def _find_faults(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with the fields of a rule, its conditions aside."""
    choose = _("Choose one of the list.")
    is_tag = cleaned["action"] == EditRule.Action.TAG
    faults = (
        ("name", not cleaned["name"], _("A rule needs a name.")),
        ("match", cleaned["match"] not in EditRule.Match.values, choose),
        ("action", cleaned["action"] not in EditRule.Action.values, choose),
        (
            "label",
            is_tag and not cleaned["label"],
            _("Say in a word or two what the edits are marked with."),
        ),
        (
            "message",
            not is_tag and not cleaned["message"],
            _("Say what the author is told: why, and what to do instead."),
        ),
        ("standings", not cleaned["standings"], _("Choose whose edits it looks at.")),
    )
    return {name: text for name, is_wrong, text in faults if is_wrong}


def _clean_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:MAX_COMMENT]


def _clean_text(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:MAX_TEXT]
