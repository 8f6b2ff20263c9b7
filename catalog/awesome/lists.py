"""Lists and tables become entries of a section."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from catalog.awesome.blocks import (
    UNDEFINED_REFERENCE,
    first_line,
    inline_tokens,
    plain_html,
    source_of,
)
from catalog.awesome.drafts import Report, SectionDraft
from catalog.awesome.entries import build_entry, label_of
from catalog.awesome.inlines import pieces_of
from catalog.awesome.items import ItemText, LinkKind

LISTS = {"bullet_list", "ordered_list"}
HOST_WITHOUT_SCHEME = re.compile(r"(?:www\.|[\w-]+(?:\.[\w-]+)+/)")
SHOWN = 80
"""Characters of a list's text that a message quotes."""


class EntryReader:
    """Reads lists and tables into one section."""

    def __init__(self, section: SectionDraft, report: Report, lines: Sequence[str]) -> None:
        self.section = section
        self.report = report
        self.lines = lines

    def read_list(self, node: SyntaxTreeNode, group: str, parent: int | None = None) -> None:
        """Take the items of a list under the label `group`, below the entry `parent`."""
        for item in node.children:
            self._read_item(item, group, parent)

    def read_table(self, node: SyntaxTreeNode, group: str) -> None:
        """Take each row of a table: its first outside link is the entry, its cells the text."""
        for part in node.children:
            for row in part.children:
                self._read_row(row, group, is_head=part.type == "thead")

    def _read_row(self, row: SyntaxTreeNode, group: str, *, is_head: bool) -> None:
        text = ItemText()
        for inline in inline_tokens(row):
            if inline.content:
                text.add(inline.content, pieces_of(inline), first_line(row), separator=" – ")
        link = text.title_link()
        if link is not None:
            entry, _label = build_entry(text, link, group=group, parent=None, has_children=False)
            self.section.add_entry(entry)
        elif not is_head and text.source:
            self._leave_out(text, first_line(row), parent=None)

    def _read_item(self, item: SyntaxTreeNode, group: str, parent: int | None) -> None:
        text, blocks, nested = self._parts(item)
        link = text.title_link()
        if link is None:
            label = label_of(text.markdown())
            if not nested or text.pieces:
                self._leave_out(text, first_line(item), parent)
            self._keep_blocks(blocks, parent)
            for child in nested:
                self.read_list(child, label or group, parent)
            return
        has_children = any(_has_outside_link(child) for child in nested)
        entry, label = build_entry(
            text, link, group=group, parent=parent, has_children=has_children
        )
        index = self.section.add_entry(entry)
        self._keep_blocks(blocks, index)
        for child in nested:
            self.read_list(child, label, index)

    def _parts(
        self, item: SyntaxTreeNode
    ) -> tuple[ItemText, list[SyntaxTreeNode], list[SyntaxTreeNode]]:
        """An item's own text, its other blocks, and the lists in it."""
        text, blocks, nested = ItemText(), [], []
        for child in item.children:
            if child.type in LISTS:
                nested.append(child)
            elif child.type in {"paragraph", "heading"}:
                for inline in inline_tokens(child):
                    text.add(inline.content, pieces_of(inline), first_line(child))
            else:
                blocks.append(child)
        return text, blocks, nested

    def _keep_blocks(self, blocks: Sequence[SyntaxTreeNode], index: int | None) -> None:
        """Code, quotations and the like belong to the entry they stand in."""
        for block in blocks:
            if block.type == "hr" or (block.type == "html_block" and not plain_html(block.content)):
                continue
            if index is None or block.type == "html_block":
                self.report.note(first_line(block), _("A block inside a list item was left out."))
            else:
                self.section.add_note(index, source_of(block, self.lines))

    def _leave_out(self, text: ItemText, line: int, parent: int | None) -> None:
        """An item without a link that could be taken: a remark of its parent, or reported."""
        refusal = refusal_of(text)
        if refusal:
            self.report.refuse(line, refusal)
        elif text.links(LinkKind.INTERNAL):
            self.section.is_emptied = True
        elif parent is not None and text.source:
            entry = self.section.entries[parent]
            last = entry.description.rsplit("\n", 1)[-1]
            separator = "\n" if last.startswith("- ") else "\n\n"
            self.section.add_note(parent, f"- {text.markdown()}", separator=separator)
        elif text.source:
            quoted = quote(text.source)
            self.report.note(line, _("“%(text)s” has no link.") % {"text": quoted})


def refusal_of(text: ItemText) -> str:
    """Why the link in an item that has no usable one is not taken; "" where there is no link."""
    for link in text.links(LinkKind.RELATIVE):
        if HOST_WITHOUT_SCHEME.match(link.url):
            message = _("“%(url)s” does not say https:// at its beginning.")
        else:
            message = _("“%(url)s” is a place among the list's own files, not on the web.")
        return message % {"url": quote(link.url)}
    for link in text.links(LinkKind.UNSUPPORTED):
        return _("“%(url)s” is no web address (http or https).") % {"url": quote(link.url)}
    if any(text.is_broken(piece) for piece in text.pieces):
        return _("The link in “%(text)s” is broken Markdown.") % {"text": quote(text.source)}
    if not text.pieces and (reference := UNDEFINED_REFERENCE.search(text.source)):
        return _("The reference %(text)s is not defined.") % {"text": quote(reference[0])}
    return ""


def quote(text: str) -> str:
    """The beginning of `text` on one line, for a message; nothing in it steers a terminal."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def _has_outside_link(node: SyntaxTreeNode) -> bool:
    return any(_outside(inline) for inline in inline_tokens(node))


def _outside(inline: Token) -> bool:
    text = ItemText()
    text.add(inline.content, pieces_of(inline), 1)
    return text.title_link() is not None
