"""Three-way merge of the steps of a path: step by step, and field by field within a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markup.merging import merge_texts, merge_values

Step = dict[str, Any]


def merge_steps(
    base: Sequence[Step], theirs: Sequence[Step], mine: Sequence[Step]
) -> tuple[list[Step], bool]:
    """The steps that two people made of ``base``, and whether that is a conflict (then theirs).

    Steps are known by their keys: who moves one and who changes its text are in no conflict.
    """
    if theirs == mine or mine == base:
        return list(theirs), False
    if theirs == base:
        return list(mine), False
    sides = [{step["key"]: step for step in side} for side in (base, theirs, mine)]
    merged: dict[str, Step] = {}
    for key in dict.fromkeys(key for side in sides for key in side):
        step, is_conflict = _merge_step(*(side.get(key) for side in sides))
        if is_conflict:
            return list(theirs), True
        if step is not None:
            merged[key] = step
    order = _merge_order(*(list(side) for side in sides), kept=set(merged))
    if order is None:
        return list(theirs), True
    return [merged[key] for key in order], False


def _merge_step(
    base: Step | None, theirs: Step | None, mine: Step | None
) -> tuple[Step | None, bool]:
    if base is None or theirs is None or mine is None:
        return merge_values(base, theirs, mine)
    step: Step = {"key": theirs["key"]}
    for names in (("kind", "target"), ("title",), ("minutes",)):
        values = [tuple(side[name] for name in names) for side in (base, theirs, mine)]
        value, is_conflict = merge_values(*values)
        if is_conflict:
            return theirs, True
        step |= dict(zip(names, value, strict=True))
    merge = merge_texts(base["text"], theirs["text"], mine["text"])
    if merge.text is None:
        return theirs, True
    return {**step, "text": merge.text}, False


def _merge_order(
    base: list[str], theirs: list[str], mine: list[str], *, kept: set[str]
) -> list[str] | None:
    """The keys in an order that both meant; None where they moved the same steps differently."""
    number = {key: str(at) for at, key in enumerate(sorted(kept))}  # a word each, whatever the key
    texts = ["\n".join(number[key] for key in keys if key in kept) for keys in (base, theirs, mine)]
    merge = merge_texts(*texts, both_insertions=True)
    numbers = (merge.text or "").split()
    if sorted(numbers) != sorted(number.values()):
        return None
    keys = {name: key for key, name in number.items()}
    return [keys[name] for name in numbers]
