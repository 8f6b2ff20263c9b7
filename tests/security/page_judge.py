"""A judge of whole pages that shares nothing with the code that made them."""

import json
import re
from html.parser import HTMLParser

TAGS = re.compile(
    # of a document and its head
    "html|head|meta|title|link|script|body|header|main|footer|nav|aside|article|section|div"
    # of ours
    "|form|fieldset|legend|label|input|button|select|option|optgroup|textarea|details|summary"
    "|dialog|svg|path|circle|rect|line|text|time|abbr|bdi|small|dl|dt|dd|ins|del|mark|kbd|figure|caption"
    "|template|markdown-toolbar|md-(?:bold|italic|header|link|unordered-list|ordered-list|quote|code)"
    # of texts
    "|a|blockquote|br|code|em|h[1-6]|hr|img|li|ol|p|pre|s|span|strong|sup|table|tbody|td|th"
    "|thead|tfoot|tr|ul|colgroup|col|b|i|q"
)
ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "xlink:href", "srcset")
OURS = ("/", "#", "?", "http://testserver/", "http://127.0.0.1", "http://localhost")
NAMES_OF_PAGES = ("alternate", "canonical", "next", "prev")
OUTSIDE = ("http://", "https://", "mailto:")


class PageJudge(HTMLParser):
    """Collects what no page of ours has: whatever runs, loads or sends elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.in_script = False
        self.is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not TAGS.fullmatch(tag):
            self.faults.append(f"tag {tag}")
        if tag == "script":
            self.in_script = True
            self.is_data = attrs == [("type", "application/ld+json")]
            if not self.is_data and not given.get("src", "").startswith("/static/"):
                self.faults.append("a script that is not ours")
        if tag == "meta" and "http-equiv" in given:
            self.faults.append("meta http-equiv")
        for name, value in given.items():
            self.judge_attribute(tag, name, value, given)

    def judge_attribute(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        if name.startswith("on") or name in ("style", "srcdoc", "background", "ping"):
            self.faults.append(f"attribute {name} on {tag}")
        if name not in ADDRESSES:
            return
        # As browsers do: controls and blanks around, tabs and line ends inside do not count.
        seen = "".join(char for char in value if char > " ").lower()
        if seen.startswith(("//", "/\\", "\\")):
            self.faults.append(f"address of another host {value[:60]!r}")
        elif tag == "a":
            before = re.split("[/?#]", seen, maxsplit=1)[0]
            if ":" in before and not seen.startswith(OUTSIDE):
                self.faults.append(f"address {value[:60]!r}")
        elif seen and not seen.startswith(OURS):
            is_name_of_page = tag == "link" and given.get("rel") in NAMES_OF_PAGES
            if not (is_name_of_page and seen.startswith(OUTSIDE)):
                self.faults.append(f"{tag} {name}={value[:60]!r}")

    def judge_data(self, data: str) -> None:
        """A block of data is JSON in one piece, and nothing in it could end it."""
        try:
            json.loads(data)
        except ValueError:
            self.faults.append(f"script data {data[:60]!r}")
        if re.search("[<>&]", data):
            self.faults.append(f"signs of HTML in script data {data[:60]!r}")

    def handle_data(self, data: str) -> None:
        if self.in_script and self.is_data:
            self.judge_data(data)
        elif self.in_script and data.strip():
            self.faults.append(f"script text {data[:60]!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.in_script = False

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data[:60]!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"declaration {data[:60]!r}")


def find_page_faults(html: str) -> list[str]:
    judge = PageJudge()
    judge.feed(html)
    judge.close()
    return judge.faults
