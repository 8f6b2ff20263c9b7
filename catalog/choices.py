"""Choices of forms that are made of sections."""

from __future__ import annotations

from catalog.models import Section


def section_choices() -> list[tuple[str, str]]:
    """(id, title) of all sections in reading order, deeper ones indented; one query."""
    return [
        (str(section.pk), "\u2003" * depth + section.title) for section, depth in section_tree()
    ]


def section_tree() -> list[tuple[Section, int]]:
    """All sections in reading order with their depth (0 at the top); one query."""
    children: dict[int | None, list[Section]] = {}
    for section in Section.objects.existing().in_order():
        children.setdefault(section.parent_id, []).append(section)
    tree: list[tuple[Section, int]] = []
    stack = [(section, 0) for section in reversed(children.get(None, []))]
    while stack:
        section, depth = stack.pop()
        tree.append((section, depth))
        stack += [(child, depth + 1) for child in reversed(children.get(section.pk, []))]
    return tree
