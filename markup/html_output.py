"""Tokens to HTML, as we write it: accessible tables, tasks and footnotes, and never too much."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from django.utils.translation import gettext as _
from markdown_it.common.utils import escapeHtml, unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from markup.alerts import alert_title
from markup.documents import MAX_OUTPUT_BYTES, OutputTooLarge
from markup.sources import describe_sources

_LANGUAGE = re.compile(r"[\w+#.-]{1,40}(?=\s|\Z)")


class HtmlOutput(RendererHTML):
    """RendererHTML whose methods are named for the token types; it keeps no state of its own."""

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        """Return the HTML of a document. Raises OutputTooLarge."""
        return self._render_bounded(tokens, options, env)

    def renderInline(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:  # noqa: N802
        return self._render_bounded(tokens, options, env)

    def _render_bounded(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        # Counted on the way: one long address referred to 100,000 times would fill the memory.
        parts: list[str] = []
        size = 0
        for index, token in enumerate(tokens):
            if token.type == "inline":
                part = self.renderInline(token.children or [], options, env)
            elif token.type in self.rules:
                part = self.rules[token.type](tokens, index, options, env)
            else:
                part = self.renderToken(tokens, index, options, env)
            parts.append(part)
            size += len(part)
            if size > MAX_OUTPUT_BYTES:
                raise OutputTooLarge
        return "".join(parts)

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        # The box holds the heading and its links: no part of the heading, nor of its name.
        opening = self.renderToken(tokens, idx, options, env)
        return opening.replace("<h", '<div class="heading"><h', 1)

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[idx]
        address, label = quote(token.meta["anchor"]), escapeHtml(token.meta["label"])
        link = f'<a class="heading-anchor" href="#{address}" aria-label="{label}"></a>'
        return f"</{token.tag}>{link}</div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        language = _LANGUAGE.match(unescapeAll(token.info).strip())
        if language is None:
            return f"<pre><code>{escapeHtml(token.content)}</code></pre>\n"
        code = env["highlighter"].highlight(token.content, language[0])
        return f'<pre><code class="language-{escapeHtml(language[0])}">{code}</code></pre>\n'

    def embed(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="embed">{tokens[idx].content}</div>\n'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        # A wide table scrolls by itself, with the keyboard too; where it does not scroll,
        # reading.js takes region and tab stop away.
        heading = tokens[idx].meta.get("heading", "")
        label = _("Table: %(heading)s") % {"heading": heading} if heading else _("Table")
        name = f'role="region" aria-label="{escapeHtml(label)}"'
        return f'<div class="table-scroll" tabindex="0" {name}>\n<table>\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        sources = tokens[idx].meta.get("sources")
        if sources is None:
            return "</table>\n</div>\n"
        summary = escapeHtml(describe_sources(sources))
        return f'</table>\n</div>\n<p class="sources-summary">{summary}</p>\n'

    def math_inline(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[idx]
        html = env["formulas"].render(token.content, is_display=token.meta["is_display"])
        return str(html)

    def math_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        html = env["formulas"].render(tokens[idx].content, is_display=True)
        return f'<div class="formula">{html}</div>\n'

    def blockquote_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        kind = tokens[idx].meta.get("alert")
        if kind is None:
            return self.renderToken(tokens, idx, options, env)
        return (
            f'<div class="markdown-alert markdown-alert-{kind}" role="note">\n'
            f'<p class="markdown-alert-title">{escapeHtml(alert_title(kind))}</p>\n'
        )

    def blockquote_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        if "alert" in tokens[idx].meta:
            return "</div>\n"
        return self.renderToken(tokens, idx, options, env)

    def list_item_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        opening = self.renderToken(tokens, idx, options, env)
        checked = tokens[idx].meta.get("checked")
        if checked is None:
            return opening
        label = escapeHtml(_("done") if checked else _("to do"))
        state = ' checked=""' if checked else ""
        return (
            f'{opening}<input type="checkbox" class="task-list-item-checkbox" disabled=""{state}'
            f' aria-label="{label}"> '
        )

    def footnote_ref(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        number = tokens[idx].meta["id"] + 1
        anchor = _reference_id(tokens[idx])
        label = escapeHtml(_("Footnote %(number)s") % {"number": number})
        return (
            f'<sup class="footnote-ref"><a href="#fn-{number}" id="{anchor}" role="doc-noteref"'
            f' aria-label="{label}">{number}</a></sup>'
        )

    def footnote_block_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        label = escapeHtml(_("Footnotes"))
        return (
            f'<section class="footnotes" role="doc-endnotes" aria-label="{label}">\n'
            '<ol class="footnotes-list">\n'
        )

    def footnote_block_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</ol>\n</section>\n"

    def footnote_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<li id="fn-{tokens[idx].meta["id"] + 1}" class="footnote-item">'

    def footnote_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        label = escapeHtml(_("Back to the text"))
        # The selector after the arrow keeps it from becoming an emoji.
        return (
            f' <a href="#{_reference_id(tokens[idx])}" class="footnote-backref"'
            f' role="doc-backlink" aria-label="{label}">\u21a9\ufe0e</a>'
        )


def _reference_id(token: Token) -> str:
    number, again = token.meta["id"] + 1, token.meta.get("subId", 0)
    return f"fnref-{number}-{again}" if again else f"fnref-{number}"
