"""Files of the starter: front matter of ``key: value`` lines between two fences, then Markdown."""

from __future__ import annotations

from pathlib import Path

from catalog.awesome import read_list

_FENCE = "---"


class StarterError(ValueError):
    """A file of the starter cannot be read; the message says which and why."""


def read_file(path: Path) -> tuple[dict[str, str], str]:
    """The front matter, which has a title, and the text below it. Raises StarterError."""
    head, text = _split(path)
    fields = {}
    for line in head.splitlines():
        key, separator, value = line.partition(": ")
        if not separator:
            raise StarterError(f"{path.name}: “{line}” is not “key: value”")
        fields[key.strip()] = value.strip()
    if not fields.get("title"):
        raise StarterError(f"{path.name}: the front matter has no title")
    return fields, text.lstrip("\n")


def _split(path: Path) -> tuple[str, str]:
    lines = read_list(path).split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise StarterError(f"{path.name}: there is no front matter between “---” lines")
    end = lines.index(_FENCE, 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
