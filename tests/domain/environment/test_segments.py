"""What the words of a name are, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.environment.segments import segments_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ann O'Brien-Smith", ["Ann", "O'Brien", "Smith"]),
        ("B2B 21.35 1,000 a.b", ["B2B", "21.35", "1,000", "a.b"]),
        ("snake_case _", ["snake_case", "_"]),
        ("e\u0301le\u0301onore", ["e\u0301le\u0301onore"]),
        ("我是中国人。", ["我", "是", "中", "国", "人"]),
        ("カタカナ ひら", ["カタカナ", "ひ", "ら"]),
        ("안녕하세요 한글", ["안녕하세요", "한글"]),
        ("צה\"ל א'", ['צה"ל', "א'"]),
        ("ויקיפדיה", ["ויקיפדיה"]),
        ("སྣོན་མཛོད", ["སྣོན", "མཛོད"]),
        ("Bob 😀👍🏽", ["Bob"]),
        ("B🏽", ["B"]),
        ("\u00adBob", ["Bob"]),
        (" ., '", []),
    ],
)
def test_letters_and_digits_make_words(text: str, words: list[str]) -> None:
    assert segments_of(text) == words


@pytest.mark.parametrize("text", ["สมชาย", "ສະບາຍດີ", "ភាសាខ្មែរ", "မြန်မာ"])
def test_scripts_without_spaces_have_no_words(text: str) -> None:
    assert segments_of(text) == []


@given(st.text(max_size=40))
def test_words_are_pieces_of_the_text_in_order(text: str) -> None:
    position = 0
    for word in segments_of(text):
        position = text.index(word, position) + len(word)
