"""Names as people type them, cleaned, and made into the slugs that stand in addresses."""

import re
import unicodedata

MAX_SLUG_LENGTH = 120

# A wiki on software has pages whose whole difference is a sign: C, C++, C#.
_SIGNS = (("c++", "c-plus-plus"), ("c#", "c-sharp"), ("f#", "f-sharp"))
_SIGN_WORD = re.compile("|".join(rf"(?<!\w){re.escape(sign)}(?![\w+#])" for sign, _word in _SIGNS))
_WORDS = dict(_SIGNS)
_ZWJ = "\u200d"
_SPACE = re.compile(r"\s+")
_DASHES = re.compile(r"-{2,}")


def slugify_title(title: str) -> str:
    """Return the slug of ``title``: letters and digits of any script, joined by single hyphens.

    NFKC and casefolded, so that two spellings of one title meet; at most ``MAX_SLUG_LENGTH``
    characters; ``""`` if nothing is left. The slug of a slug is the slug itself.
    """
    folded = unicodedata.normalize("NFKC", clean_name(title)).casefold()
    # Casefolding can leave what NFKC would compose or decompose again.
    folded = unicodedata.normalize("NFKC", folded)
    spelt = _SIGN_WORD.sub(lambda match: _WORDS[match[0]], folded)
    kept = "".join(char if _is_slug_char(char) else "-" for char in spelt)
    return _DASHES.sub("-", kept).strip("-")[:MAX_SLUG_LENGTH].rstrip("-")


def _is_slug_char(char: str) -> bool:
    # Marks (M) belong to the letter before them: without them Arabic and Hindi change meaning.
    return unicodedata.category(char)[0] in "LNM"


def clean_name(text: str) -> str:
    """Return ``text`` fit to be a name or title on one line (RELIABILITY §3).

    Control characters, lone surrogates, bidi controls, zero-width and other invisible format
    characters are removed (a zero-width joiner stays between two emoji), white space collapses
    to single spaces. The spelling is otherwise kept: no NFKC.
    """
    kept = [
        char
        for index, char in enumerate(text)
        if not _is_invisible(char) or _joins_emoji(text, index)
    ]
    return _SPACE.sub(" ", "".join(kept)).strip()


def _is_invisible(char: str) -> bool:
    if char.isspace():
        return False
    category = unicodedata.category(char)
    # Cf holds the bidi controls, zero-width characters, soft hyphen, BOM and tag characters;
    # the braille blank and the Hangul fillers are letters or symbols that show nothing.
    return category in ("Cc", "Cf", "Cs") or char in "\u034f\u115f\u1160\u2800\u3164\uffa0"


def _joins_emoji(text: str, index: int) -> bool:
    if text[index] != _ZWJ or index == 0 or index + 1 == len(text):
        return False
    return _is_pictograph(text[index - 1]) and _is_pictograph(text[index + 1])


def _is_pictograph(char: str) -> bool:
    # So = symbols; Sk = skin tones; U+FE0F asks for the coloured form of the symbol before it.
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk")
