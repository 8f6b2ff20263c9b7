"""Where new and moved entries go, and what stays where it is."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.importing.ordering import STEP, Place, plan_positions
from catalog.importing.resources import merge_places


def at(*positions: int | None) -> list[Place]:
    """Items where the last import put them; None for a new one."""
    return [Place() if p is None else Place(current=p, base=p) for p in positions]


def after(places: list[Place]) -> list[int]:
    planned = plan_positions(places)
    return [
        place.current if position is None else position  # type: ignore[misc]
        for place, position in zip(places, planned, strict=True)
    ]


def test_a_new_list_is_spread_out():
    assert plan_positions(at(None, None, None)) == [STEP, 2 * STEP, 3 * STEP]


def test_new_items_go_between_their_neighbours():
    assert plan_positions(at(None, 100, None, None, 130, None)) == [
        50,
        None,
        110,
        120,
        None,
        130 + STEP,
    ]


def test_an_item_without_room_shares_the_number_of_the_one_before():
    assert plan_positions(at(5, None, 6)) == [None, 5, None]


def test_only_the_item_that_the_list_moved_gets_a_new_position():
    assert plan_positions(at(40, 10, 20, 30)) == [5, None, None, None]


def test_what_people_moved_stays():
    assert plan_positions([Place(current=90, base=10), *at(20, 30)]) == [None, None, None]


def test_what_no_import_placed_stays():
    assert plan_positions([Place(current=90), *at(20, 30)]) == [None, None, None]


@given(st.permutations(range(8)), st.integers(0, 8))
def test_any_new_order_is_reached(order, new):
    places = at(*[(number + 1) * STEP for number in order])
    places.insert(new, Place())
    positions = after(places)
    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)


def test_sections_that_the_file_adds_come_in_and_those_it_drops_go_out():
    assert merge_places({1: 10, 2: 20}, {1: 10, 2: 20}, [1, 3], {3: 5}) == {1: 10, 3: 5}


def test_sections_that_people_added_stay_and_those_they_removed_stay_away():
    assert merge_places({1: 10, 9: 1}, {1: 10, 2: 20}, [1, 2], {}) == {1: 10, 9: 1}


def test_the_primary_section_follows_the_file_unless_people_chose_another():
    assert list(merge_places({1: 10}, {1: 10}, [2], {2: 5})) == [2]
    assert list(merge_places({7: 10}, {1: 10}, [2], {2: 5})) == [7, 2]


def test_an_entry_of_another_list_keeps_its_place_and_gets_one_more():
    assert merge_places({1: 10}, None, [2], {2: 5}) == {1: 10, 2: 5}


def test_an_entry_is_never_left_without_a_section():
    assert merge_places({1: 10}, {1: 10, 2: 20}, [2], {}) == {1: 10}
