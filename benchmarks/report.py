"""How every program says what it found: rows of named figures, as a table or as JSON."""

import argparse
import json
import platform
from dataclasses import dataclass, field

Value = str | int | float


@dataclass
class Report:
    """Rows with the same keys; a key names its unit (``"requests/s"``, ``"median ms"``)."""

    program: str
    rows: list[dict[str, Value]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self, *, as_json: bool) -> None:
        """Print the table, or one line of JSON with the Python that ran."""
        if as_json:
            python = platform.python_version()
            facts = {"program": self.program, "python": python, "rows": self.rows}
            print(json.dumps({**facts, "notes": self.notes}))
            return
        print(f"\n{self.program}\n")
        print(format_table(self.rows))
        for note in self.notes:
            print(f"  {note}")


def format_table(rows: list[dict[str, Value]]) -> str:
    """Return the rows below each other: words to the left, figures to the right."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_format(row.get(key, "")) for key in keys] for row in rows]
    widths = [max(map(len, column)) for column in zip(keys, *cells, strict=True)]
    is_figure = [not isinstance(rows[0].get(key, ""), str) for key in keys]
    lines = [keys, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_figure, strict=True)
        )
        for line in lines
    )


def _format(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return the options that every program has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--short", action="store_true", help="few repetitions: does it run?")
    return parser
