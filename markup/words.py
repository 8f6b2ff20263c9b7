"""Texts as lines and lines as words, for diff and merge alike."""

import re

# Scripts that do not divide words by spaces: Thai, Lao, Myanmar, Khmer, Han, kana.
_UNDIVIDED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# Accents and vowel signs (Latin, Hebrew, Arabic, Devanagari) belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u093a-\u094f\u200c\u200d"
_LETTER = rf"[^\W{_UNDIVIDED}]"
# Words, single characters of undivided scripts, runs of white space, every other sign by itself.
_WORD = re.compile(rf"[{_UNDIVIDED}]|{_LETTER}(?:{_LETTER}|[{_MARKS}])*|\n|[^\S\n]+|[^\w\s]")


def split_words(text: str) -> list[str]:
    """Return the words, spaces and signs of ``text``; joined they give it again."""
    return _WORD.findall(text)


def unify_line_ends(text: str) -> str:
    """Return ``text`` with every line end as ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_lines(text: str) -> tuple[list[str], bool]:
    """Return the lines of ``text`` without their ends, and whether the last one had an end.

    Only ``\\n`` ends a line; ``join_lines`` is the inverse.
    """
    if not text:
        return [], False
    return text.removesuffix("\n").split("\n"), text.endswith("\n")


def join_lines(lines: list[str], *, is_ended: bool) -> str:
    """Return the text of ``lines``; the inverse of ``split_lines``."""
    if not lines:
        return ""
    return "\n".join(lines) + ("\n" if is_ended else "")
