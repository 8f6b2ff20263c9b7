"""Code with its parts marked, by Pygments on the server: so much of it, and so long, only.

What is over a bound, or in a language that is not on the list, is shown plain: it loses its
colours and nothing else.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it.common.utils import escapeHtml
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType

# What people write to us about. Not every lexer of Pygments is fit for text of strangers: these
# stay far from their bounds on whatever tests/markup/test_highlighting.py makes of their signs.
LANGUAGES = {
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("pycon", "python-console"), "pycon"),
    **dict.fromkeys(("bash", "sh", "shell", "zsh"), "bash"),
    **dict.fromkeys(("console", "shell-session"), "console"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **dict.fromkeys(("javascript", "js"), "javascript"),
    **dict.fromkeys(("typescript", "ts"), "typescript"),
    **dict.fromkeys(("docker", "dockerfile"), "docker"),
    **dict.fromkeys(("c++", "cpp"), "cpp"),
    **dict.fromkeys(("make", "makefile"), "make"),
    **dict.fromkeys(("rust", "rs"), "rust"),
    **dict.fromkeys(("go", "golang"), "go"),
    **{name: name for name in ("json", "toml", "ini", "sql", "java", "c", "diff", "css", "html")},
}
MAX_BLOCK = 12 * 1024  # characters of one block
MAX_LINE = 1_000  # characters: a longer line is data, and what makes expressions slow
MAX_BLANK = 200  # characters of white space in a row, which lexers read again and again
MAX_TOTAL = 96 * 1024  # characters of a document
MAX_SECONDS = 2.0  # of a document, of this thread's own time

_BLANK = re.compile(rf"\s{{{MAX_BLANK + 1}}}")


@dataclass
class Highlighter:
    """Marks the code of one document, while what the document may cost lasts."""

    characters_left: int = MAX_TOTAL
    _spent: float = 0.0

    def highlight(self, code: str, language: str) -> str:
        """Return ``code`` as HTML: spans with classes of ours, or plain where a bound is met."""
        name = LANGUAGES.get(language.lower())
        if name is None or not self._may_take(code):
            return escapeHtml(code)
        self.characters_left -= len(code)
        started = time.thread_time()
        parts: list[str] = []
        for css_class, text in _pieces(name, code):
            parts.append(_mark(css_class, text))
            if self._spent + time.thread_time() - started > MAX_SECONDS:
                parts = [escapeHtml(code)]
                break
        self._spent += time.thread_time() - started
        return "".join(parts)

    def _may_take(self, code: str) -> bool:
        if len(code) > min(MAX_BLOCK, self.characters_left) or self._spent > MAX_SECONDS:
            return False
        if _BLANK.search(code) is not None:
            return False
        return max(map(len, code.split("\n"))) <= MAX_LINE


def _pieces(name: str, code: str) -> Iterator[tuple[str, str]]:
    """Yield (class, text): neighbours of one class are one piece."""
    css_class, texts = "", [""]
    for token_type, text in _lexer(name).get_tokens(code):
        found = _css_class(token_type)
        if found != css_class:
            yield css_class, "".join(texts)
            css_class, texts = found, []
        texts.append(text)
    yield css_class, "".join(texts)


def _mark(css_class: str, text: str) -> str:
    if not css_class or not text:
        return escapeHtml(text)
    return f'<span class="{css_class}">{escapeHtml(text)}</span>'


@cache
def _lexer(name: str) -> Lexer:
    # As it was written: no line is added or taken away.
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _css_class(token_type: _TokenType) -> str:
    """Return the class of a kind of token, "hl-k" for a keyword; "" for what has no colour."""
    kind: _TokenType | None = token_type
    while kind is not None and kind is not Token:
        group = _GROUPS.get(STANDARD_TYPES.get(kind, ""))
        if group is not None:
            return group
        kind = kind.parent
    return ""


# Pygments knows seventy kinds; a palette that can be told apart has nine.
_GROUPS = {
    **dict.fromkeys(("k", "kd", "kn", "kp", "kr", "kt", "ow", "nt"), "hl-k"),  # keywords, tags
    **dict.fromkeys(("kc", "m", "l", "ld"), "hl-m"),  # numbers, constants
    **dict.fromkeys(("s", "dl"), "hl-s"),  # strings
    **dict.fromkeys(("c", "sd"), "hl-c"),  # comments
    **dict.fromkeys(("nf", "nc", "fm", "nd"), "hl-f"),  # what is defined or called
    **dict.fromkeys(("nb", "bp", "na", "nv", "vm"), "hl-b"),  # names that the language brings
    **dict.fromkeys(("o",), "hl-o"),  # operators
    "gp": "hl-c",  # the prompt of a console
    **dict.fromkeys(("gi",), "hl-i"),
    **dict.fromkeys(("gd", "gr", "err"), "hl-d"),
    **dict.fromkeys(("gh", "gu"), "hl-f"),
}
