"""GitHub's alerts: a quote whose first line is ``[!NOTE]`` alone.

The parser's own option looks at all the rest of the text for each of them, which is quadratic.
"""

from django.utils.translation import gettext as _
from markdown_it.token import Token

ALERT_KINDS = ("note", "tip", "important", "warning", "caution")


def mark_alerts(tokens: list[Token]) -> None:
    """Note in ``meta["alert"]`` of outer quotes, both ends, which kind of alert they are.

    The mark is taken out of the text.
    """
    kind = ""
    for index, token in enumerate(tokens):
        if token.level > 0:
            continue
        if token.type == "blockquote_open":
            kind = _take_kind(tokens[index + 1 : index + 4])
        if token.type in ("blockquote_open", "blockquote_close") and kind:
            token.meta["alert"] = kind


def _take_kind(following: list[Token]) -> str:
    """Return the kind that a quote beginning with ``following`` says it is, "" for none."""
    if [token.type for token in following] != ["paragraph_open", "inline", "paragraph_close"]:
        return ""
    paragraph, inline, end = following
    mark, *rest = inline.children or [Token("text", "", 0)]
    kind = mark.content.strip().removeprefix("[!").removesuffix("]").lower()
    is_alone = not rest or rest[0].type in ("softbreak", "hardbreak")
    if kind not in ALERT_KINDS or mark.content.strip().lower() != f"[!{kind}]" or not is_alone:
        return ""
    inline.children = rest[1:]
    paragraph.hidden = end.hidden = not inline.children
    return kind


def alert_title(kind: str) -> str:
    """Return the heading of an alert in the active language."""
    titles = {
        "note": _("Note"),
        "tip": _("Tip"),
        "important": _("Important"),
        "warning": _("Warning"),
        "caution": _("Caution"),
    }
    return titles[kind]
