"""Texts as lines and lines as words, for diff and merge alike."""

import re

# Words of letters and digits, single characters of scripts that do not divide words (Han, kana,
# Thai …), runs of white space, and every other sign by itself.
_UNDIVIDED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNDIVIDED}]|[^\W{_UNDIVIDED}]+|\n|[^\S\n]+|[^\w\s]", re.DOTALL)


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
