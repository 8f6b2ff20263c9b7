import subprocess
import sys

from django.conf import settings

from markup.rendering import MAX_TEXT_BYTES


def run(data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", "render_markdown"],
        input=data,
        capture_output=True,
        cwd=settings.BASE_DIR,
        timeout=60,
    )


def test_it_writes_what_it_reads_as_html():
    result = run("# Año\n\n[[入门]]".encode())
    assert result.returncode == 0
    assert result.stdout.decode().startswith('<div class="heading"><h1 id="h-año">')


def test_input_that_is_not_utf_8_is_refused_in_one_line():
    result = run(b"abc\xff")
    assert result.returncode == 1
    assert result.stdout == b""
    assert result.stderr.decode().strip() == "CommandError: The input is not UTF-8 (at byte 3)."


def test_input_that_is_too_long_is_refused_in_one_line():
    result = run(b"x" * (MAX_TEXT_BYTES + 1))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
