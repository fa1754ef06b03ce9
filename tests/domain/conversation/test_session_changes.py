"""What a sprint changed of a session, and the session made again of it."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.session_changes import changed, difference

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=2) | st.just(1.0),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


@given(OBJECTS, OBJECTS)
def test_the_change_makes_the_one_of_the_other_in_the_same_order(
    before: dict[str, object], after: dict[str, object]
) -> None:
    kept = orjson.dumps(before)
    change = orjson.loads(orjson.dumps(difference(before, after)))

    assert orjson.dumps(changed(before, change)) == orjson.dumps(after)
    assert orjson.dumps(before) == kept


def test_what_was_walked_is_added_and_the_rest_not_said_again() -> None:
    walked = [{"node": number} for number in range(50)]
    before = {
        "uuid": "s",
        "runs": [{"uuid": "r", "path": walked, "results": {"name": {"value": "Anne"}}, "status": "waiting"}],
    }
    after = {
        "uuid": "s",
        "runs": [
            {
                "uuid": "r",
                "path": [*walked, {"node": 50}],
                "results": {"name": {"value": "Anne"}, "age": {"value": "7"}},
                "status": "waiting",
            },
            {"uuid": "child"},
        ],
    }

    run = {"in": {"path": {"add": [{"node": 50}]}, "results": {"set": {"age": {"value": "7"}}}}}
    assert difference(before, after) == {"in": {"runs": {"in": {"0": run}, "add": [{"uuid": "child"}]}}}


def test_nothing_changed() -> None:
    assert difference({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == {}
