"""What was stored in an older shape is lifted when it is read; what a newer program stored is refused."""

import pytest

from domain import stored_shapes
from domain.errors import UnknownEvent
from domain.event_catalogue import EVENT_TYPES
from domain.stored_shapes import Shapes

THREE = Shapes(
    "a door",
    3,
    {1: lambda door: {**door, "color": "red"}, 2: lambda door: {"paint": door["color"], "name": door["name"]}},
)


def test_the_first_shape_is_stored_and_read_as_it_is():
    shapes, document = Shapes("a door"), {"name": "front"}
    assert shapes.marked(document) is document and shapes.lifted(document) is document


def test_an_old_shape_is_lifted_over_every_shape_between():
    assert THREE.lifted({"name": "front"}) == {"paint": "red", "name": "front"}


def test_what_was_marked_is_read_as_it_was():
    document = {"paint": "blue", "name": "back"}
    assert THREE.lifted(THREE.marked(document)) == document


def test_a_newer_shape_is_refused_and_says_what_to_do():
    with pytest.raises(UnknownEvent) as raised:
        Shapes("a door", 2, {}).lifted(THREE.marked({"paint": "blue"}))
    assert "a door was stored in shape 3" in raised.value.sentence and "upgrade" in raised.value.sentence


def test_items_change_their_shape_with_the_events_that_carry_them():
    raised = {each.of for each in EVENT_TYPES.values() if each.role == "configuration" and each.version > 1}
    assert [kind for kind in raised if stored_shapes.of_items(kind).newest == 1] == []


def test_no_lift_is_missing():
    for shapes in (stored_shapes.CONVERSATION, *stored_shapes._OF_ITEMS.values()):
        assert set(shapes.lifts) == set(range(1, shapes.newest))
