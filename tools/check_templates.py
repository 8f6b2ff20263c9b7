"""Checks, or with ``--fix`` rewrites, every template: djade for style, djhtml for indentation."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE_FOLDERS = ("templates", "*/templates")
ENVIRONMENT = Path(sys.executable).parent


def find_templates() -> list[str]:
    """Return the paths of all HTML templates, relative to the project."""
    folders = [folder for pattern in TEMPLATE_FOLDERS for folder in ROOT.glob(pattern)]
    files = {file for folder in folders for file in folder.rglob("*.html")}
    return sorted(str(file.relative_to(ROOT)) for file in files)


def main() -> int:
    """Run both tools; the exit status is 0 when neither found anything."""
    templates = find_templates()
    check = [] if "--fix" in sys.argv[1:] else ["--check"]
    if not templates:
        return 0
    results = [
        subprocess.run([ENVIRONMENT / tool, *options, *check, *templates], cwd=ROOT, check=False)
        for tool, *options in (["djhtml", "--tabwidth", "2"], ["djade", "--target-version", "5.2"])
    ]
    return max(result.returncode for result in results)


if __name__ == "__main__":
    sys.exit(main())
