"""Charts as numbers of an SVG."""

from datetime import date, timedelta

from changes.charts import HEIGHT, WIDTH, draw_bars, draw_line, stack_areas

MONDAY = date(2026, 11, 23)


def test_charts_keep_within_their_frame():
    assert draw_bars([]) is None
    assert draw_bars([("a", 0)]) is None
    chart = draw_bars([("a", 1), ("b", 4)])
    assert [bar.height for bar in chart.bars] == [24.0, 96.0]
    assert max(bar.x + bar.width for bar in chart.bars) <= chart.width
    assert draw_line([(MONDAY, 50.0)]) is None
    line = draw_line([(MONDAY, 0.0), (MONDAY + timedelta(days=1), 100.0)])
    assert line.points == "0.0,96.0 520.0,0.0"


def test_areas_stand_on_each_other_and_fill_the_drawing_from_edge_to_edge():
    days = [(MONDAY + timedelta(days=n), shares) for n, shares in ((0, (0, 0)), (1, (10, 20)))]
    lower, upper = stack_areas([*days, (MONDAY + timedelta(days=4), (40, 0))], top=40)
    quarter, height = WIDTH / 4, float(HEIGHT)
    assert _read(lower)[:3] == [(0, height), (quarter, height * 3 / 4), (WIDTH, 0)]
    assert _read(lower)[3:] == [(WIDTH, height), (quarter, height), (0, height)]
    assert _read(upper)[:3] == [(0, height), (quarter, height / 4), (WIDTH, 0)]
    assert _read(upper)[3:] == list(reversed(_read(lower)[:3]))


def _read(points: str) -> list[tuple[float, ...]]:
    return [tuple(float(number) for number in point.split(",")) for point in points.split()]
