"""What rows have in common is drawn once a page, and is still right in each of them."""

from collections.abc import Iterator
from itertools import count

import pytest
from django.template import Context, Template, TemplateSyntaxError


def draw(template: str, **values: object) -> str:
    return Template("{% load once %}" + template).render(Context(values))


@pytest.fixture
def turns() -> Iterator[int]:
    return count(1)


def test_it_is_drawn_at_the_first_turn_and_kept_for_the_others(turns):
    template = "{% for row in rows %}{% once %}{{ turn }}{% endonce %},{% endfor %}"
    assert draw(template, rows="abc", turn=lambda: next(turns)) == "1,1,1,"
    assert draw(template, rows="abc", turn=lambda: next(turns)) == "2,2,2,"


def test_it_is_drawn_for_each_value_of_what_it_depends_on(turns):
    template = (
        "{% for a, b in rows %}{% once a b %}{{ turn }}{{ a }}{{ b }}{% endonce %} {% endfor %}"
    )
    rows = [("x", 1), ("y", 1), ("x", 1), ("x", 2)]
    assert draw(template, rows=rows, turn=lambda: next(turns)) == "1x1 2y1 1x1 3x2 "


def test_two_places_do_not_share_what_they_drew():
    template = (
        "{% for row in rows %}{% once %}a{{ row }}{% endonce %}{% once %}b{% endonce %}{% endfor %}"
    )
    assert draw(template, rows="xy") == "axbaxb"


def test_numbers_may_differ_and_be_part_of_addresses():
    template = (
        "{% for id in ids %}{% once but id other %}"
        "{% url 'moderation:case_note' id %} {{ id }} {{ other }};{% endonce %}{% endfor %}"
    )
    drawn = draw(template, ids=[7, 12], other=-3)
    assert drawn == "/review/7/note/ 7 -3;/review/12/note/ 12 -3;"


def test_what_is_put_in_for_a_number_is_one():
    with pytest.raises(ValueError, match="invalid literal"):
        draw("{% once but id %}{{ id }}{% endonce %}", id="<b>")


def test_it_keeps_what_is_escaped_so():
    assert draw("{% once %}{{ text }}{% endonce %}", text="<b>") == "&lt;b&gt;"


def test_it_must_end():
    with pytest.raises(TemplateSyntaxError):
        draw("{% once %}x")
