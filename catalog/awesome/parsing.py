"""An awesome list's README read into sections and entries, with a report of what was left.

The document's first heading of level 1 is its title; every other heading opens a section. List
items and table rows with a link to the web are entries; links into the document are navigation;
everything else is prose, which belongs to the introduction of the section (or of the list).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from catalog.awesome.blocks import (
    COMMENT,
    CONTENTS_TITLES,
    HTML_LINK,
    ListContent,
    bold_label,
    content_of,
    first_line,
    heading_title,
    inline_tokens,
    is_navigation,
    plain_html,
    source_of,
)
from catalog.awesome.drafts import Report, SectionDraft
from catalog.awesome.inlines import MAX_INLINE, MAX_NESTING, list_markdown
from catalog.awesome.lists import LISTS, EntryReader, quote
from catalog.awesome.model import ParsedList
from catalog.awesome.reading import normalise_lines

MAX_HTML = 20_000
"""Characters of one block of HTML that are looked at for a heading and for its message."""

ANCHORS_ONLY = re.compile(
    r"^ {0,3}(?:<a[ \t]+(?:name|id)=[^<>\n]*>[ \t]*(?:</a>[ \t]*)?)+$", re.MULTILINE
)
HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
CODE_ENTRY = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s.*\]\(https?://")


def parse_list(text: str, *, name: str = "") -> ParsedList:
    """Read the README `text`; any text is read without an exception.

    `name` is the list's title where the text has no heading of level 1.
    """
    # An anchor on a line of its own would turn the list right below it into raw HTML.
    text = ANCHORS_ONLY.sub("", normalise_lines(text))
    environment: dict[str, list[int]] = {}
    tokens = list_markdown().parse(text, environment)
    reader = _DocumentReader(text.split("\n"))
    for line in environment.get("overlong", []):
        message = _("A paragraph of more than %(limit)d characters was left out.")
        reader.report.note(line + 1, message % {"limit": MAX_INLINE})
    reader.report_too_deep(tokens)
    for node in SyntaxTreeNode(tokens).children:
        reader.read(node)
    return reader.finish(name)


class _DocumentReader:
    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.report = Report()
        self.title = ""
        self.title_line = 1
        self.introduction: list[str] = []
        self.introduction_line = 1
        self.sections: list[SectionDraft] = []
        self.open: list[SectionDraft] = []
        self.label: tuple[str, int] | None = None

    @cached_property
    def _orphans(self) -> SectionDraft:
        """The section for entries before any heading; named after the list at the end."""
        section = SectionDraft("", level=0, line=self.title_line, path=("",))
        self.sections.insert(0, section)
        return section

    @property
    def _section(self) -> SectionDraft:
        return self.open[-1] if self.open else self._orphans

    def report_too_deep(self, tokens: Sequence[Token]) -> None:
        """markdown-it reads nothing below its nesting limit, and says nothing either."""
        for token in tokens:
            if token.level >= MAX_NESTING - 1 and token.nesting == 1 and token.map:
                self.report.note(token.map[0] + 1, _("Nested too deeply: left out."))
                return

    def read(self, node: SyntaxTreeNode) -> None:
        """Take one block of the document."""
        if node.type in LISTS or node.type == "table":
            self._read_items(node)
            return
        if node.type == "heading":
            self._read_heading(node)
            return
        self._drop_label()
        if node.type == "paragraph":
            self._read_paragraph(node)
        elif node.type == "html_block":
            self._read_html(node)
        elif node.type not in {"hr", "front_matter"}:
            self._read_other(node)

    def _read_heading(self, node: SyntaxTreeNode) -> None:
        self._drop_label()
        inline = next(inline_tokens(node))
        title = heading_title(inline)
        if title:
            self._open_section(int(node.tag[1]), title, first_line(node))
        elif inline.content:
            self.report.note(first_line(node), _("A heading without words was left out."))

    def _open_section(self, level: int, title: str, line: int) -> None:
        if level == 1 and not self.title and not self.open:
            self.title, self.title_line = title, line
            return
        while self.open and self.open[-1].level >= level:
            self.open.pop()
        parents = self.open[-1].path if self.open else ()
        section = SectionDraft(title, level, line, (*parents, title))
        self.sections.append(section)
        self.open.append(section)

    def _read_items(self, node: SyntaxTreeNode) -> None:
        in_contents = bool(self.open) and self.open[-1].title.casefold() in CONTENTS_TITLES
        content = content_of(node, in_contents=in_contents)
        if content is ListContent.PROSE:
            self._drop_label()
            self._add_prose(source_of(node, self.lines), first_line(node))
            return
        label, self.label = self.label, None
        if content is ListContent.NAVIGATION:
            if self.open:
                self.open[-1].is_emptied = True
            return
        reader = EntryReader(self._section, self.report, self.lines)
        group = label[0] if label else ""
        if node.type == "table":
            reader.read_table(node, group)
        else:
            reader.read_list(node, group)

    def _read_paragraph(self, node: SyntaxTreeNode) -> None:
        inline = next(inline_tokens(node))
        label = bold_label(inline)
        if label:
            self.label = (label, first_line(node))
        elif is_navigation(inline):
            if self.open:
                self.open[-1].is_emptied = True
        else:
            self._add_prose(source_of(node, self.lines), first_line(node))

    def _read_html(self, node: SyntaxTreeNode) -> None:
        html = node.content
        if "<!--" in html and "-->" not in html[html.rindex("<!--") :]:
            self.report.note(first_line(node), _("A comment is never closed: all below is hidden."))
        html = COMMENT.sub("", html)[:MAX_HTML]
        heading = HTML_HEADING.search(html)
        if heading and (title := plain_html(heading[2])):
            self._open_section(int(heading[1]), title, first_line(node))
            html = html.replace(heading[0], "", 1)
        words, links = plain_html(html), len(HTML_LINK.findall(html))
        if self.open and (words or links):
            self.open[-1].is_emptied = True
        if links:
            message = _("A block of HTML was left out; links in it: %(count)d.")
            self.report.note(first_line(node), message % {"count": links})
        elif words:
            message = _("A block of HTML was left out: “%(text)s”.")
            self.report.note(first_line(node), message % {"text": quote(words)})

    def _read_other(self, node: SyntaxTreeNode) -> None:
        source = source_of(node, self.lines)
        line = first_line(node)
        if node.type == "code_block":
            for offset, code in enumerate(node.content.split("\n")):
                if CODE_ENTRY.match(code):
                    message = _("“%(text)s” is indented so far that it is code, not an entry.")
                    self.report.refuse(line + offset, message % {"text": quote(code)})
        self._add_prose(source, line)

    def _add_prose(self, markdown: str, line: int) -> None:
        if not markdown:
            return
        if not self.open:
            if not self.introduction:
                self.introduction_line = line
            self.introduction.append(markdown)
            return
        section = self.open[-1]
        section.prose.append(markdown)
        if section.entries:
            self.report.note(
                line, _("Text below entries was moved into the introduction of its section.")
            )

    def _drop_label(self) -> None:
        """A bold line with no list below it labels nothing."""
        if self.label:
            words, line = self.label
            self.label = None
            self.report.note(
                line, _("“%(text)s” labels no list and was left out.") % {"text": quote(words)}
            )

    def finish(self, name: str) -> ParsedList:
        self._drop_label()
        title = self.title or name or _("Untitled list")
        for section in self.sections:
            if section.level == 0:
                section.title, section.path = title, (title,)
        return ParsedList(
            title=title,
            introduction_markdown="\n\n".join(self.introduction),
            introduction_line=self.introduction_line,
            sections=tuple(section.finish() for section in self._kept_sections()),
            report=self.report.in_order(),
        )

    def _kept_sections(self) -> Iterator[SectionDraft]:
        """All sections but those that only held navigation or HTML, and nothing below them."""
        for section, following in zip_longest(self.sections, self.sections[1:]):
            has_children = following is not None and len(following.path) > len(section.path)
            if has_children or not section.is_hollow():
                yield section
