"""Formulas: ``$…$`` and ``$$…$$`` as MathML, on pages that say ``{{math}}`` on a line of their own.

Elsewhere a dollar is a dollar. What LaTeX makes is never trusted: its tree is written out by an
allow-list of ours, and a formula that cannot be read is shown as it was typed, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_FORMULA = 1_000  # characters
MAX_FORMULAS = 300  # of a document
MAX_LINES = 40  # of one formula
MAX_DEPTH = 30  # elements in each other

MATH_TAGS = frozenset(
    [
        "math",
        "menclose",
        "mfrac",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mroot",
        "mrow",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "none",
    ]
)
MATH_ATTRIBUTES = frozenset(
    [
        "accent",
        "accentunder",
        "columnalign",
        "columnspacing",
        "display",
        "displaystyle",
        "fence",
        "form",
        "linethickness",
        "lspace",
        "mathsize",
        "mathvariant",
        "maxsize",
        "minsize",
        "notation",
        "rowspacing",
        "rspace",
        "scriptlevel",
        "separator",
        "stretchy",
        "symmetric",
        "width",
    ]
)
MATH_VALUE = re.compile(r"[A-Za-z0-9.%+ -]{1,40}")

_SWITCH = re.compile(r"\{\{\s*math\s*\}\}")
# Pandoc's rule: no space inside, no digit behind, so that "$5 and $6" is no formula.
_INLINE = re.compile(rf"\$(?![\s$])((?:\\.|[^$\\]){{1,{MAX_FORMULA}}}?)(?<!\s)\$(?!\d)", re.DOTALL)
_DISPLAY = re.compile(rf"\$\$((?:\\.|[^$\\]){{1,{MAX_FORMULA}}}?)\$\$", re.DOTALL)
_FEWEST_CHILDREN = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_COMMAND = re.compile(r"\\[A-Za-z]+")


class BadFormulaError(ValueError):
    """A formula cannot be shown, and why, in words for people."""


def maths_plugin(md: MarkdownIt) -> None:
    """Add both rules to ``md``; they do nothing where ``env["math"]`` is not set."""
    md.inline.ruler.before("escape", "math_inline", _read_inline)
    alt = ["paragraph", "reference", "blockquote", "list"]
    md.block.ruler.before("fence", "math_block", _read_block, {"alt": alt})


def has_switch(tokens: Sequence[Token]) -> bool:
    """Whether a paragraph of the document is ``{{math}}``."""
    return any(_is_switch(tokens, index) for index in range(len(tokens)))


def without_switches(tokens: Sequence[Token]) -> list[Token]:
    """Return ``tokens`` without the paragraphs that are ``{{math}}``."""
    gone = {
        place
        for index in range(len(tokens))
        if _is_switch(tokens, index)
        for place in range(index, index + 3)
    }
    return [token for index, token in enumerate(tokens) if index not in gone]


def _is_switch(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.type != "paragraph_open" or token.level > 0:
        return False
    return _SWITCH.fullmatch(tokens[index + 1].content.strip()) is not None


def _read_inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "$" or not state.env.get("math"):
        return False
    is_display = state.src.startswith("$$", state.pos)
    found = (_DISPLAY if is_display else _INLINE).match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content, token.markup = found[1].strip(), found[0]
        token.meta["is_display"] = is_display
    state.pos = found.end()
    return True


def _read_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not state.env.get("math") or state.is_code_block(start):
        return False
    if not _line(state, start).startswith("$$"):
        return False
    last = _find_end(state, start, min(end, start + MAX_LINES))
    if last is None:
        return False
    if not silent:
        source = state.getLines(start, last + 1, state.blkIndent, False).strip()
        token = state.push("math_block", "", 0)
        token.content, token.markup = source[2:-2].strip(), source
        token.map = [start, last + 1]
        state.line = last + 1
    return True


def _find_end(state: StateBlock, start: int, end: int) -> int | None:
    """Return the line on which the formula that begins at ``start`` ends, None for none."""
    for number in range(start, end):
        line = _line(state, number)
        if not line or (number > start and state.sCount[number] < state.blkIndent):
            return None
        if line.endswith("$$") and (number > start or len(line) > 4):
            return number
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()


@dataclass
class Formulas:
    """Turns the formulas of one document into MathML, as many as it may have."""

    left: int = MAX_FORMULAS

    def render(self, source: str, *, is_display: bool) -> str:
        """Return MathML, or the source with the reason why there is none."""
        self.left -= 1
        try:
            if self.left < 0:
                raise BadFormulaError(
                    _("there are more than %(max)d formulas") % {"max": MAX_FORMULAS}
                )
            return to_mathml(source, is_display=is_display)
        except BadFormulaError as error:
            note = _("This formula cannot be shown: %(reason)s.") % {"reason": error}
            return (
                f'<span class="math-error"><code>{escapeHtml(source)}</code>'
                f" {escapeHtml(note)}</span>"
            )


def to_mathml(source: str, *, is_display: bool) -> str:
    """Return LaTeX ``source`` as MathML. Raises BadFormulaError."""
    if len(source) > MAX_FORMULA:
        raise BadFormulaError(_("it has more than %(max)d characters") % {"max": MAX_FORMULA})
    try:
        tree = convert_to_element(source, display="block" if is_display else "inline")
    except Exception as error:  # whatever latex2mathml meets, its own errors and others
        raise BadFormulaError(_words_for(error)) from None
    return _write(tree, 0)


def _words_for(error: Exception) -> str:
    name = type(error).__name__.removesuffix("Error")
    return {
        "NoAvailableTokens": _("something is missing at its end"),
        "ExtraLeftOrMissingRight": _("a \\left has no \\right"),
        "MissingEnd": _("a \\begin has no \\end"),
        "DoubleSubscripts": _("two subscripts follow each other"),
        "DoubleSuperscripts": _("two superscripts follow each other"),
        "MissingSuperScriptOrSubscript": _("a ^ or _ has nothing behind it"),
    }.get(name, _("it is not complete, or is no LaTeX"))


def _write(element: Element, depth: int) -> str:
    """Return an element with all in it; what is not on the lists is left out, its content kept."""
    if depth > MAX_DEPTH:
        raise BadFormulaError(_("it is nested too deeply"))
    text = unescape(element.text or "")
    unknown = _COMMAND.fullmatch(text)
    if unknown is not None:
        raise BadFormulaError(_("the command %(name)s is not known") % {"name": unknown[0]})
    inner = escapeHtml(text) + "".join(_write(child, depth + 1) for child in element)
    tag = element.tag
    if len(element) < _FEWEST_CHILDREN.get(tag, 0):
        raise BadFormulaError(_("something is missing at its end"))
    if tag not in MATH_TAGS:
        return inner
    return f"<{tag}{_attributes(element.attrib)}>{inner}</{tag}>"


def _attributes(attributes: dict[str, Any]) -> str:
    return "".join(
        f' {name}="{value}"'
        for name, value in attributes.items()
        if name in MATH_ATTRIBUTES and MATH_VALUE.fullmatch(str(value))
    )
