"""How many short messages a text makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.message.gsm7 import is_gsm7, septets
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
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("a" * 79 + "`", 2),
        ("a" * 79 + "\t", 2),
        ("a" * 79 + "\n", 1),
        ("a" * 69 + "ж", 1),
        ("a" * 70 + "ж", 2),
    ],
)
def test_a_text_is_as_many_segments_as_operators_count(text: str, count: int) -> None:
    assert segments(text) == count


@given(st.text(st.sampled_from("aZ é€[]`ж😀\n\x1b"), max_size=400))
def test_texts_of_the_gsm_alphabet_are_counted_in_septets_and_others_in_utf_16(text: str) -> None:
    units, one, several = (septets(text), 160, 153) if is_gsm7(text) else (len(text.encode("utf-16-le")) // 2, 70, 67)

    assert segments(text) == (1 if units <= one else -(-units // several))
