"""Code in colours: the right classes, the same words, bounded work, readable on both grounds."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings

from markup import highlighting
from markup.highlighting import LANGUAGES, MAX_BLOCK, MAX_LINE, MAX_TOTAL, Highlighter
from markup.rendering import render_markdown
from tests.markup.safety import find_faults

NASTY = ['"', "'", "(", "{", "<", "\\", "/*", "#", "a ", "0x1", '"""', "\n", " ", "<a ", "\u202e&"]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_code_has_classes_of_ours():
    html = render_markdown('```python\nfor x in range(3):  # "<b>"\n    print("a")\n```')
    assert html == (
        '<pre><code class="language-python"><span class="hl-k">for</span> x '
        '<span class="hl-k">in</span> <span class="hl-b">range</span>(<span class="hl-m">3</span>):'
        '  <span class="hl-c"># "&lt;b&gt;"</span>\n    <span class="hl-b">print</span>('
        '<span class="hl-s">"a"</span>)\n</code></pre>\n'
    )


@pytest.mark.parametrize("language", sorted(set(LANGUAGES)))
def test_no_language_changes_a_letter_or_lets_markup_through(language):
    for sign in NASTY:
        code = f"{sign * 20}\nx = 1 {sign}\n<script>alert(1)</script> &amp;\n\n"
        html = Highlighter().highlight(code, language)
        assert text_of(html) == code
        assert find_faults(html) == []


@pytest.mark.parametrize("language", ["brainfuck", "none", "c--"])
def test_other_languages_are_plain(language):
    assert Highlighter().highlight("a < b", language) == "a &lt; b"


def test_what_is_over_a_bound_is_plain():
    line = "x = 1\n"
    for code in (
        line * (MAX_BLOCK // len(line) + 1),
        "x" * (MAX_LINE + 1),
        "x" + "\n" * 300 + "x",
    ):
        assert Highlighter().highlight(code, "python") == code


def test_a_document_has_one_allowance(monkeypatch):
    monkeypatch.setattr(highlighting, "MAX_SECONDS", 600.0)
    block = "x = 1\n" * 1000
    highlighter = Highlighter()
    marked = [highlighter.highlight(block, "python") != block for _ in range(30)]
    assert marked.count(True) == MAX_TOTAL // len(block)


def test_code_that_takes_too_long_is_plain_and_so_is_the_rest(monkeypatch):
    monkeypatch.setattr(highlighting, "MAX_SECONDS", -1.0)
    highlighter = Highlighter(_spent=-2.0)
    assert highlighter.highlight("x = 1", "python") != "x = 1"
    monkeypatch.setattr(highlighting, "MAX_SECONDS", -3.0)
    assert highlighter.highlight("x = 1", "python") == "x = 1"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_code_is_readable_on_its_ground():
    css = (Path(settings.BASE_DIR) / "static" / "perennial.css").read_text()
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", css))
    grounds = pairs["sunken"].split(", ")
    names = {name for name in pairs if name.startswith("code-")}
    assert {f"code-{name[-1]}" for name in highlighting._GROUPS.values()} == names
    for name in names:
        for colour, ground in zip(pairs[name].split(", "), grounds, strict=True):
            light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, colour, ground)
