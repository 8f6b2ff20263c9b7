"""A judge of finished HTML that shares nothing with the code it judges."""

import re
from html.parser import HTMLParser

TAGS = re.compile(
    "a|blockquote|br|code|div|em|figcaption|figure|h[1-6]|hr|img|input|li|ol|p|pre|s|section|span"
    "|strong|sup|table|tbody|td|th|thead|tr|ul"
    "|math|m(?:frac|i|n|o|over|row|space|sqrt|root|style|sub|subsup|sup|table|td|text|tr|under)"
    "|munderover|mpadded|mphantom|menclose|mmultiscripts|none"
)
ATTRIBUTES = re.compile(
    "href|title|id|rel|role|class|src|alt|loading|start|type|disabled|checked|tabindex|aria-label"
    "|width|height|decoding|display|displaystyle|stretchy|fence|form|mathvariant|columnalign"
    "|columnspacing|rowspacing|linethickness|accent|lspace|rspace|minsize|maxsize|separator"
)
ID_PREFIXES = ("h-", "fn-", "fnref-")
ADDRESS_BEGINNINGS = ("http://", "https://", "mailto:", "/", "#", "?", ".")


class Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag, attrs):
        if not TAGS.fullmatch(tag):
            self.faults.append(f"tag {tag}")
        for name, value in attrs:
            self.judge_attribute(tag, name, value or "")

    def judge_attribute(self, tag, name, value):
        if not ATTRIBUTES.fullmatch(name):
            self.faults.append(f"attribute {name} on {tag}")
        if name in ("href", "src"):
            self.judge_address(tag, value)
        if name == "id" and not value.startswith(ID_PREFIXES):
            self.faults.append(f"id {value!r}")
        if tag == "img" and name == "src" and not value.startswith("/"):
            self.faults.append(f"foreign image {value!r}")

    def judge_address(self, tag, value):
        # As browsers do: controls and blanks around and tabs and line ends inside do not count.
        seen = "".join(char for char in value if char > " ").lower()
        before = seen.split("/")[0].split("?")[0].split("#")[0]
        if ":" in before and not seen.startswith(ADDRESS_BEGINNINGS):
            self.faults.append(f"address {value!r}")
        if seen.startswith(("//", "/\\", "\\")):
            self.faults.append(f"address of another host {value!r}")

    def handle_comment(self, data):
        self.faults.append("comment")

    def handle_decl(self, decl):
        self.faults.append("declaration")

    def handle_pi(self, data):
        self.faults.append("processing instruction")

    def unknown_decl(self, data):
        self.faults.append("unknown declaration")


def find_faults(html: str) -> list[str]:
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge.faults
