"""A section while it is being read, and the report as it grows."""

from dataclasses import dataclass, field, replace

from catalog.awesome.model import ParsedEntry, ParsedSection, ReportLine


@dataclass(slots=True)
class Report:
    """What could not be taken, in the order it was met."""

    lines: list[ReportLine] = field(default_factory=list)

    def note(self, line: int, message: str) -> None:
        """Something was left out, or taken in another way."""
        self.lines.append(ReportLine(line, message))

    def refuse(self, line: int, message: str) -> None:
        """A link that looks like an entry was not taken."""
        self.lines.append(ReportLine(line, message, is_refusal=True))

    def in_order(self) -> tuple[ReportLine, ...]:
        return tuple(sorted(self.lines, key=lambda line: line.line))


@dataclass(slots=True)
class SectionDraft:
    """A heading (level 1 to 6) and what was found below it so far.

    `is_emptied` says that navigation or HTML below it was left out.
    """

    title: str
    level: int
    line: int
    path: tuple[str, ...]
    prose: list[str] = field(default_factory=list)
    entries: list[ParsedEntry] = field(default_factory=list)
    is_emptied: bool = False

    def add_entry(self, entry: ParsedEntry) -> int:
        """Append `entry`; returns its index."""
        self.entries.append(entry)
        return len(self.entries) - 1

    def add_note(self, index: int, markdown: str, *, separator: str = "\n\n") -> None:
        """Append a block below the description of the entry at `index`."""
        entry = self.entries[index]
        description = f"{entry.description}{separator}{markdown}".strip()
        self.entries[index] = replace(entry, description=description)

    def is_hollow(self) -> bool:
        """Whether it held something, such as a contents list, and nothing of it was taken."""
        return self.is_emptied and not self.entries and not self.prose

    def finish(self) -> ParsedSection:
        return ParsedSection(
            title=self.title,
            depth=len(self.path),
            line=self.line,
            path=self.path,
            introduction="\n\n".join(self.prose),
            entries=tuple(self.entries),
        )
