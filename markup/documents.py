"""What rendering a text yields, and the bounds it keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

MAX_TEXT_BYTES = 512 * 1024
MAX_OUTPUT_BYTES = 8 * 1024 * 1024


class TextTooLong(ValueError):  # noqa: N818 (a state, as in Django's DoesNotExist)
    """The text is over ``MAX_TEXT_BYTES``."""

    def __init__(self) -> None:
        super().__init__(
            _("The text is too long: at most %(limit)s KB are possible.")
            % {"limit": MAX_TEXT_BYTES // 1024}
        )


class OutputTooLarge(ValueError):  # noqa: N818 (a state, as in Django's DoesNotExist)
    """The text would render to more than ``MAX_OUTPUT_BYTES``."""

    def __init__(self) -> None:
        super().__init__(
            _("The text grows too large when it is shown (very large tables or repeated links).")
        )


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of the contents list; ``id`` is the anchor, ``level`` 1 to 6."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class OutgoingLink:
    """A link that leaves the site; ``url`` as in the HTML, http or https, parseable."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Wikilink:
    """``[[title#heading]]``: ``slug`` "" means this very page, ``fragment`` is an id or ""."""

    title: str
    slug: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Embed:
    """``{{kind name="value" …}}`` on a line of its own."""

    kind: str
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class LinkMark:
    """What is known of a link's health; ``state`` becomes a class, ``label`` the words."""

    state: str
    label: str


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """Safe HTML and what the text refers to, each in reading order."""

    html: str
    headings: list[Heading] = field(default_factory=list)
    links: list[OutgoingLink] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)  # paths of the site that links lead to
    wikilinks: list[Wikilink] = field(default_factory=list)
    embeds: list[Embed] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)  # names of uploaded ones


# Slugs -> address of each page that exists; asked once per document.
WikilinkResolver = Callable[[Sequence[str]], Mapping[str, str]]
# Trusted, safe HTML for one embed.
EmbedResolver = Callable[[Embed], str]
# URLs, or paths of the site -> the mark of each that has one; asked once per document.
LinkMarker = Callable[[Sequence[str]], Mapping[str, LinkMark]]
