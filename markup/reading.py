"""What is read of our own HTML: its words, without the signs that stand around them."""

import re
from html import unescape
from typing import Final

from django.utils.html import strip_tags

_END_OF_BLOCK: Final = re.compile(r"</(?:p|li|h\d|td|th|tr|div|pre|dt|dd)>|<br>")
#: Links of headings, of lists and back from footnotes, their numbers, what is said of a link.
_SIGNS: Final = re.compile(
    r'<a\b[^>]*\bclass="(?:heading-anchor|embedded-more|footnote-backref)"[^>]*>.*?</a>'
    r'|<sup class="footnote-ref">.*?</sup>'
    r'|<span class="health[^>]*>(?:[^<]|<span\b[^>]*>[^<]*</span>)*</span>',
    re.DOTALL,
)


def read_words(html: str) -> str:
    """The words of what the renderer wrote, in one line, with blanks between blocks."""
    text = _END_OF_BLOCK.sub(" ", _SIGNS.sub("", html))
    return " ".join(unescape(strip_tags(text)).split())
