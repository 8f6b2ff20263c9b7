"""Text to tokens: the one configuration of the Markdown parser, GitHub's flavour, HTML off."""

import re
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink, normalizeLinkText
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as read_table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

from markup.autolinks import autolink_plugin
from markup.documents import OutputTooLarge
from markup.highlighting import Highlighter
from markup.html_output import HtmlOutput
from markup.maths import Formulas, maths_plugin
from markup.urls import MAX_URL_LENGTH, REMEMBERED, is_allowed_address
from markup.wikilinks import wikilink_plugin

# Twenty lists in each other; what is nested deeper is not shown.
MAX_BLOCK_NESTING = 40
# Brackets in each other; the work on "[_[_[_…" grows with it.
MAX_INLINE_NESTING = 10
# A row of two characters may be completed to 256 cells, again and again.
MAX_BLOCK_TOKENS = 500_000

_FOOTNOTE_REFERENCE = re.compile(r"\[\^[^\s\[\]]{1,100}\]")

_normalise_link = lru_cache(REMEMBERED)(normalizeLink)


class SafeMarkdownIt(MarkdownIt):
    """MarkdownIt with our allow-list of addresses."""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Say whether ``url`` may be a link or image source at all; where not, it stays text."""
        return is_allowed_address(url)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return ``url`` with everything escaped that an attribute cannot hold."""
        return _normalise_link(url) if len(url) <= MAX_URL_LENGTH else normalizeLink(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        # An address that cannot be decoded (a broken IPv6 host) is shown as it was typed.
        try:
            return normalizeLinkText(link)
        except ValueError:
            return link


@cache
def document_parser() -> MarkdownIt:
    """Return the parser, shared by all threads: parsing keeps its state in objects of its own."""
    inline_parser = _build_parser(MAX_INLINE_NESTING)

    def parse_inlines(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = []
                inline_parser.inline.parse(token.content, inline_parser, state.env, token.children)

    md = _build_parser(MAX_BLOCK_NESTING)
    md.core.ruler.at("inline", parse_inlines)
    _compile_rules(md)
    return md


def _build_parser(max_nesting: int) -> MarkdownIt:
    md = SafeMarkdownIt(
        "commonmark",
        {
            "html": False,
            "maxNesting": max_nesting,
            "tasklists": True,
            "strikethrough_single_tilde": True,
        },
    )
    md.enable(["table", "strikethrough"])
    md.use(footnote_plugin, inline=False)
    md.use(wikilink_plugin)
    md.use(autolink_plugin)
    md.use(maths_plugin)
    md.block.ruler.at("table", _read_bounded_table, {"alt": ["paragraph", "reference"]})
    md.inline.ruler.at("footnote_ref", _read_bounded_footnote)
    # Last, because plugins put rules of their own into the renderer.
    md.renderer = HtmlOutput(md)
    _compile_rules(md)
    return md


def _compile_rules(md: MarkdownIt) -> None:
    # The rulers fill their caches on first use, in steps that another thread could see half done.
    for ruler in (md.core.ruler, md.block.ruler, md.inline.ruler, md.inline.ruler2):
        ruler.getRules("")


def _read_bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    is_table = read_table(state, start, end, silent)
    if len(state.tokens) > MAX_BLOCK_TOKENS:
        raise OutputTooLarge
    return is_table


def _read_bounded_footnote(state: StateInline, silent: bool) -> bool:
    # The plugin's rule looks for the end of a label up to the end of the text, at every "[^".
    if not state.src.startswith("[^", state.pos):
        return False
    if _FOOTNOTE_REFERENCE.match(state.src, state.pos, state.posMax) is None:
        return False
    return footnote_ref(state, silent)


def render_tokens(tokens: list[Token]) -> str:
    """Return ``tokens`` as HTML, not sanitised yet. Raises OutputTooLarge."""
    parser = document_parser()
    # What a document may cost besides its length is counted in these.
    env = {"highlighter": Highlighter(), "formulas": Formulas()}
    return str(parser.renderer.render(tokens, parser.options, env))
