"""The last gate before text is HTML: only the tags, attributes and values that we write."""

import re
from collections.abc import Callable

import nh3

from markup.maths import MATH_ATTRIBUTES, MATH_TAGS, MATH_VALUE
from markup.urls import is_allowed_address

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {"blockquote", "div", "figcaption", "figure", "hr", "li", "ol", "p", "pre", "section", "ul"}
)
_TABLES = frozenset({"table", "tbody", "td", "th", "thead", "tr"})
_INLINES = frozenset({"a", "br", "code", "em", "img", "input", "s", "span", "strong", "sup"})
ALLOWED_TAGS = _HEADINGS | _BLOCKS | _TABLES | _INLINES | MATH_TAGS

OUTSIDE_REL = "nofollow ugc noopener noreferrer"

_ID = re.compile(r"h-[\w\-]{1,130}|fn-\d+|fnref-\d+(?:-\d+)?")
_TEXT = re.compile(r"(?s).*")
_NUMBER = re.compile(r"\d{1,9}")


def _one_of(*values: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, values)))


# Tag -> attribute -> what its value must be, as a whole.
_VALUES: dict[str, dict[str, re.Pattern[str]]] = {
    "a": {
        "href": _TEXT,  # judged by is_allowed_address
        "title": _TEXT,
        "id": _ID,
        "rel": _one_of(OUTSIDE_REL),
        "role": _one_of("doc-noteref", "doc-backlink"),
        "aria-label": _TEXT,
        "class": _one_of(
            "wikilink", "wikilink is-missing", "heading-anchor", "footnote-backref", "image-link"
        ),
    },
    "img": {
        "src": re.compile(r"/(?![/\\]).*"),
        "alt": _TEXT,
        "title": _TEXT,
        "loading": _one_of("lazy"),
        "decoding": _one_of("async"),
        "width": _NUMBER,
        "height": _NUMBER,
    },
    "code": {"class": re.compile(r"language-[\w+#.-]{1,40}")},
    "ol": {"start": _NUMBER, "class": _one_of("footnotes-list", "contains-task-list")},
    "ul": {"class": _one_of("contains-task-list")},
    "li": {"class": _one_of("footnote-item", "task-list-item"), "id": _ID},
    "input": {
        "type": _one_of("checkbox"),
        "disabled": _one_of(""),
        "checked": _one_of(""),
        "class": _one_of("task-list-item-checkbox"),
        "aria-label": _TEXT,
    },
    "div": {
        "class": re.compile(
            r"heading|table-scroll|embed|formula|markdown-alert markdown-alert-[a-z]{3,9}"
        ),
        "tabindex": _one_of("0"),
        "role": _one_of("region", "note"),
        "aria-label": _TEXT,
    },
    "p": {"class": _one_of("markdown-alert-title", "embed-error", "sources-summary")},
    "section": {
        "class": _one_of("footnotes"),
        "role": _one_of("doc-endnotes"),
        "aria-label": _TEXT,
    },
    "span": {
        "class": re.compile(
            r"health (?:compact )?[a-z0-9_-]{1,40}|hl-[a-z]|math-error|visually-hidden|mention"
        ),
        "title": _TEXT,
    },
    "sup": {"class": _one_of("footnote-ref")},
    "td": {"class": _one_of("align-left", "align-center", "align-right")},
    "th": {"class": _one_of("align-left", "align-center", "align-right")},
    **{tag: {"id": _ID} for tag in _HEADINGS},
    **{tag: dict.fromkeys(MATH_ATTRIBUTES, MATH_VALUE) for tag in MATH_TAGS},
}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {tag: set(names) for tag, names in _VALUES.items()}


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    pattern = _VALUES.get(tag, {}).get(name)
    if pattern is None or pattern.fullmatch(value) is None:
        return None
    if name == "href" and not is_allowed_address(value):
        return None
    return value


_clean: Callable[[str], str] = nh3.Cleaner(
    tags=set(ALLOWED_TAGS),
    attributes=ALLOWED_ATTRIBUTES,
    attribute_filter=_filter_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
).clean


def sanitise(html: str) -> str:
    """Return ``html`` with nothing in it but what our own renderer writes; idempotent."""
    return _clean(html)
