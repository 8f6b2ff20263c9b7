"""What a user name may look like, and which names would pass for somebody of authority."""

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

MIN_LENGTH: Final = 3
MAX_LENGTH: Final = 40
SEPARATORS: Final = "_.-"

# Compared by skeleton, so "Adm1n" and "mod.erator" are refused as well. Operators may still give
# such a name on the command line: only sign-up asks for it (``AccountAdapter.clean_username``).
RESERVED: Final = frozenset(
    {
        *("admin", "administrator", "root", "superuser", "webmaster", "postmaster", "hostmaster"),
        *("moderator", "moderators", "mod", "editor", "editors", "contributor", "contributors"),
        *("perennial", "perennial-bot", "bot", "system", "staff", "team", "official", "owner"),
        *("support", "help", "security", "abuse", "contact", "info"),
        *(
            "anonymous",
            "guest",
            "nobody",
            "everyone",
            "deleted",
            "erased",
            "unknown",
            "none",
            "null",
        ),
    }
)

# Letters of other scripts (and digits) that are drawn like a Latin letter; after Unicode TS #39,
# restricted to what a name of ours may contain.
_LOOKALIKES: Final = str.maketrans(
    {
        "0": "o",
        "1": "l",
        **dict.fromkeys("аɑα", "a"),
        **dict.fromkeys("сϲ", "c"),
        **dict.fromkeys("ԁ", "d"),
        **dict.fromkeys("еε", "e"),
        **dict.fromkeys("һ", "h"),
        **dict.fromkeys("іıι", "i"),
        **dict.fromkeys("ј", "j"),
        **dict.fromkeys("ӏ", "l"),
        **dict.fromkeys("пռ", "n"),
        **dict.fromkeys("оοօ", "o"),
        **dict.fromkeys("рρ", "p"),
        **dict.fromkeys("г", "r"),
        **dict.fromkeys("ѕ", "s"),
        **dict.fromkeys("тτ", "t"),
        **dict.fromkeys("υս", "u"),
        **dict.fromkeys("ѵν", "v"),
        **dict.fromkeys("хχ", "x"),
        **dict.fromkeys("уү", "y"),
    }
)
_ALLOWED_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc"})
_MARKS_IN_A_ROW: Final = 2


def skeleton(name: str) -> str:
    """Return what a hasty reader sees of ``name``: look-alikes folded, separators dropped.

    Two names with one skeleton may be taken for each other. The map is a small part of Unicode
    Technical Standard #39 (confusable detection), not all of it.
    """
    folded = unicodedata.normalize("NFKC", name).replace("I", "l").casefold()
    letters = folded.translate(_LOOKALIKES)
    return re.sub(f"[{re.escape(SEPARATORS)}]", "", letters).replace("rn", "m").replace("vv", "w")


#: How the pseudonyms of erased accounts begin.
ERASED_PREFIX: Final = "erased-"
_RESERVED_SKELETONS: Final = frozenset(skeleton(name) for name in RESERVED)


def is_reserved(name: str) -> bool:
    """Say whether ``name`` reads like an office of the site, or like an erased account."""
    seen = skeleton(name)
    return seen in _RESERVED_SKELETONS or seen.startswith(skeleton(ERASED_PREFIX))


def validate_username(name: str) -> None:
    """Raise ``ValidationError`` with a sentence that says what is wrong with ``name``.

    Letters and digits of any script, ``_``, ``.`` and ``-``; 3 to 40 characters; begins and ends
    with a letter or a digit; the same after NFKC (RELIABILITY §3), so no bidirectional controls,
    no zero-width characters and no two spellings of one name.
    """
    if len(name) < MIN_LENGTH:
        raise ValidationError(
            ngettext_lazy(
                "A user name has at least %(count)d character.",
                "A user name has at least %(count)d characters.",
                MIN_LENGTH,
            )
            % {"count": MIN_LENGTH},
            code="too_short",
        )
    if len(name) > MAX_LENGTH:
        raise ValidationError(
            ngettext_lazy(
                "A user name has at most %(count)d character.",
                "A user name has at most %(count)d characters.",
                MAX_LENGTH,
            )
            % {"count": MAX_LENGTH},
            code="too_long",
        )
    _refuse_characters(name)
    if name[0] in SEPARATORS or name[-1] in SEPARATORS:
        raise ValidationError(
            _("A user name begins and ends with a letter or a digit."), code="separator"
        )


def _refuse_characters(name: str) -> None:
    for character in name:
        if character in SEPARATORS or unicodedata.category(character) in _ALLOWED_CATEGORIES:
            continue
        shown = character if character.isprintable() and not character.isspace() else ""
        raise ValidationError(
            _("A user name cannot contain %(character)s: use letters, digits, _ . and - only.")
            % {"character": f"“{shown}”" if shown else _name_of(character)},
            code="character",
        )
    if unicodedata.normalize("NFKC", name) != name:
        raise ValidationError(
            _("This user name has characters with a simpler spelling: please use “%(plain)s”.")
            % {"plain": unicodedata.normalize("NFKC", name)},
            code="not_plain",
        )
    if unicodedata.category(name[0]).startswith("M") or _has_piled_marks(name):
        raise ValidationError(_("This user name has accents without a letter."), code="marks")


def _has_piled_marks(name: str) -> bool:
    run = 0
    for character in name:
        run = run + 1 if unicodedata.category(character) == "Mn" else 0
        if run > _MARKS_IN_A_ROW:
            return True
    return False


def _name_of(character: str) -> str:
    """Name an invisible character, for a sentence: ``a space`` or ``U+200B``."""
    return str(_("a space")) if character == " " else f"U+{ord(character):04X}"
