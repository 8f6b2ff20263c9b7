"""Formulas: only where a page asks for them, as MathML, bounded, and never anything but MathML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.maths import MAX_FORMULA, MAX_FORMULAS
from markup.rendering import render_document, render_markdown
from markup.sanitising import sanitise
from tests.markup.safety import find_faults
from tests.markup.vectors import load_jsonl, needs_vectors

SWITCH = "{{math}}\n\n"
X = '<math display="inline"><mrow><mi>x</mi></mrow></math>'


def test_a_dollar_is_a_dollar_without_the_switch():
    for text in (
        "$x$",
        "$$x$$",
        "`{{math}}`\n\n$x$",
        "```\n{{math}}\n```\n\n$x$",
        "> {{math}}\n\n$x$",
    ):
        assert "<math" not in render_markdown(text)


def test_formulas_stand_in_lines_and_alone():
    assert render_markdown(f"{SWITCH}A $x$ here.") == f"<p>A {X} here.</p>\n"
    html = render_markdown(f"{SWITCH}$$\na\n- b\n= \\frac{{1}}{{2}}\n$$\n\nEnd $$x$$.")
    assert html.startswith('<div class="formula"><math display="block">')
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in html
    assert html.count('<math display="block">') == 2
    assert "{{math}}" not in html


@pytest.mark.parametrize(
    "text", ["It costs $5 and $6.", "$ x$", "$x $", r"\$x$", "`$x$`", "$x", "$$", "$$x", "$x$5"]
)
def test_other_dollars_stay(text):
    assert "<math" not in render_markdown(SWITCH + text)


def test_text_in_a_formula_is_text():
    html = render_markdown(SWITCH + r"$\text{a <b> & <script>alert(1)</script>}$")
    assert "&lt;script&gt;" in html
    assert find_faults(html) == []


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (r"\frac{a", "cannot be shown"),
        (r"\nosuch{x}", r"the command \nosuch is not known"),
        ("a_", "nothing behind it"),
        (r"\sqrt{" * 40 + "x" + "}" * 40, "nested too deeply"),
        ("x" * MAX_FORMULA + "+x", "$x"),
    ],
)
def test_a_formula_that_cannot_be_read_is_shown_with_the_reason(formula, words):
    html = render_markdown(f"{SWITCH}Before ${formula}$ after.")
    assert "<math" not in html
    assert words in html
    assert "Before" in html and "after" in html


def test_only_so_many_formulas_are_shown():
    html = render_markdown(SWITCH + "$x$ " * (MAX_FORMULAS + 5))
    assert html.count("<math") == MAX_FORMULAS
    assert html.count("math-error") == 5


def test_commands_that_make_attributes_make_none():
    for formula in (r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}", r"\class{a}{x}"):
        html = render_markdown(f"{SWITCH}${formula}$")
        assert find_faults(html) == []
        assert "javascript" not in html or "<math" not in html


def test_a_heading_with_a_formula_has_its_source_in_the_contents():
    document = render_document(f"{SWITCH}# About $x^2$")
    assert document.headings[0].text == "About x^2"


@needs_vectors
@pytest.mark.parametrize("wrapping", ["${}$", r"$\text{{{}}}$", r"$$\href{{{}}}{{x}}$$", "{}"])
def test_no_vector_gets_through_a_formula(wrapping):
    faults = []
    for vector in load_jsonl("xss.jsonl"):
        html = render_markdown(SWITCH + wrapping.replace("{}", vector["text"], 1))
        faults += [(vector["text"][:60], fault) for fault in find_faults(html)]
        if sanitise(html) != html:
            faults.append((vector["text"][:60], "cleaning again changes it"))
    assert faults == []


@given(st.text(alphabet=st.sampled_from("$\\{}^_&<>\"'abcfrtx12 \n()[]"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_formula_does_harm(text):
    html = render_markdown(f"{SWITCH}${text}$\n\n$$\n{text}\n$$")
    assert find_faults(html) == []
    assert sanitise(html) == html
