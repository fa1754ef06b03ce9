"""How many short messages a text makes."""

import pytest

from domain.message.segments import segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 69 + "ж", 1),
        ("a" * 70 + "ж", 2),
    ],
)
def test_a_text_is_as_many_segments_as_operators_count(text: str, count: int) -> None:
    assert segments(text) == count
