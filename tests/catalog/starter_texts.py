"""What the starter's files say, read as they stand: no importer and no renderer in between."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "starter"
PAGES = STARTER / "pages"
PATHS = STARTER / "paths"
#: Notes from which the starter was written, on the machines of those who wrote it.
SHARED_LINKS = ROOT.parent / "shared" / "ray" / "links.tsv"

_ENTRY = re.compile(
    r"- \[(?P<title>[^\[\]]+)\]\((?P<url>\S+)\)"
    r" - (?P<text>.+) <!-- (?P<meta>.+) -->"
)
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
FOOTNOTE_TEXT = re.compile(r"^\[\^([\w-]+)\]: (.+)$", re.MULTILINE)
FOOTNOTE_MARK = re.compile(r"\[\^([\w-]+)\](?!:)")
_DELIMITER_ROW = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_LIST_ITEM = re.compile(r"(?=^ *(?:[-*+]|\d+[.)]) )", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    section: str
    title: str
    url: str
    description: str
    metadata: dict[str, str]

    @property
    def tags(self) -> list[str]:
        return self.metadata["tags"].split(", ")


@dataclass(frozen=True)
class StarterPage:
    path: Path
    front_matter: dict[str, str]
    body: str

    @property
    def title(self) -> str:
        return self.front_matter["title"]

    @property
    def language(self) -> str:
        return self.front_matter["language"]

    @property
    def prose(self) -> str:
        """The body without fenced and inline code, where nothing is a link or a claim."""
        return _CODE.sub("", _FENCE.sub("", self.body))

    @property
    def is_about_the_wiki(self) -> bool:
        """Pages about the wiki itself belong to no section of the list."""
        return "section" not in self.front_matter


def list_text() -> str:
    return (STARTER / "README.md").read_text(encoding="utf-8")


def section_texts() -> dict[str, str]:
    """Section title -> what stands below its heading, in the list's order."""
    parts = re.split(r"^## (.+)$", list_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _entry(section: str, line: str) -> Entry:
    found = _ENTRY.fullmatch(line)
    assert found, f"not in the form of an entry: {line}"
    metadata = dict(pair.split(": ", 1) for pair in found["meta"].split("; "))
    return Entry(section, found["title"], found["url"], found["text"], metadata)


@cache
def entries() -> list[Entry]:
    return [
        _entry(section, line)
        for section, text in section_texts().items()
        for line in text.splitlines()
        if line.startswith(("- ", "* ", "+ "))
    ]


def _read_page(path: Path) -> StarterPage:
    opening, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{path.name} does not begin with front matter"
    front_matter = dict(line.split(": ", 1) for line in head.splitlines())
    return StarterPage(path, front_matter, body)


@cache
def pages() -> list[StarterPage]:
    return [_read_page(path) for path in sorted(PAGES.glob("**/*.md"))]


def table_rows(text: str) -> list[str]:
    """The body rows of all tables: those below a delimiter row."""
    rows, in_body = [], False
    for line in text.splitlines():
        if not line.startswith("|"):
            in_body = False
        elif _DELIMITER_ROW.fullmatch(line):
            in_body = True
        elif in_body:
            rows.append(line)
    return rows


def statements(text: str) -> list[str]:
    """What has to name its source by itself: paragraphs, list items and rows, without footnotes."""
    found = table_rows(text)
    rest = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    for block in FOOTNOTE_TEXT.sub("", rest).split("\n\n"):
        found += _LIST_ITEM.split(block)
    return [" ".join(statement.split()) for statement in found if statement.strip()]


def words(text: str) -> list[str]:
    """Words; of writing without spaces each character is one."""
    return re.findall(r"[\u4e00-\u9fff]|[^\W\d_\u4e00-\u9fff][\w'’-]*", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}
