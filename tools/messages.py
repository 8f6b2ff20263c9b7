"""Brings the strings of the interface into ``locale/`` and compiles what is translated.

``make messages`` calls it. Translators fill ``locale/<language>/LC_MESSAGES/django.po``; the
compiled file beside it is committed, so that a site needs no gettext.
"""

import os
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("es", "zh_Hans")
IGNORED = ("tests", "benchmarks", "tools", ".venv", "build", "var", "node_modules", "static")


def extract(folder: Path) -> None:
    """Bring the strings of the sources in ``folder`` into its ``locale/``; keep translations."""
    command = [sys.executable, "-m", "django", "makemessages", "--no-location", "--no-wrap"]
    for language in LANGUAGES:
        command += ["--locale", language]
    for name in IGNORED:
        command += ["--ignore", name]
    (folder / "locale").mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    for language in LANGUAGES:
        _settle(catalogue_path(folder, language))


def catalogue_path(folder: Path, language: str) -> Path:
    """Return where the translations of ``language`` stand."""
    return folder / "locale" / language / "LC_MESSAGES" / "django.po"


def _settle(path: Path) -> None:
    """Take out what changes without a reason (dates) and what nobody may rely on (guesses)."""
    catalogue = polib.pofile(str(path), wrapwidth=0)
    for key in ("POT-Creation-Date", "PO-Revision-Date", "Report-Msgid-Bugs-To"):
        catalogue.metadata.pop(key, None)
    for entry in [entry for entry in catalogue if entry.obsolete]:
        catalogue.remove(entry)
    for entry in catalogue:
        if entry.fuzzy:
            entry.flags.remove("fuzzy")
            entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
            entry.msgstr = ""
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, "")
    catalogue.save()


def compile_all(folder: Path) -> list[str]:
    """Compile the catalogues; return a line for each on what is not translated yet."""
    lines = []
    for language in LANGUAGES:
        path = catalogue_path(folder, language)
        catalogue = polib.pofile(str(path))
        catalogue.save_as_mofile(str(path.with_suffix(".mo")))
        missing = len(catalogue.untranslated_entries())
        lines.append(f"{language}: {len(catalogue)} strings, {missing} not translated")
    return lines


if __name__ == "__main__":
    extract(ROOT)
    print("\n".join(compile_all(ROOT)))
