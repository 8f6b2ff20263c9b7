"""Forms as a browser reads them from a page and sends them back."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _FormReader(HTMLParser):
    """The successful controls of the last form with method post in ``main``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, list[str]] = {}
        self.is_inside = False
        self.in_main = False
        self.select: str | None = None
        self.is_multiple = False
        self.first_option: str | None = None
        self.textarea: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.in_main = True
        if tag == "form" and self.in_main and given.get("method") == "post":
            self.is_inside, self.values = True, {}
        if not self.is_inside or ("name" not in given and tag != "option"):
            return
        if tag == "input":
            self.take_input(given)
        elif tag == "select":
            self.select, self.is_multiple = given["name"], "multiple" in given
            self.first_option = None
        elif tag == "option":
            self.take_option(given)
        elif tag == "textarea":
            self.textarea, self.text = given["name"], ""

    def take_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        default = "on" if kind == "checkbox" else ""
        self.values.setdefault(given["name"], []).append(given.get("value", default))

    def take_option(self, given: dict[str, str]) -> None:
        assert self.select is not None
        if self.first_option is None:
            self.first_option = given["value"]
        if "selected" in given:
            self.values.setdefault(self.select, []).append(given["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "select" and self.select is not None:
            if not self.is_multiple and self.first_option is not None:
                self.values.setdefault(self.select, [self.first_option])
            self.select = None
        if tag == "textarea" and self.textarea is not None:
            # As HTML has it: all line ends are line feeds, one at the beginning belongs to the
            # markup; the text is sent with CRLF.
            text = self.text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")
            text = text.replace("\n", "\r\n")
            self.values.setdefault(self.textarea, []).append(text)
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.text += data


def read_form(html: str) -> dict[str, list[str]]:
    """What a browser would send of the page's form if nobody touched it."""
    reader = _FormReader()
    reader.feed(html)
    reader.values.pop("csrfmiddlewaretoken", None)
    return reader.values


def typed(html: str, name: str) -> str:
    """The text in a field of the page's form, with line feeds."""
    return read_form(html)[name][0].replace("\r\n", "\n")


def open_and_save(client: Client, address: str, /, **changes: Any) -> Any:
    """Open the form at ``address``, change some fields and save; the last answer."""
    response = client.get(address)
    assert response.status_code == 200, response.content.decode()
    values = {**read_form(response.content.decode()), **changes, "do": "save"}
    return client.post(address, values, follow=True)
